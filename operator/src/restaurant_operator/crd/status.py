"""What the operator tells about a stack.

The only source of the CRD's `status` schema and of every reason's spelling.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from restaurant_operator.crd.spec import Model


class ConditionType(StrEnum):
    """Ready, Reconciling and Stalled as kstatus reads them; the others tell about one part each."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    DATABASE_READY = "DatabaseReady"
    MIGRATIONS_APPLIED = "MigrationsApplied"
    REDIS_READY = "RedisReady"
    CACHE_WARMED = "CacheWarmed"


class Truth(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Reasons of conditions, and of the Events that tell of their change."""

    ACCEPTED = "Accepted"
    INVALID_SPEC = "InvalidSpec"
    NAME_CONFLICT = "NameConflict"
    WAITING_FOR_REMOVAL = "WaitingForRemoval"
    REFUSED = "RefusedByAPIServer"
    CLUSTER_TROUBLE = "ClusterTrouble"
    MIGRATING = "Migrating"
    MIGRATED = "Migrated"
    MIGRATION_FAILED = "MigrationFailed"
    WAITING_FOR_REDIS = "WaitingForRedis"
    WARMING = "Warming"
    WARMED = "Warmed"
    WARM_FAILED = "WarmFailed"
    ROLLING = "Rolling"
    ROLLOUT_STUCK = "RolloutStuck"
    PODS_UNAVAILABLE = "PodsUnavailable"
    REDIS_NOT_READY = "RedisNotReady"
    READY = "Ready"
    PENDING = "Pending"
    DISABLED = "Disabled"
    REACHED = "Reached"
    SETTLED = "Settled"


class Phase(StrEnum):
    """One word for people, in the STATUS column."""

    PENDING = "Pending"
    MIGRATING = "Migrating"
    WARMING = "Warming"
    ROLLING = "Rolling"
    READY = "Ready"
    UNAVAILABLE = "Unavailable"
    FAILED = "Failed"
    INVALID = "Invalid"


class Step(StrEnum):
    """How far a rollout has come."""

    MIGRATING = "Migrating"
    WARMING = "Warming"
    ROLLING = "Rolling"
    COMPLETE = "Complete"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a rollout stands and why; `failed` when it goes no further by itself."""

    step: Step
    reason: Reason
    message: str
    failed: bool = False


class Condition(Model):
    """As metav1.Condition."""

    type: str = Field(min_length=1, max_length=316, description="Kind of the condition, such as Ready.")
    status: Truth = Field(description="True, False or Unknown.")
    reason: str = Field(min_length=1, max_length=1024, description="One word for programs.")
    message: str = Field(max_length=2048, description="One or two sentences for people.")
    last_transition_time: str = Field(
        max_length=40, description="When status last changed.", json_schema_extra={"format": "date-time"}
    )
    observed_generation: int = Field(
        ge=0, description="Generation of the spec that this is about.", json_schema_extra={"format": "int64"}
    )


class WarmStatus(Model):
    """The last warm Job's own report."""

    revision: str = Field(max_length=64, description="Rollout fingerprint whose keys were warmed.")
    keys: int | None = Field(default=None, ge=0, description="Entries written.", json_schema_extra={"format": "int64"})
    hit_ratio: float | None = Field(default=None, ge=0, le=1, description="Share of entries found when read back.")
    duration: str | None = Field(default=None, max_length=32, description="How long it took, such as 1.25s.")
    at: str = Field(max_length=40, description="When it ended.", json_schema_extra={"format": "date-time"})


class Status(Model):
    """What the operator last saw and did."""

    observed_generation: int = Field(
        default=0,
        ge=0,
        description="Generation of the spec that was last acted on.",
        json_schema_extra={"format": "int64"},
    )
    phase: Phase | None = Field(default=None, description="One word for people.")
    message: str | None = Field(default=None, max_length=2048, description="Why the stack is in this phase.")
    version: str | None = Field(default=None, max_length=128, description="Release that the API pods run.")
    release: str | None = Field(default=None, max_length=64, description="Rollout fingerprint that the API pods run.")
    replicas: int | None = Field(
        default=None, ge=0, description="API pods that exist.", json_schema_extra={"format": "int32"}
    )
    selector: str | None = Field(
        default=None, max_length=512, description="Label selector of the API pods, for the scale subresource."
    )
    url: str | None = Field(default=None, max_length=512, description="Address of the API inside the cluster.")
    cache: str | None = Field(default=None, max_length=8, description="Hit ratio of the last warm, such as 100%.")
    warm: WarmStatus | None = Field(default=None, description="The last warm Job's own report.")
    conditions: list[Condition] = Field(
        default=[],
        max_length=16,
        description="Ready, Reconciling and Stalled as kstatus reads them, and one condition per part.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
