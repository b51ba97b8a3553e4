"""Owns the running process: two listeners in one event loop, signals, and an orderly end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import structlog
import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from restaurant_api import VERSION
from restaurant_api.context import Context
from restaurant_api.lifespan import become_ready, open_context
from restaurant_api.main import build_management_asgi, build_public_asgi
from restaurant_api.protocol import build_protocol
from restaurant_api.settings import ENV_PREFIX, Settings, SettingsError

DRAIN_SECONDS = 5
"""With the largest RESTAURANT_SHUTDOWN_DELAY (5 s) just within 10 s; with the default well within."""

_log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handling: two of them would fight over the signals."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int, *, variable: str) -> socket.socket:
    """Bound before anything starts, so that a taken port is one clear line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        msg = f"{ENV_PREFIX}{variable}: cannot listen on {host}:{port} ({error.strerror}): choose a free port"
        raise SettingsError(msg) from None


async def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with (
        listen(settings.host, settings.port, variable="PORT") as public,
        listen(settings.host, settings.management_port, variable="MANAGEMENT_PORT") as management,
    ):
        async with open_context(settings) as context:
            await _run(context, public=public, management=management, stop=stop)


async def _run(context: Context, *, public: socket.socket, management: socket.socket, stop: asyncio.Event) -> None:
    servers = {
        _build_server(build_public_asgi(context), context): public,
        _build_server(build_management_asgi(context), context): management,
    }
    running = [asyncio.create_task(server.serve(sockets=[sock])) for server, sock in servers.items()]
    ready = asyncio.create_task(become_ready(context))
    _log.info(
        "started",
        version=VERSION,
        release=context.settings.release,
        port=public.getsockname()[1],
        management_port=management.getsockname()[1],
    )
    stopped = asyncio.create_task(_wait(stop))
    # A listener that ends by itself, or readiness that crashed, must end the process rather than leave half of it.
    watched = {stopped, ready, *running}
    while not stopped.done():
        done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        if any(task is not ready or task.exception() for task in done):
            break
    await _shut_down(context, servers=list(servers), running=running, others=[ready, stopped])


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _shut_down(
    context: Context,
    *,
    servers: list[_Server],
    running: list[asyncio.Task[None]],
    others: list[asyncio.Task[None]],
) -> None:
    context.readiness.is_shutting_down = True
    _log.info("stopping", delay_seconds=context.settings.shutdown_delay)
    # Endpoints are taken out of load balancers only after the signal: until then requests still arrive.
    await asyncio.sleep(context.settings.shutdown_delay)
    for server in servers:
        server.should_exit = True
    for task in others:
        task.cancel()
    outcomes = await asyncio.gather(*running, *others, return_exceptions=True)
    _log.info("stopped")
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def _build_server(app: ASGIApp, context: Context) -> _Server:
    protocol = build_protocol(new_id=context.clock.new_id, requests=context.metrics.http.requests)
    config = uvicorn.Config(
        app,
        loop="none",
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return _Server(config)
