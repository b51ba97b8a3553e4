"""The cluster behind a real API server.

The only module that imports kubernetes. Raw dictionaries, no generated models.
"""

import asyncio
import json
import os
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client, config

from restaurant_operator.cluster.kinds import CHILD_KINDS, EVENTS, PODS, Kind, get_child_kind
from restaurant_operator.cluster.port import Key
from restaurant_operator.constants import FIELD_MANAGER, GROUP, KIND, PLURAL, STACK_LABEL, USER_AGENT, VERSION
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.errors import ClusterError, RefusedError
from restaurant_operator.metrics import Metrics

REQUEST_SECONDS = 15.0
CONNECT_SECONDS = 5.0
STACKS = Kind(GROUP, VERSION, PLURAL, KIND)

_JSON = "application/json"
_METHODS = {
    "discover": ("GET", _JSON),
    "get": ("GET", _JSON),
    "list": ("GET", _JSON),
    "apply": ("PATCH", "application/apply-patch+yaml"),
    "create": ("POST", _JSON),
    "delete": ("DELETE", _JSON),
}
_APPLY_QUERY = f"fieldManager={FIELD_MANAGER}&force=true"
_REFUSALS = {400, 422}
_GONE = {404, 410}


class KubeCluster:
    """One client for all passes; `namespace` None means the whole cluster."""

    def __init__(self, api: client.ApiClient, namespace: str | None, metrics: Metrics) -> None:
        self._api = api
        self._namespace = namespace
        self._metrics = metrics

    @classmethod
    async def connect(cls, namespace: str | None, metrics: Metrics) -> Self:
        """Use the pod's service account, whose token is read anew as it rotates, or else KUBECONFIG."""
        configuration = client.Configuration()
        kubeconfig = os.environ.get("KUBECONFIG")
        if kubeconfig is None and "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        else:
            load = config.load_kube_config(kubeconfig, client_configuration=configuration, persist_config=False)  # type: ignore[no-untyped-call]
            await load
        api = client.ApiClient(configuration)
        api.user_agent = USER_AGENT
        return cls(api, namespace, metrics)

    async def close(self) -> None:
        await self._api.close()  # type: ignore[no-untyped-call]

    async def is_served(self) -> bool:
        """Tell whether the API server knows our kind yet; discovery is open to every authenticated client.

        Raises ClusterError in the moment in which a new kind is known but can't be listed.
        """
        found = await self._find("discover", STACKS, f"/apis/{GROUP}/{VERSION}")
        if found is None or all(item["name"] != PLURAL for item in found["resources"]):
            return False
        await self.list_stacks()
        return True

    async def read_stack(self, key: Key) -> Manifest | None:
        return await self._find("get", STACKS, STACKS.build_path(key.namespace, key.name))

    async def list_stacks(self) -> list[Manifest]:
        path = f"/apis/{GROUP}/{VERSION}/{PLURAL}"
        return await self._list(STACKS, STACKS.build_path(self._namespace) if self._namespace else path)

    async def list_children(self, key: Key) -> list[Manifest]:
        query = _build_label_query({STACK_LABEL: key.name})
        paths = ((kind, f"{kind.build_path(key.namespace)}?{query}") for kind in CHILD_KINDS)
        # All are awaited, so that none outlives the pass, and of several errors always the same one is told.
        answers = await asyncio.gather(*(self._list(kind, path) for kind, path in paths), return_exceptions=True)
        children: list[Manifest] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            children += answer
        return children

    async def list_pods(self, namespace: str, labels: dict[str, str]) -> list[Manifest]:
        return await self._list(PODS, f"{PODS.build_path(namespace)}?{_build_label_query(labels)}")

    async def read_child(self, kind: str, namespace: str, name: str) -> Manifest | None:
        child = get_child_kind(kind)
        return await self._find("get", child, child.build_path(namespace, name))

    async def apply(self, manifest: Manifest) -> Manifest:
        kind = get_child_kind(manifest["kind"])
        metadata = manifest["metadata"]
        path = f"{kind.build_path(metadata['namespace'], metadata['name'])}?{_APPLY_QUERY}"
        applied: Manifest = await self._request("apply", kind, path, manifest)
        return applied

    async def delete(self, manifest: Manifest) -> None:
        kind = get_child_kind(manifest["kind"])
        metadata = manifest["metadata"]
        options = {"propagationPolicy": "Background", "preconditions": {"uid": metadata["uid"]}}
        path = kind.build_path(metadata["namespace"], metadata["name"])
        await self._find("delete", kind, path, options)

    async def write_status(self, manifest: Manifest) -> None:
        metadata = manifest["metadata"]
        path = f"{STACKS.build_path(metadata['namespace'], metadata['name'])}/status?{_APPLY_QUERY}"
        await self._find("apply", STACKS, path, manifest)

    async def create_event(self, manifest: Manifest) -> None:
        await self._request("create", EVENTS, EVENTS.build_path(manifest["metadata"]["namespace"]), manifest)

    async def _list(self, kind: Kind, path: str) -> list[Manifest]:
        answer = await self._request("list", kind, path)
        identity = {"apiVersion": kind.api_version, "kind": kind.name}
        # Items of a list come without the two fields that the list itself carries.
        return [{**identity, **item} for item in answer["items"]]

    async def _find(self, verb: str, kind: Kind, path: str, body: Manifest | None = None) -> Manifest | None:
        """Like _request, but what does not exist is no error."""
        try:
            found: Manifest = await self._request(verb, kind, path, body)
        except ClusterError as error:
            if error.status in _GONE:
                return None
            raise
        return found

    async def _request(self, verb: str, kind: Kind, path: str, body: Manifest | None = None) -> Any:  # noqa: ANN401 - any JSON
        status = 0
        try:
            response = await self._send(verb, path, body)
            status, text = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            msg = f"can't {verb} {kind.name}: {type(error).__name__}"
            raise ClusterError(msg) from error
        finally:
            self._metrics.requests.labels(verb, kind.name, str(status)).inc()
        if status >= HTTPStatus.BAD_REQUEST:
            raise _build_error(verb, kind, status, text)
        return json.loads(text)

    async def _send(self, verb: str, path: str, body: Manifest | None) -> Any:  # noqa: ANN401 - untyped client
        method, content_type = _METHODS[verb]
        headers = {"Accept": _JSON, "Content-Type": content_type}
        _, url, headers, content, _ = await self._api.param_serialize(
            method, path, header_params=headers, query_params=[], body=body, auth_settings=["BearerToken"]
        )
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS, sock_connect=CONNECT_SECONDS)
        return await self._api.call_api(method, url, headers, content, _request_timeout=timeout)


def _build_label_query(labels: dict[str, str]) -> str:
    return urlencode({"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())})


def _build_error(verb: str, kind: Kind, status: int, text: bytes) -> ClusterError:
    """Keep the API server's own sentence; it names the field."""
    try:
        sentence = json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        sentence = f"HTTP {status}"
    error = RefusedError if status in _REFUSALS else ClusterError
    return error(f"can't {verb} {kind.name}: {sentence}", status=status)
