"""Every condition and field of the status, computed once per pass from what is known.

Pure, only this module makes Conditions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from restaurant_operator.cluster.observed import DeploymentState, JobPhase
from restaurant_operator.crd.stack import Identity, Stack
from restaurant_operator.crd.status import (
    Condition,
    ConditionType,
    Phase,
    Progress,
    Reason,
    Status,
    Step,
    Truth,
    WarmStatus,
)
from restaurant_operator.desired.labels import Component, build_selector
from restaurant_operator.desired.services import build_url

MAX_MESSAGE = 2048

Verdict = tuple[ConditionType, Truth, Reason, str]

_STEP_PHASES = {
    Step.MIGRATING: Phase.MIGRATING,
    Step.WARMING: Phase.WARMING,
    Step.ROLLING: Phase.ROLLING,
    Step.COMPLETE: Phase.READY,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pass could not do all that it wanted; `stalled` when waiting alone does not help."""

    reason: Reason
    message: str
    stalled: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What a pass found out, in the terms of the conditions."""

    progress: Progress
    deployment: DeploymentState | None
    redis_ready: bool
    warm: WarmStatus | None
    warm_phase: JobPhase | None
    """How the warm Job of this rollout stands; None when there is no such Job, for it was removed or not made yet."""
    trouble: Trouble | None = None
    """What was refused while the rest of the pass went through."""


def compute_first(identity: Identity, now: datetime) -> Status:
    """Give what is written on first sight, before any work.

    Waiting tools must not take a new stack for a finished one.
    """
    verdicts = _summarise(Truth.UNKNOWN, Reason.ACCEPTED, "The stack was seen; work begins", busy=True, stalled=False)
    return _build(Status(), identity, verdicts, now, phase=Phase.PENDING, message="The stack was seen; work begins")


def compute_invalid(identity: Identity, message: str, previous: Status, now: datetime) -> Status:
    """Keep what is known of the running pods; they were not touched."""
    verdicts = _summarise(Truth.FALSE, Reason.INVALID_SPEC, message, busy=False, stalled=True)
    return _build(previous, identity, verdicts, now, phase=Phase.INVALID, message=message)


def compute_trouble(identity: Identity, trouble: Trouble, previous: Status, now: datetime) -> Status:
    """Give the previous findings with the trouble on top; nothing newer is known."""
    verdicts = _summarise(
        Truth.FALSE, trouble.reason, trouble.message, busy=not trouble.stalled, stalled=trouble.stalled
    )
    phase = Phase.FAILED if trouble.stalled else (previous.phase or Phase.PENDING)
    return _build(previous, identity, verdicts, now, phase=phase, message=trouble.message)


def compute(stack: Stack, facts: Facts, previous: Status, now: datetime) -> Status:
    """Give the whole status of a pass that went through."""
    phase, reason, message = _judge(facts)
    is_ready = phase is Phase.READY
    failed = phase is Phase.FAILED
    verdicts = [
        *_summarise(
            Truth.TRUE if is_ready else Truth.FALSE, reason, message, busy=not (is_ready or failed), stalled=failed
        ),
        *_judge_database(facts.progress),
        _judge_redis(stack, facts),
        *_judge_warm(stack, facts, previous),
    ]
    selector = build_selector(stack.identity, Component.API)
    deployment = facts.deployment
    found = Status(
        version=_compute_version(stack, facts, previous),
        release=deployment.release if deployment else None,
        replicas=deployment.replicas if deployment else 0,
        selector=",".join(f"{key}={value}" for key, value in selector.items()),
        url=build_url(stack),
        cache=_format_cache(facts.warm),
        warm=facts.warm,
        conditions=previous.conditions,
    )
    return _build(found, stack.identity, verdicts, now, phase=phase, message=message)


def find_transition(previous: Status, current: Status) -> Condition | None:
    """Give Ready when its status or reason changed: the one Event that a change of state is worth."""
    before = _find(previous.conditions, ConditionType.READY)
    after = _find(current.conditions, ConditionType.READY)
    if after is None or (before is not None and (before.status, before.reason) == (after.status, after.reason)):
        return None
    return after


def _judge(facts: Facts) -> tuple[Phase, Reason, str]:
    progress = facts.progress
    if progress.failed:
        return Phase.FAILED, progress.reason, progress.message
    if facts.trouble is not None:
        return Phase.FAILED, facts.trouble.reason, facts.trouble.message
    if progress.reason is Reason.PODS_UNAVAILABLE:
        return Phase.UNAVAILABLE, progress.reason, progress.message
    if progress.step is Step.COMPLETE and not facts.redis_ready:
        return (
            Phase.UNAVAILABLE,
            Reason.REDIS_NOT_READY,
            "Redis is not ready; the API answers from its database meanwhile",
        )
    return _STEP_PHASES[progress.step], progress.reason, progress.message


def _summarise(ready: Truth, reason: Reason, message: str, *, busy: bool, stalled: bool) -> list[Verdict]:
    """Source: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md."""
    return [
        (ConditionType.READY, ready, reason, message),
        (ConditionType.RECONCILING, *_flag(busy, reason, message)),
        (ConditionType.STALLED, *_flag(stalled, reason, message)),
    ]


def _flag(is_set: bool, reason: Reason, message: str) -> tuple[Truth, Reason, str]:  # noqa: FBT001 - its truth is what this is about
    return (Truth.TRUE, reason, message) if is_set else (Truth.FALSE, Reason.SETTLED, "")


def _judge_database(progress: Progress) -> Iterable[Verdict]:
    """The migration is what talks to the database first; where it succeeded, the database was reached."""
    if progress.step is not Step.MIGRATING:
        yield ConditionType.DATABASE_READY, Truth.TRUE, Reason.REACHED, "The migration reached the database"
        yield ConditionType.MIGRATIONS_APPLIED, Truth.TRUE, Reason.MIGRATED, "The schema fits the declared release"
        return
    truth = Truth.FALSE if progress.failed else Truth.UNKNOWN
    yield ConditionType.DATABASE_READY, Truth.UNKNOWN, progress.reason, "Known when the migration has succeeded"
    yield ConditionType.MIGRATIONS_APPLIED, truth, progress.reason, progress.message


def _judge_redis(stack: Stack, facts: Facts) -> Verdict:
    kind = ConditionType.REDIS_READY
    if stack.spec.redis.disabled is not None:
        return kind, Truth.UNKNOWN, Reason.DISABLED, "spec.redis.disabled is set"
    if stack.spec.redis.external is not None:
        reached = facts.warm is not None and facts.warm_phase is not JobPhase.FAILED
        if reached:
            return kind, Truth.TRUE, Reason.REACHED, "The last warm reached it"
        return kind, Truth.UNKNOWN, Reason.PENDING, "Known when a warm has succeeded"
    if facts.redis_ready:
        return kind, Truth.TRUE, Reason.READY, "Redis answers"
    return kind, Truth.FALSE, Reason.REDIS_NOT_READY, "Redis is not ready yet"


def _judge_warm(stack: Stack, facts: Facts, previous: Status) -> Iterable[Verdict]:
    """Where the rollout is past its warm and the Job was removed since, the old verdict stands."""
    kind = ConditionType.CACHE_WARMED
    if stack.spec.redis.disabled is not None:
        yield kind, Truth.UNKNOWN, Reason.DISABLED, "spec.redis.disabled is set"
    elif facts.warm_phase is JobPhase.FAILED:
        yield kind, Truth.FALSE, Reason.WARM_FAILED, "The warm Job failed; see its log"
    elif facts.warm_phase is JobPhase.SUCCEEDED:
        yield kind, Truth.TRUE, Reason.WARMED, _describe_warm(facts.warm)
    elif facts.progress.step in {Step.MIGRATING, Step.WARMING} or _find(previous.conditions, kind) is None:
        yield kind, Truth.UNKNOWN, Reason.PENDING, "The new release's cache is not warm yet"


def _describe_warm(warm: WarmStatus | None) -> str:
    if warm is None or warm.keys is None:
        return "The warm Job succeeded"
    return f"{warm.keys} entries in {warm.duration}, hit ratio {_format_cache(warm)}"


def _format_cache(warm: WarmStatus | None) -> str | None:
    """Round down: 100% means all of it."""
    return None if warm is None or warm.hit_ratio is None else f"{round(warm.hit_ratio * 10_000) // 100}%"


def _compute_version(stack: Stack, facts: Facts, previous: Status) -> str | None:
    """The version that the pods run changes only when the rollout reaches them."""
    return stack.version if facts.progress.step in {Step.ROLLING, Step.COMPLETE} else previous.version


def _build(  # noqa: PLR0913 - four values and the two words for people
    base: Status, identity: Identity, verdicts: Iterable[Verdict], now: datetime, *, phase: Phase, message: str
) -> Status:
    conditions = {condition.type: condition for condition in base.conditions}
    for kind, truth, reason, text in verdicts:
        old = conditions.get(kind)
        since = old.last_transition_time if old is not None and old.status == truth else _format_time(now)
        conditions[kind.value] = Condition(
            type=kind.value,
            status=truth,
            reason=reason.value,
            message=text[:MAX_MESSAGE],
            last_transition_time=since,
            observed_generation=identity.generation,
        )
    return base.model_copy(
        update={
            "observed_generation": identity.generation,
            "phase": phase,
            "message": message[:MAX_MESSAGE],
            "conditions": list(conditions.values()),
        }
    )


def _find(conditions: Iterable[Condition], kind: ConditionType) -> Condition | None:
    return next((condition for condition in conditions if condition.type == kind), None)


def _format_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
