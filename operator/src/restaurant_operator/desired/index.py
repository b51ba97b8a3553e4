"""Everything that a stack becomes, in the order in which it is applied, and the fingerprint of what its pods run."""

import hashlib
import json
from dataclasses import dataclass

from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.api_deployment import build_api_deployment, build_api_template
from restaurant_operator.desired.config_map import build_config_map, build_settings
from restaurant_operator.desired.migration_job import build_migration_job, build_migration_template
from restaurant_operator.desired.platform import Platform
from restaurant_operator.desired.redis import build_redis_service, build_redis_stateful_set
from restaurant_operator.desired.service_account import build_service_account
from restaurant_operator.desired.services import build_api_service, build_management_service
from restaurant_operator.desired.volumes import build_data_volume, build_redis_volume
from restaurant_operator.desired.warm_job import build_warm_job, build_warm_template

FINGERPRINT_DIGITS = 16
"""64 bits: stacks of several namespaces may share one Redis, whose keys carry the fingerprint."""


@dataclass(frozen=True, slots=True)
class Desired:
    """What a stack becomes; `base` needs no rollout, the rest is released step by step."""

    fingerprint: str
    base: tuple[Manifest, ...]
    config_map: Manifest
    migration_job: Manifest
    warm_job: Manifest | None
    deployment: Manifest

    @property
    def objects(self) -> tuple[Manifest, ...]:
        steps = (self.config_map, self.migration_job, self.warm_job, self.deployment)
        return (*self.base, *(step for step in steps if step is not None))


def build(stack: Stack, platform: Platform) -> Desired:
    """Build everything; what is applied of it, and when, the rollout decides."""
    api = build_api_template(stack, platform)
    migrate = build_migration_template(stack, platform)
    warm = build_warm_template(stack, platform)
    fingerprint = compute_fingerprint(stack.identity.uid, build_settings(stack), api, migrate, warm)
    return Desired(
        fingerprint=fingerprint,
        base=_build_base(stack, platform),
        config_map=build_config_map(stack, fingerprint),
        migration_job=build_migration_job(stack, migrate, fingerprint),
        warm_job=None if warm is None else build_warm_job(stack, warm, fingerprint),
        deployment=build_api_deployment(stack, api, fingerprint),
    )


def compute_fingerprint(*parts: object) -> str:
    """Hash what the pods run; the stack's uid is part of it, so that two stacks never read each other's cache."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_DIGITS]


def _build_base(stack: Stack, platform: Platform) -> tuple[Manifest, ...]:
    managed = stack.spec.redis.managed
    redis = (
        ()
        if managed is None
        else (build_redis_volume(stack), build_redis_service(stack), build_redis_stateful_set(stack, managed, platform))
    )
    candidates = (
        build_service_account(stack),
        build_data_volume(stack),
        build_api_service(stack),
        build_management_service(stack),
        *redis,
    )
    return tuple(manifest for manifest in candidates if manifest is not None)
