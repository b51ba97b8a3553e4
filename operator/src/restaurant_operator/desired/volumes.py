"""The volumes of a stack.

They are objects of their own, so that they can grow, which a StatefulSet's templates can't.
"""

from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.labels import Component, build_metadata, build_name


def build_data_volume(stack: Stack) -> Manifest | None:
    """Give the volume of the SQLite file; none with PostgreSQL."""
    sqlite = stack.spec.database.sqlite
    if sqlite is None:
        return None
    return _build_claim(stack, Component.DATA, sqlite.storage, sqlite.storage_class_name)


def build_redis_volume(stack: Stack) -> Manifest | None:
    """Give the volume of Redis' snapshot, which lets a Redis that was stopped in order start warm."""
    managed = stack.spec.redis.managed
    return None if managed is None else _build_claim(stack, Component.REDIS, managed.storage, None)


def _build_claim(stack: Stack, component: Component, storage: str, storage_class: str | None) -> Manifest:
    spec: Manifest = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": build_metadata(stack, component, build_name(stack, component.value)),
        "spec": spec,
    }
