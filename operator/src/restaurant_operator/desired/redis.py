"""The managed Redis: one pod that caches and may lose everything.

It saves only as it is told to stop, so that a planned restart is not cold, and loads what it saved only once: after a
crash an older state would bring back values that were dropped since.
"""

from decimal import Decimal

from restaurant_operator.constants import REDIS_PORT
from restaurant_operator.crd.quantities import parse_quantity
from restaurant_operator.crd.spec import ManagedRedis
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.labels import Component, build_labels, build_metadata, build_name, build_selector
from restaurant_operator.desired.platform import Platform
from restaurant_operator.desired.pods import build_container_security, build_pod_security

REDIS_USER = 999
"""The user of the official image."""

MEMORY_HEADROOM = Decimal("1.5")
"""Over maxmemory: fragmentation and client buffers."""

SNAPSHOT = "/data/dump.rdb"

MEMORY_FLOOR = 64 * 2**20
"""What Redis needs beside its data."""


def build_redis_service(stack: Stack) -> Manifest:
    """Give the address that the API is told; it survives a restart of the pod."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": build_metadata(stack, Component.REDIS, build_name(stack, "redis")),
        "spec": {
            "type": "ClusterIP",
            "selector": build_selector(stack.identity, Component.REDIS),
            "ports": [{"name": "redis", "port": REDIS_PORT, "targetPort": "redis", "protocol": "TCP"}],
        },
    }


def build_redis_stateful_set(stack: Stack, managed: ManagedRedis, platform: Platform) -> Manifest:
    """Parallel pod management: an update gets through even when the old pod never became ready."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": build_metadata(stack, Component.REDIS, build_name(stack, "redis")),
        "spec": {
            "replicas": 1,
            "serviceName": build_name(stack, "redis"),
            "podManagementPolicy": "Parallel",
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": build_selector(stack.identity, Component.REDIS)},
            "template": _build_template(stack, managed, platform),
        },
    }


def _build_template(stack: Stack, managed: ManagedRedis, platform: Platform) -> Manifest:
    labels = build_labels(stack, Component.REDIS)
    # A new release of the API must not restart Redis and lose what was warmed.
    del labels["app.kubernetes.io/version"]
    return {
        "metadata": {"labels": labels},
        "spec": {
            "serviceAccountName": build_name(stack, "api"),
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": build_pod_security(REDIS_USER),
            "terminationGracePeriodSeconds": 30,
            "containers": [_build_container(managed, platform)],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": build_name(stack, "redis")}}],
        },
    }


def _build_container(managed: ManagedRedis, platform: Platform) -> Manifest:
    memory = int(parse_quantity(managed.max_memory))
    limit = str(int(memory * MEMORY_HEADROOM) + MEMORY_FLOOR)
    return {
        "name": "redis",
        "image": platform.redis_image,
        "imagePullPolicy": platform.pull_policy,
        "command": ["redis-server"],
        "args": _build_arguments(memory),
        "ports": [{"name": "redis", "containerPort": REDIS_PORT, "protocol": "TCP"}],
        "resources": {
            "requests": {"cpu": "50m", "memory": limit, "ephemeral-storage": "16Mi"},
            "limits": {"cpu": "1", "memory": limit, "ephemeral-storage": "64Mi"},
        },
        "securityContext": build_container_security(),
        **_build_probes(),
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }


def _build_arguments(memory: int) -> list[str]:
    """Protected mode would refuse the API's pods, since there is no password yet."""
    options = {
        "port": [str(REDIS_PORT)],
        "dir": ["/data"],
        "maxmemory": [str(memory)],
        "maxmemory-policy": ["allkeys-lru"],
        "save": [""],
        # Without force a full volume would keep it from stopping until it is killed.
        "shutdown-on-sigterm": ["save", "force"],
        "appendonly": ["no"],
        "protected-mode": ["no"],
    }
    return [word for option, values in options.items() for word in (f"--{option}", *values)]


def _build_probes() -> Manifest:
    # redis-cli exits 0 even when Redis answers with an error such as LOADING.
    command = f"redis-cli -h 127.0.0.1 -p {REDIS_PORT} ping | grep -q PONG"
    # Removed between loading and the first write, for the pod is not ready before this has succeeded.
    started = {"exec": {"command": ["sh", "-c", f"{command} && rm -f {SNAPSHOT}"]}}
    ping = {"exec": {"command": ["sh", "-c", command]}}
    return {
        "startupProbe": {**started, "periodSeconds": 1, "timeoutSeconds": 3, "failureThreshold": 60},
        "readinessProbe": {**ping, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 2},
        "livenessProbe": {**ping, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6},
    }
