"""The Job that brings the database's schema to the new release."""

from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.jobs import build_job, build_job_template
from restaurant_operator.desired.labels import Component
from restaurant_operator.desired.platform import Platform

LIMITS = {"backoffLimit": 4, "activeDeadlineSeconds": 1800, "completions": 1, "parallelism": 1}
"""Retries cover a database that starts at the same time; half an hour covers pulling the image and a large table."""


def build_migration_template(stack: Stack, platform: Platform) -> Manifest:
    """Give the pod template, still without the release."""
    return build_job_template(stack, platform, Component.MIGRATE, ["migrate"])


def build_migration_job(stack: Stack, template: Manifest, fingerprint: str) -> Manifest:
    """Give the Job of one rollout."""
    return build_job(stack, Component.MIGRATE, template, fingerprint, LIMITS)
