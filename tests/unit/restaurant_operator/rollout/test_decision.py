from datetime import timedelta
from typing import Any

import pytest

from restaurant_operator.cluster.observed import Observed
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.crd.status import Reason, Step
from restaurant_operator.desired.index import Desired, build
from restaurant_operator.rollout.decision import Decision, decide
from tests.support.operator.driving import NOW, PLATFORM
from tests.support.operator.stacks import UID, build_stack

POSTGRES = {"postgres": {"urlSecretRef": {"name": "db"}}}
CREATED = "2030-01-01T00:00:00Z"


def end(job: Manifest, kind: str) -> Manifest:
    condition = {"type": kind, "status": "True", "lastTransitionTime": CREATED, "message": "no luck"}
    return {**job, "status": {"conditions": [condition]}}


def run(job: Manifest, *, ready: int) -> Manifest:
    return {**job, "status": {"active": 1, "ready": ready}}


def build_case(**spec: Any) -> tuple[Stack, Desired]:  # noqa: ANN401 - any JSON value
    stack = build_stack(database=POSTGRES, **spec)
    return stack, build(stack, PLATFORM)


def build_redis(desired: Desired, *, ready: int) -> Manifest:
    manifest = desired.base[-1]
    metadata = {**manifest["metadata"], "generation": 1, "creationTimestamp": CREATED}
    status = {"observedGeneration": 1, "readyReplicas": ready, "updatedReplicas": ready}
    return {**manifest, "metadata": metadata, "status": status}


def choose(stack: Stack, desired: Desired, *children: Manifest, later: float = 0) -> Decision:
    observed = Observed.from_children(children, UID)
    return decide(stack, desired, observed, NOW + timedelta(seconds=later))


def names(decision: Decision) -> list[tuple[str, str]]:
    return [(item["kind"], item["metadata"]["name"]) for item in decision.manifests]


def test_migration_comes_first() -> None:
    stack, desired = build_case()
    decision = choose(stack, desired)
    assert decision.progress.step is Step.MIGRATING
    assert names(decision)[-1] == ("Job", desired.migration_job["metadata"]["name"])
    assert "Deployment" not in {kind for kind, _ in names(decision)}


def test_running_migration_of_another_release_is_waited_for_and_kept() -> None:
    stack, desired = build_case()
    other = build_case(version="0.0.9")[1].migration_job
    decision = choose(stack, desired, run(other, ready=1))
    assert decision.progress.reason is Reason.MIGRATING
    assert other["metadata"]["name"] in decision.progress.message
    assert not [kind for kind, _ in names(decision) if kind == "Job"]
    assert decision.obsolete == ()


def test_migration_that_never_started_gives_way() -> None:
    stack, desired = build_case()
    other = build_case(version="0.0.9")[1].migration_job
    decision = choose(stack, desired, run(other, ready=0))
    assert names(decision)[-1] == ("Job", desired.migration_job["metadata"]["name"])
    assert decision.obsolete == (("Job", other["metadata"]["name"]),)


def test_warm_waits_for_redis() -> None:
    stack, desired = build_case()
    migrated = end(desired.migration_job, "Complete")
    assert choose(stack, desired, migrated).progress.reason is Reason.WAITING_FOR_REDIS
    waiting = choose(stack, desired, migrated, build_redis(desired, ready=0), later=3600)
    assert waiting.progress.reason is Reason.WAITING_FOR_REDIS
    ready = choose(stack, desired, migrated, build_redis(desired, ready=1))
    assert ready.progress.reason is Reason.WARMING
    assert desired.warm_job in ready.manifests


@pytest.mark.parametrize(("later", "reason"), [(-100, Reason.WAITING_FOR_REDIS), (0, Reason.WARMING)])
def test_patience_with_redis_ends_where_a_failed_warm_may_pass(later: float, reason: Reason) -> None:
    stack, desired = build_case(warming={"onFailure": "Continue"})
    redis = build_redis(desired, ready=0)
    decision = choose(stack, desired, end(desired.migration_job, "Complete"), redis, later=later)
    assert decision.progress.reason is reason


@pytest.mark.parametrize(("policy", "step"), [("Block", Step.WARMING), ("Continue", Step.ROLLING)])
def test_failed_warm(policy: str, step: Step) -> None:
    stack, desired = build_case(warming={"onFailure": policy})
    assert desired.warm_job is not None
    jobs = end(desired.migration_job, "Complete"), end(desired.warm_job, "Failed")
    decision = choose(stack, desired, *jobs)
    assert decision.progress.step is step
    assert decision.progress.failed is (policy == "Block")
    assert (desired.deployment in decision.manifests) is (policy == "Continue")


def test_without_redis_nothing_is_warmed() -> None:
    stack, desired = build_case(redis={"disabled": {}})
    decision = choose(stack, desired, end(desired.migration_job, "Complete"))
    assert decision.progress.step is Step.ROLLING


def build_live(desired: Desired, **status: Any) -> Manifest:  # noqa: ANN401 - any JSON value
    metadata = {**desired.deployment["metadata"], "generation": 2, "annotations": {"example.com/a": "b"}}
    return {**desired.deployment, "metadata": metadata, "status": {"observedGeneration": 2, **status}}


DONE = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
STUCK = {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}


@pytest.mark.parametrize(
    ("status", "step", "failed"),
    [
        (DONE, Step.COMPLETE, False),
        ({**DONE, "replicas": 2}, Step.ROLLING, False),
        ({**DONE, "observedGeneration": 1}, Step.ROLLING, False),
        (STUCK, Step.ROLLING, True),
    ],
)
def test_live_deployment_tells_the_rest(status: dict[str, Any], step: Step, *, failed: bool) -> None:
    stack, desired = build_case()
    decision = choose(stack, desired, build_live(desired, **status))
    assert (decision.progress.step, decision.progress.failed) == (step, failed)


SETTLED = {"conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({**SETTLED, **DONE, "availableReplicas": 0}, Reason.PODS_UNAVAILABLE),
        ({**SETTLED, **DONE, "availableReplicas": 0, "observedGeneration": 1}, Reason.ROLLING),
        # The condition of the last rollout may outlive the first moment of the next.
        ({**SETTLED, "replicas": 1, "availableReplicas": 1}, Reason.ROLLING),
        ({**DONE, "availableReplicas": 0}, Reason.ROLLING),
    ],
)
def test_pods_that_are_lost_later_are_no_rollout(status: dict[str, Any], reason: Reason) -> None:
    stack, desired = build_case()
    assert choose(stack, desired, build_live(desired, **status)).progress.reason is reason


def test_live_pods_are_held_while_a_step_is_open() -> None:
    stack, desired = build_case(api={"replicas": 5})
    _, old = build_case(version="0.0.9")
    live = build_live(old, **DONE)
    held = choose(stack, desired, live).manifests
    deployment = next(item for item in held if item["kind"] == "Deployment")
    assert deployment["spec"]["template"] == old.deployment["spec"]["template"]
    assert deployment["spec"]["replicas"] == 5
    assert deployment["metadata"]["annotations"] == live["metadata"]["annotations"]
    assert desired.config_map not in held


def test_finished_jobs_are_kept_until_a_rollout_completes() -> None:
    stack, desired = build_case()
    other = end(build_case(version="0.0.9")[1].migration_job, "Failed")
    assert choose(stack, desired, other).obsolete == ()
    done = choose(stack, desired, other, build_live(desired, **DONE))
    assert done.obsolete == (("Job", other["metadata"]["name"]),)
