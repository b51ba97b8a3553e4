"""Owns the two apps: the public one and the management one. Must not open anything; `lifespan` does."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp

from restaurant_api import VERSION, metrics
from restaurant_api.context import Context
from restaurant_api.dependencies import ContextDep
from restaurant_api.docs_page import router as docs
from restaurant_api.health import router as health
from restaurant_api.locations import router as locations
from restaurant_api.menu import router as menu
from restaurant_api.middleware.stack import build_stack
from restaurant_api.openapi import build_openapi
from restaurant_api.orders import router as orders
from restaurant_api.problems import install_problem_handlers
from restaurant_api.warming import router as warming


class RestaurantApp(FastAPI):
    """FastAPI with our errors, our OpenAPI document and no pages that need the internet."""

    def __init__(self, context: Context, *, title: str, openapi_url: str | None) -> None:
        super().__init__(
            title=title,
            version=VERSION,
            openapi_url=openapi_url,
            docs_url=None,
            redoc_url=None,
            # A redirect from /menu/ to /menu would hide a client's mistake and carry no error code.
            redirect_slashes=False,
        )
        self.state.context = context
        self.openapi = lambda: build_openapi(self)  # type: ignore[method-assign]  # FastAPI's documented way
        install_problem_handlers(self)


def build_public_app(context: Context) -> RestaurantApp:
    app = RestaurantApp(context, title="RestaurantStack API", openapi_url="/openapi.json")
    for part in (locations, menu, orders, health, docs):
        app.include_router(part.router)
    return app


def build_management_app(context: Context) -> RestaurantApp:
    app = RestaurantApp(context, title="RestaurantStack management", openapi_url=None)
    app.include_router(warming.router)
    app.add_api_route("/metrics", _read_metrics)
    return app


def build_public_asgi(context: Context) -> ASGIApp:
    return _wrap(build_public_app(context), context, is_public=True)


def build_management_asgi(context: Context) -> ASGIApp:
    # Scrapes and probes of the management port would drown the guests in the request metrics.
    return _wrap(build_management_app(context), context, is_public=False)


def _wrap(app: ASGIApp, context: Context, *, is_public: bool) -> ASGIApp:
    return build_stack(
        app,
        clock=context.clock,
        max_body_bytes=context.settings.max_body_bytes,
        metrics=context.metrics.http if is_public else None,
    )


async def _read_metrics(context: ContextDep) -> Response:
    context.cache.read_stats()
    return Response(context.metrics.render(), media_type=metrics.CONTENT_TYPE)
