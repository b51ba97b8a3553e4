"""The API's two Services: guests' port 80, and the management port, which must never be routed to the outside."""

from restaurant_operator.constants import MANAGEMENT_PORT
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.labels import Component, build_metadata, build_name, build_selector


def build_api_service(stack: Stack) -> Manifest:
    """Give the Service that guests reach."""
    return _build_service(stack, "api", {"name": "http", "port": 80})


def build_management_service(stack: Stack) -> Manifest:
    """Give the Service for metrics and maintenance."""
    return _build_service(stack, "api-management", {"name": "management", "port": MANAGEMENT_PORT})


def build_url(stack: Stack) -> str:
    """Give the address inside the cluster."""
    return f"http://{build_name(stack, 'api')}.{stack.namespace}.svc"


def _build_service(stack: Stack, suffix: str, port: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": build_metadata(stack, Component.API, build_name(stack, suffix)),
        "spec": {
            "type": "ClusterIP",
            "selector": build_selector(stack.identity, Component.API),
            "ports": [{**port, "targetPort": port["name"], "protocol": "TCP", "appProtocol": "http"}],
        },
    }
