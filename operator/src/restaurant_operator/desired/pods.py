"""What every pod of a stack has in common.

The restricted security context, resources, the API's environment and volumes.
"""

from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.labels import Component, build_name, build_selector
from restaurant_operator.desired.platform import Platform, select_api_image

API_USER = 65532
"""The user of the API image; numeric, so that the kubelet can prove that it is not root."""

RELEASE_VARIABLE = "RESTAURANT_RELEASE"


def build_pod_security(user: int) -> Manifest:
    """Pod Security Standards, level restricted; fsGroup makes volumes writable."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def build_container_security() -> Manifest:
    """Pod Security Standards, level restricted, and a read-only root file system."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def build_api_container(stack: Stack, platform: Platform, name: str, args: list[str]) -> Manifest:
    """Give a container of the API image; callers add probes, ports and environment."""
    resources = stack.spec.api.resources.model_dump(by_alias=True)
    return {
        "name": name,
        "image": select_api_image(stack, platform),
        "imagePullPolicy": platform.pull_policy,
        "args": args,
        "resources": resources,
        "securityContext": build_container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": _build_mounts(stack),
    }


def build_api_pod_spec(stack: Stack) -> Manifest:
    """Give a pod spec of the API image without containers."""
    return {
        "serviceAccountName": build_name(stack, "api"),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": build_pod_security(API_USER),
        "volumes": _build_volumes(stack),
    }


def build_secret_variables(stack: Stack) -> list[Manifest]:
    """Connection URLs with passwords: read by the pods from Secrets, never by the operator."""
    variables = []
    if stack.spec.database.postgres is not None:
        reference = stack.spec.database.postgres.url_secret_ref
        variables.append(_build_secret_variable("RESTAURANT_DATABASE_URL", reference.name, reference.key))
    if stack.spec.redis.external is not None:
        reference = stack.spec.redis.external.url_secret_ref
        variables.append(_build_secret_variable("RESTAURANT_REDIS_URL", reference.name, reference.key))
    return variables


def build_data_affinity(stack: Stack) -> Manifest:
    """A SQLite volume is attached to one node: Jobs that open it should go where the API pod is."""
    if stack.spec.database.sqlite is None:
        return {}
    term = {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": build_selector(stack.identity, Component.API)},
    }
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}}


def _build_secret_variable(variable: str, name: str, key: str) -> Manifest:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _build_mounts(stack: Stack) -> list[Manifest]:
    mounts = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108 - a mount path inside the container
    if stack.spec.database.sqlite is not None:
        mounts.append({"name": "data", "mountPath": "/data"})
    return mounts


def _build_volumes(stack: Stack) -> list[Manifest]:
    volumes: list[Manifest] = [{"name": "tmp", "emptyDir": {"sizeLimit": "32Mi"}}]
    if stack.spec.database.sqlite is not None:
        volumes.append({"name": "data", "persistentVolumeClaim": {"claimName": build_name(stack, "data")}})
    return volumes
