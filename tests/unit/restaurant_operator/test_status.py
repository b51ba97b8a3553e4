from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from restaurant_operator import status
from restaurant_operator.cluster.observed import DeploymentState, JobPhase
from restaurant_operator.crd.status import ConditionType, Progress, Reason, Status, Step, Truth, WarmStatus
from tests.support.operator.driving import NOW
from tests.support.operator.stacks import build_stack

DEPLOYMENT = DeploymentState(
    "fp", 2, is_rolled_out=True, is_stuck=False, is_settled=False, message="2 of 2 pods are available"
)
COMPLETE = status.Facts(
    progress=Progress(Step.COMPLETE, Reason.READY, "All pods run the declared release"),
    deployment=DEPLOYMENT,
    redis_ready=True,
    warm=None,
    warm_phase=JobPhase.SUCCEEDED,
)


def read(result: Status, kind: ConditionType) -> tuple[str, str]:
    return next((item.status, item.reason) for item in result.conditions if item.type == kind)


def compute(facts: status.Facts, previous: Status | None = None, **spec: Any) -> Status:  # noqa: ANN401 - any JSON value
    return status.compute(build_stack(**spec), facts, previous or Status(), NOW)


def test_transition_time_moves_only_with_the_status() -> None:
    first = compute(COMPLETE)
    busy = replace(COMPLETE, progress=Progress(Step.ROLLING, Reason.ROLLING, "1 of 2"))
    later = status.compute(build_stack(), busy, first, NOW + timedelta(minutes=1))
    last = status.compute(build_stack(), busy, later, NOW + timedelta(minutes=2))
    times = {item.type: item.last_transition_time for item in last.conditions}
    assert times["Ready"] == "2030-01-01T00:03:00Z"
    assert times["RedisReady"] == "2030-01-01T00:02:00Z"
    assert last == later


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (COMPLETE, ("True", "False", "False")),
        (replace(COMPLETE, progress=Progress(Step.ROLLING, Reason.ROLLING, "")), ("False", "True", "False")),
        (replace(COMPLETE, redis_ready=False), ("False", "True", "False")),
        (
            replace(COMPLETE, progress=Progress(Step.MIGRATING, Reason.MIGRATION_FAILED, "", failed=True)),
            ("False", "False", "True"),
        ),
        (
            replace(COMPLETE, progress=Progress(Step.ROLLING, Reason.ROLLOUT_STUCK, "", failed=True)),
            ("False", "False", "True"),
        ),
    ],
)
def test_three_conditions_for_waiting_tools(facts: status.Facts, expected: tuple[str, str, str]) -> None:
    result = compute(facts)
    kinds = (ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED)
    assert tuple(read(result, kind)[0] for kind in kinds) == expected


def test_parts_while_migrating() -> None:
    facts = replace(
        COMPLETE,
        progress=Progress(Step.MIGRATING, Reason.MIGRATING, "Job runs"),
        deployment=None,
        redis_ready=False,
        warm_phase=None,
    )
    result = compute(facts)
    assert read(result, ConditionType.DATABASE_READY) == ("Unknown", "Migrating")
    assert read(result, ConditionType.MIGRATIONS_APPLIED) == ("Unknown", "Migrating")
    assert read(result, ConditionType.REDIS_READY) == ("False", "RedisNotReady")
    assert read(result, ConditionType.CACHE_WARMED) == ("Unknown", "Pending")
    assert (result.replicas, result.release, result.version) == (0, None, None)


def test_disabled_redis_is_neither_ready_nor_missing() -> None:
    result = compute(COMPLETE, redis={"disabled": {}})
    for kind in (ConditionType.REDIS_READY, ConditionType.CACHE_WARMED):
        assert read(result, kind) == ("Unknown", "Disabled")
    assert read(result, ConditionType.READY)[0] == "True"


@pytest.mark.parametrize(
    ("warm", "phase", "expected"),
    [
        (None, None, ("Unknown", "Pending")),
        (WarmStatus(revision="fp", at=""), JobPhase.SUCCEEDED, ("True", "Reached")),
        (WarmStatus(revision="fp", at=""), JobPhase.FAILED, ("Unknown", "Pending")),
    ],
)
def test_external_redis_is_known_by_its_warm(
    warm: WarmStatus | None, phase: JobPhase | None, expected: tuple[str, str]
) -> None:
    facts = replace(COMPLETE, warm=warm, warm_phase=phase)
    result = compute(facts, redis={"external": {"urlSecretRef": {"name": "cache"}}})
    assert read(result, ConditionType.REDIS_READY) == expected


@pytest.mark.parametrize(("ratio", "text"), [(1.0, "100%"), (0.9999, "99%"), (0.29, "29%"), (0.0, "0%")])
def test_hit_ratio_is_rounded_down(ratio: float, text: str) -> None:
    warm = WarmStatus(revision="fp", keys=1, hit_ratio=ratio, duration="1.00s", at="")
    assert compute(replace(COMPLETE, warm=warm)).cache == text


def test_first_status_is_unfinished_for_every_tool() -> None:
    result = status.compute_first(build_stack().identity, NOW)
    assert read(result, ConditionType.READY) == ("Unknown", "Accepted")
    assert read(result, ConditionType.RECONCILING)[0] == "True"
    assert result.observed_generation == 1


def test_trouble_keeps_what_was_known() -> None:
    before = compute(COMPLETE)
    trouble = status.Trouble(Reason.CLUSTER_TROUBLE, "x" * 5000, stalled=False)
    after = status.compute_trouble(build_stack().identity, trouble, before, NOW)
    assert (after.replicas, after.url, after.phase) == (before.replicas, before.url, before.phase)
    assert len(after.message or "") == 2048
    assert read(after, ConditionType.REDIS_READY) == read(before, ConditionType.REDIS_READY)


def test_event_is_worth_it_only_when_ready_changes() -> None:
    before = compute(COMPLETE)
    assert status.find_transition(Status(), before) is not None
    assert status.find_transition(before, compute(COMPLETE, before)) is None
    failed = replace(COMPLETE, progress=Progress(Step.WARMING, Reason.WARM_FAILED, "no", failed=True))
    change = status.find_transition(before, compute(failed, before))
    assert change is not None
    assert (change.reason, change.status) == (Reason.WARM_FAILED, Truth.FALSE)
    assert status.find_transition(before, Status()) is None
