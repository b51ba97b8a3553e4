"""What the migrate and the warm Job share: one container of the API image that runs once with the new settings."""

from restaurant_operator.constants import RELEASE_LABEL
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.config_map import build_settings
from restaurant_operator.desired.labels import Component, build_labels, build_release_metadata
from restaurant_operator.desired.platform import Platform
from restaurant_operator.desired.pods import (
    RELEASE_VARIABLE,
    build_api_container,
    build_api_pod_spec,
    build_data_affinity,
    build_secret_variables,
)


def build_job_template(stack: Stack, platform: Platform, component: Component, args: list[str]) -> Manifest:
    """Give the pod template, still without the release."""
    container = build_api_container(stack, platform, component.value, args)
    settings = [{"name": key, "value": value} for key, value in build_settings(stack).items()]
    container["env"] = settings + build_secret_variables(stack)
    return {
        "metadata": {"labels": build_labels(stack, component)},
        "spec": {
            **build_api_pod_spec(stack),
            **build_data_affinity(stack),
            "restartPolicy": "Never",
            "containers": [container],
        },
    }


def build_job(stack: Stack, component: Component, template: Manifest, fingerprint: str, limits: Manifest) -> Manifest:
    """Give the Job of one rollout. Its template can never change, hence the fingerprint in its name."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": build_release_metadata(stack, component, fingerprint),
        "spec": {**limits, "template": add_release(template, fingerprint)},
    }


def add_release(template: Manifest, fingerprint: str) -> Manifest:
    """Give the template with the rollout's fingerprint as label and as RELEASE of its first container."""
    spec = template["spec"]
    container = spec["containers"][0]
    variables = [*container["env"], {"name": RELEASE_VARIABLE, "value": fingerprint}]
    labels = {**template["metadata"]["labels"], RELEASE_LABEL: fingerprint}
    return {
        **template,
        "metadata": {**template["metadata"], "labels": labels},
        "spec": {**spec, "containers": [{**container, "env": variables}, *spec["containers"][1:]]},
    }
