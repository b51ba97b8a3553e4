"""A small synchronous client of a real API server, for tests: raw paths and dictionaries, from a kubeconfig file."""

import base64
import ssl
import tempfile
from pathlib import Path
from typing import Any, Self

import httpx
import yaml

from restaurant_operator.constants import GROUP, PLURAL, VERSION

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"


class ApiServer:
    """Answers are given as they are; `check` raises on everything but success."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    @classmethod
    def from_kubeconfig(cls, path: str) -> Self:
        config = yaml.safe_load(Path(path).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(
            cafile=cluster.get("certificate-authority"), cadata=_decode(cluster.get("certificate-authority-data"))
        )
        headers = {"User-Agent": "operator-tests"}
        if "token" in user:
            headers["Authorization"] = f"Bearer {user['token']}"
        else:
            _load_client_certificate(context, user)
        return cls(httpx.Client(base_url=cluster["server"], verify=context, headers=headers, timeout=15))

    def get(self, path: str) -> Json:
        return self.check(self.http.get(path))

    def create(self, path: str, body: Json) -> httpx.Response:
        return self.http.post(path, json=body)

    def merge(self, path: str, body: Json) -> httpx.Response:
        return self.http.patch(path, json=body, headers={"Content-Type": MERGE})

    def apply(self, path: str, body: Json) -> httpx.Response:
        query = {"fieldManager": "tests", "force": "true"}
        return self.http.patch(path, json=body, params=query, headers={"Content-Type": APPLY})

    def delete(self, path: str) -> httpx.Response:
        return self.http.request("DELETE", path, json={"propagationPolicy": "Background"})

    def list_items(self, path: str) -> list[Json]:
        items: list[Json] = self.get(path)["items"]
        return items

    @staticmethod
    def check(response: httpx.Response) -> Json:
        assert response.is_success, response.text
        answer: Json = response.json()
        return answer


def stack_path(namespace: str, name: str = "", subresource: str = "") -> str:
    parts = [f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}", name, subresource]
    return "/".join(part for part in parts if part)


def build_stack(spec: Json, name: str = "trattoria") -> Json:
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "RestaurantStack",
        "metadata": {"name": name},
        "spec": spec,
    }


def _decode(data: str | None) -> str | None:
    return base64.b64decode(data).decode() if data else None


def _load_client_certificate(context: ssl.SSLContext, user: Json) -> None:
    if "client-certificate" in user:
        context.load_cert_chain(user["client-certificate"], user["client-key"])
        return
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder, "crt"), Path(folder, "key")
        certificate.write_bytes(base64.b64decode(user["client-certificate-data"]))
        key.write_bytes(base64.b64decode(user["client-key-data"]))
        context.load_cert_chain(certificate, key)
