"""The API's Deployment: no guest sees an error while it rolls."""

from restaurant_operator.constants import API_PORT, MANAGEMENT_PORT
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.jobs import add_release
from restaurant_operator.desired.labels import (
    Component,
    build_labels,
    build_metadata,
    build_name,
    build_release_name,
    build_selector,
)
from restaurant_operator.desired.platform import Platform
from restaurant_operator.desired.pods import build_api_container, build_api_pod_spec, build_secret_variables

DRAIN_SECONDS = 5
"""Endpoints and proxies need a moment to learn that a pod leaves, before it stops accepting."""


def build_api_deployment(stack: Stack, template: Manifest, fingerprint: str) -> Manifest:
    """Give the Deployment with the release in its pods."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": build_metadata(stack, Component.API, build_name(stack, "api")),
        "spec": {
            "replicas": stack.spec.api.replicas,
            "revisionHistoryLimit": 3,
            "progressDeadlineSeconds": 600,
            "strategy": _build_strategy(stack),
            "selector": {"matchLabels": build_selector(stack.identity, Component.API)},
            "template": _add_settings(add_release(template, fingerprint), stack, fingerprint),
        },
    }


def build_api_template(stack: Stack, platform: Platform) -> Manifest:
    """Give the pod template, still without the release."""
    container = build_api_container(stack, platform, "api", ["serve"])
    container |= {
        "env": build_secret_variables(stack),
        "ports": [
            {"name": "http", "containerPort": API_PORT, "protocol": "TCP"},
            {"name": "management", "containerPort": MANAGEMENT_PORT, "protocol": "TCP"},
        ],
        "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}},
        **_build_probes(),
    }
    return {
        "metadata": {"labels": build_labels(stack, Component.API)},
        "spec": {
            **build_api_pod_spec(stack),
            "terminationGracePeriodSeconds": 30,
            "topologySpreadConstraints": [_build_spread(stack, "kubernetes.io/hostname")],
            "containers": [container],
        },
    }


def _add_settings(template: Manifest, stack: Stack, fingerprint: str) -> Manifest:
    """Name the release's own ConfigMap; not part of the fingerprint, which names it."""
    (container,) = template["spec"]["containers"]
    source = {"configMapRef": {"name": build_release_name(stack, Component.API, fingerprint)}}
    return {**template, "spec": {**template["spec"], "containers": [{**container, "envFrom": [source]}]}}


def _build_strategy(stack: Stack) -> Manifest:
    """Two pods must never write one SQLite file; otherwise a new pod is ready before an old one leaves."""
    if stack.spec.database.sqlite is not None:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def _build_spread(stack: Stack, key: str) -> Manifest:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": build_selector(stack.identity, Component.API)},
    }


def _build_probes() -> Manifest:
    live = {"httpGet": {"path": "/livez", "port": "http", "scheme": "HTTP"}}
    ready = {"httpGet": {"path": "/readyz", "port": "http", "scheme": "HTTP"}}
    return {
        "startupProbe": {**live, "periodSeconds": 1, "timeoutSeconds": 2, "failureThreshold": 120},
        "readinessProbe": {**ready, "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 2},
        "livenessProbe": {**live, "periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 3},
    }
