"""The Job that fills Redis under the new release's keys and reports, through its termination message.

What it read back.
"""

from restaurant_operator.crd.quantities import parse_duration
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.jobs import build_job, build_job_template
from restaurant_operator.desired.labels import Component
from restaurant_operator.desired.platform import Platform

RETRIES = 1
START_SECONDS = 120
"""Time to schedule the pod and pull the image, beside the warm itself."""


def build_warm_template(stack: Stack, platform: Platform) -> Manifest | None:
    """Give nothing when there is no Redis to fill."""
    if stack.spec.redis.disabled is not None:
        return None
    return build_job_template(stack, platform, Component.WARM, ["warm", "--report", "/dev/termination-log"])


def build_warm_job(stack: Stack, template: Manifest, fingerprint: str) -> Manifest:
    """Its deadline leaves time for one retry."""
    deadline = START_SECONDS + (RETRIES + 1) * parse_duration(stack.spec.warming.timeout)
    limits = {"backoffLimit": RETRIES, "activeDeadlineSeconds": deadline, "completions": 1, "parallelism": 1}
    return build_job(stack, Component.WARM, template, fingerprint, limits)
