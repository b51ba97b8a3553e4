"""Kopf's own connection, under our own name, so that audit logs and API priority rules can tell it apart."""

from typing import Any

import aiohttp
import kopf

from restaurant_operator.constants import USER_AGENT


def register_login(registry: kopf.OperatorRegistry) -> None:
    """Use KUBECONFIG when it is set, else the pod's service account."""

    async def login(settings: kopf.OperatorSettings, **_: Any) -> kopf.AiohttpSession:  # noqa: ANN401 - Kopf's protocol
        info = kopf.login_with_kubeconfig(settings=settings) or kopf.login_with_service_account(settings=settings)
        if info is None:
            msg = "found neither KUBECONFIG nor a service account token"
            raise kopf.PermanentError(msg)
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
            headers={**info.as_http_headers(), "User-Agent": USER_AGENT},
            proxy=info.proxy_url,
        )
        return kopf.AiohttpSession(
            server=info.server, aiohttp_session=session, default_namespace=info.default_namespace
        )

    kopf.on.login(registry=registry)(login)
