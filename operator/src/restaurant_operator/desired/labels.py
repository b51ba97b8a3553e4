"""Names, labels and owner references of everything that belongs to a stack; the one place that spells them."""

from enum import StrEnum

from restaurant_operator.constants import API_VERSION, KIND, RELEASE_LABEL, STACK_LABEL
from restaurant_operator.crd.stack import Identity, Manifest, Stack

NAME_DIGITS = 8
"""How much of the fingerprint goes into the name of what belongs to one rollout."""


class Component(StrEnum):
    """Value of app.kubernetes.io/component."""

    API = "api"
    REDIS = "redis"
    DATA = "data"
    MIGRATE = "migrate"
    WARM = "warm"


_APP_NAMES = {Component.REDIS: "redis"}


def build_name(stack: Stack, suffix: str) -> str:
    """Give a child name; constants.MAX_STACK_NAME keeps the longest one valid."""
    return f"{stack.name}-{suffix}"


def build_release_name(stack: Stack, component: Component, fingerprint: str) -> str:
    """Give the name of what belongs to one rollout and never changes."""
    return build_name(stack, f"{component.value}-{fingerprint[:NAME_DIGITS]}")


def build_selector(identity: Identity, component: Component) -> dict[str, str]:
    """Give what selects the pods of one component; never changes during a stack's life."""
    return {
        "app.kubernetes.io/name": build_app_name(component),
        "app.kubernetes.io/instance": identity.name,
    }


def build_app_name(component: Component) -> str:
    """Give the name by which pods are selected; Jobs have their own, so that no Service ever sends them guests."""
    if component in {Component.MIGRATE, Component.WARM}:
        return f"restaurant-{component}"
    return _APP_NAMES.get(component, "restaurant-api")


def build_labels(stack: Stack, component: Component) -> dict[str, str]:
    """Give the recommended labels and the one that children are selected by."""
    return {
        **build_selector(stack.identity, component),
        "app.kubernetes.io/version": stack.version,
        "app.kubernetes.io/component": component.value,
        "app.kubernetes.io/part-of": "restaurantstack",
        "app.kubernetes.io/managed-by": "restaurantstack-operator",
        STACK_LABEL: stack.name,
    }


def build_metadata(stack: Stack, component: Component, name: str) -> Manifest:
    """Give name, labels and the owner reference that removes the child with the stack."""
    return {
        "name": name,
        "namespace": stack.namespace,
        "labels": build_labels(stack, component),
        "ownerReferences": [build_owner_reference(stack.identity)],
    }


def build_release_metadata(stack: Stack, component: Component, fingerprint: str) -> Manifest:
    """Give the metadata of what belongs to one rollout."""
    metadata = build_metadata(stack, component, build_release_name(stack, component, fingerprint))
    return {**metadata, "labels": {**metadata["labels"], RELEASE_LABEL: fingerprint}}


def build_owner_reference(identity: Identity) -> Manifest:
    """Garbage collection removes the children with the stack; no finalizer is needed."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": identity.name,
        "uid": identity.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
