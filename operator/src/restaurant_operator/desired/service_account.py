"""The ServiceAccount of the API's pods, which get no token: the API never talks to Kubernetes."""

from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.labels import Component, build_metadata, build_name


def build_service_account(stack: Stack) -> Manifest:
    """Pods may not fall back to the namespace's default account, which others may have bound."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": build_metadata(stack, Component.API, build_name(stack, "api")),
        "automountServiceAccountToken": False,
    }
