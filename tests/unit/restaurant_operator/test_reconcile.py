import re

import pytest

from restaurant_operator.cluster.port import Key
from restaurant_operator.constants import RELEASE_LABEL
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.errors import ClusterError, ForeignObjectError, RefusedError
from tests.support.operator.driving import get_condition, get_status, run_pass, run_until_quiet
from tests.support.operator.fake_cluster import FakeCluster

MINIMAL: Manifest = {"version": "0.1.0"}
POSTGRES: Manifest = {
    "version": "0.1.0",
    "api": {"replicas": 2},
    "database": {"postgres": {"urlSecretRef": {"name": "db"}}},
}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


def release_of(cluster: FakeCluster) -> str:
    labels: dict[str, str] = cluster.find("Deployment")[0]["spec"]["template"]["metadata"]["labels"]
    return labels[RELEASE_LABEL]


def find_settings(cluster: FakeCluster) -> Manifest:
    """Give the ConfigMap that the Deployment's pods read."""
    container = cluster.find("Deployment")[0]["spec"]["template"]["spec"]["containers"][0]
    return cluster.get("ConfigMap", container["envFrom"][0]["configMapRef"]["name"])


def strip(value: object) -> object:
    """Drop what may differ between two histories that end in the same state."""
    if isinstance(value, dict):
        volatile = {"resourceVersion", "uid", "generation", "observedGeneration", "lastTransitionTime"}
        return {key: strip(item) for key, item in value.items() if key not in volatile}
    return [strip(item) for item in value] if isinstance(value, list) else value


async def test_first_sight_is_told_before_any_work(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    assert await run_pass(cluster, key) == 0.0
    assert cluster.writes == ["status"]
    assert get_condition(cluster, key, "Ready")[:2] == ("Unknown", "Accepted")
    assert get_condition(cluster, key, "Reconciling")[0] == "True"


async def test_steps_follow_one_another_and_guests_come_last(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key, settle=False)
    assert get_status(cluster, key)["phase"] == "Migrating"
    assert [job["metadata"]["name"][:18] for job in cluster.find("Job")] == ["trattoria-migrate-"]

    cluster.end_jobs("migrate")
    await run_until_quiet(cluster, key, settle=False)
    assert get_condition(cluster, key, "Ready")[1] == "WaitingForRedis"

    cluster.make_redis_ready()
    await run_until_quiet(cluster, key, settle=False)
    assert get_condition(cluster, key, "Ready")[1] == "Warming"
    assert not cluster.find("Deployment")

    cluster.end_jobs("warm")
    await run_until_quiet(cluster, key, settle=False)
    assert get_condition(cluster, key, "Ready")[1] == "Rolling"
    assert get_status(cluster, key)["cache"] == "100%"

    cluster.roll_out()
    assert await run_pass(cluster, key) is None
    assert get_condition(cluster, key, "Ready") == ("True", "Ready", "All pods run the declared release")
    assert get_condition(cluster, key, "Reconciling")[0] == "False"
    reasons = [event["reason"] for event in cluster.events]
    assert reasons == ["Accepted", "Migrating", "WaitingForRedis", "Warming", "Rolling", "Ready"]


async def test_status_tells_what_the_warm_job_reported(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    status = get_status(cluster, key)
    expected = {"keys": 42, "hitRatio": 1.0, "duration": "0.50s", "at": "2030-01-01T00:01:00Z"}
    assert status["warm"] == {"revision": release_of(cluster), **expected}
    assert (status["url"], status["replicas"], status["version"]) == ("http://trattoria-api.dining.svc", 1, "0.1.0")
    assert status["selector"] == "app.kubernetes.io/name=restaurant-api,app.kubernetes.io/instance=trattoria"


@pytest.mark.parametrize("spec", [MINIMAL, POSTGRES, MINIMAL | {"redis": {"disabled": {}}}])
async def test_idle_pass_writes_nothing_and_reads_little(cluster: FakeCluster, spec: Manifest) -> None:
    key = cluster.add_stack(spec)
    await run_until_quiet(cluster, key)
    cluster.writes.clear()
    cluster.reads.clear()
    assert await run_pass(cluster, key) is None
    assert cluster.writes == []
    assert cluster.reads == ["read_stack", "list_children"]


async def count_writes(spec: Manifest, change: Manifest) -> tuple[int, FakeCluster]:
    cluster = FakeCluster()
    key = cluster.add_stack(spec)
    await run_until_quiet(cluster, key)
    cluster.change_spec(key, **change)
    await run_until_quiet(cluster, key)
    return len(cluster.writes), cluster


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_death_at_any_write_ends_in_the_same_state(moment: str) -> None:
    change = {"version": "0.2.0", "redis": {"disabled": {}}}
    total, reference = await count_writes(POSTGRES, change)
    assert total > 15
    for number in range(total):
        cluster = FakeCluster(crash_at=(number, moment))
        key = cluster.add_stack(POSTGRES)
        await run_until_quiet(cluster, key)
        cluster.change_spec(key, **change)
        await run_until_quiet(cluster, key)
        assert cluster.crash_at is None
        assert strip(cluster.children) == strip(reference.children), number
        assert strip(cluster.stacks) == strip(reference.stacks), number


async def test_drift_of_our_own_fields_is_repaired(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    cluster.get("Service", "trattoria-api")["spec"]["ports"][0]["port"] = 81
    cluster.get("Deployment", "trattoria-api")["spec"]["replicas"] = 7
    settings = find_settings(cluster)["metadata"]["name"]
    cluster.remove(("ConfigMap", "dining", settings))
    cluster.writes.clear()
    await run_until_quiet(cluster, key)
    assert cluster.get("Service", "trattoria-api")["spec"]["ports"][0]["port"] == 80
    assert cluster.get("Deployment", "trattoria-api")["spec"]["replicas"] == 1
    applied = [write for write in cluster.writes if write != "status"]
    assert sorted(applied) == [
        f"apply ConfigMap {settings}",
        "apply Deployment trattoria-api",
        "apply Service trattoria-api",
    ]


async def test_what_others_add_stays(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    cluster.get("Service", "trattoria-api")["metadata"]["annotations"]["example.com/team"] = "kitchen"
    cluster.writes.clear()
    await run_pass(cluster, key)
    assert cluster.writes == []


async def test_field_that_is_no_longer_declared_vanishes(cluster: FakeCluster) -> None:
    sqlite = {"sqlite": {"storageClassName": "fast"}}
    key = cluster.add_stack(MINIMAL | {"database": sqlite})
    await run_until_quiet(cluster, key)
    assert cluster.get("PersistentVolumeClaim", "trattoria-data")["spec"]["storageClassName"] == "fast"
    cluster.change_spec(key, database={"sqlite": {}})
    await run_until_quiet(cluster, key)
    assert "storageClassName" not in cluster.get("PersistentVolumeClaim", "trattoria-data")["spec"]


async def test_redis_that_is_no_longer_wanted_goes_after_the_pods_have_left_it(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    cluster.change_spec(key, redis={"disabled": {}})
    await run_until_quiet(cluster, key, settle=False)
    assert len(cluster.find("StatefulSet")) == 1
    await run_until_quiet(cluster, key)
    cluster.settle()
    await run_until_quiet(cluster, key)
    assert cluster.find("StatefulSet") == []
    assert [claim["metadata"]["name"] for claim in cluster.find("PersistentVolumeClaim")] == ["trattoria-data"]
    assert "warm" not in get_status(cluster, key)


async def test_new_release_keeps_old_pods_and_settings_until_it_is_warm(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key)
    old = release_of(cluster)
    cluster.change_spec(key, version="0.2.0", warming={"timeout": "30s"}, api={"replicas": 3})
    await run_until_quiet(cluster, key, settle=False)
    assert release_of(cluster) == old
    assert cluster.get("Deployment", "trattoria-api")["spec"]["replicas"] == 3
    assert find_settings(cluster)["data"]["RESTAURANT_WARM_TIMEOUT"] == "60"
    assert get_status(cluster, key)["version"] == "0.1.0"
    cluster.end_jobs("migrate")
    await run_until_quiet(cluster, key, settle=False)
    assert release_of(cluster) == old
    await run_until_quiet(cluster, key)
    cluster.settle()
    await run_until_quiet(cluster, key)
    assert release_of(cluster) != old
    assert find_settings(cluster)["data"]["RESTAURANT_WARM_TIMEOUT"] == "30"
    assert len(cluster.find("ConfigMap")) == 1
    assert {job["metadata"]["labels"][RELEASE_LABEL] for job in cluster.find("Job")} == {release_of(cluster)}


@pytest.mark.parametrize(("component", "reason"), [("migrate", "MigrationFailed"), ("warm", "WarmFailed")])
async def test_failed_step_leaves_running_pods_alone(cluster: FakeCluster, component: str, reason: str) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key)
    old = release_of(cluster)
    cluster.change_spec(key, version="0.2.0")
    await run_until_quiet(cluster, key, settle=False)
    if component == "warm":
        cluster.end_jobs("migrate")
        await run_until_quiet(cluster, key, settle=False)
    cluster.end_jobs(component, success=False)
    await run_until_quiet(cluster, key, settle=False)
    assert release_of(cluster) == old
    for kind, truth in (("Ready", "False"), ("Stalled", "True"), ("Reconciling", "False")):
        assert get_condition(cluster, key, kind)[0] == truth
    status, found, message = get_condition(cluster, key, "Stalled")
    assert (status, found) == ("True", reason)
    assert re.search(rf"Job trattoria-{component}-[0-9a-f]{{8}} failed: .*backoff limit", message)
    assert "kubectl logs job/" in message
    assert cluster.events[-1]["type"] == "Warning"


async def test_failed_job_that_is_deleted_is_tried_again(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key, settle=False)
    cluster.end_jobs("migrate", success=False)
    await run_until_quiet(cluster, key, settle=False)
    name = cluster.find("Job")[0]["metadata"]["name"]
    cluster.remove(("Job", "dining", name))
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "Ready")[0] == "True"


async def test_failed_warm_may_pass(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES | {"warming": {"onFailure": "Continue"}})
    cluster.settle()
    await run_until_quiet(cluster, key, settle=False)
    cluster.make_redis_ready()
    cluster.end_jobs("migrate")
    await run_until_quiet(cluster, key, settle=False)
    cluster.end_jobs("warm", success=False, report={"keys": 10, "hitRatio": 0.4, "durationSeconds": 60})
    await run_until_quiet(cluster, key)
    cluster.settle()
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "Ready")[0] == "True"
    assert get_condition(cluster, key, "CacheWarmed")[:2] == ("False", "WarmFailed")
    assert get_status(cluster, key)["cache"] == "40%"
    # The verdict outlives the Job.
    for job in cluster.find("Job"):
        cluster.remove(("Job", "dining", job["metadata"]["name"]))
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "CacheWarmed")[:2] == ("False", "WarmFailed")


async def test_rolling_back_needs_no_new_job_while_the_old_pods_run(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key)
    cluster.change_spec(key, version="0.2.0")
    await run_until_quiet(cluster, key, settle=False)
    cluster.end_jobs("migrate", success=False)
    await run_until_quiet(cluster, key, settle=False)
    cluster.change_spec(key, version="0.1.0")
    await run_until_quiet(cluster, key, settle=False)
    assert get_condition(cluster, key, "Ready")[0] == "True"
    assert {job["metadata"]["labels"][RELEASE_LABEL] for job in cluster.find("Job")} == {release_of(cluster)}


async def test_lost_redis_is_told_and_heals(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    cluster.make_redis_ready(ready=False)
    await run_until_quiet(cluster, key, settle=False)
    assert get_condition(cluster, key, "Ready")[:2] == ("False", "RedisNotReady")
    assert get_condition(cluster, key, "Reconciling")[0] == "True"
    assert get_status(cluster, key)["phase"] == "Unavailable"
    await run_until_quiet(cluster, key)
    cluster.settle()
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "Ready")[0] == "True"


async def test_invalid_spec_is_a_condition_and_touches_nothing(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key)
    cluster.change_spec(key, database={"sqlite": {}, "postgres": {"urlSecretRef": {"name": "db"}}})
    cluster.writes.clear()
    assert await run_pass(cluster, key) is None
    assert cluster.writes == ["status"]
    status, reason, message = get_condition(cluster, key, "Stalled")
    assert (status, reason) == ("True", "InvalidSpec")
    assert "exactly one of sqlite and postgres" in message
    assert await run_pass(cluster, key) is None
    assert cluster.writes == ["status"]


async def test_refusal_stalls_without_a_hot_loop(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_pass(cluster, key)
    cluster.failures["apply"] = RefusedError("can't apply Deployment: limits.cpu must be positive", status=422)
    delay = await run_pass(cluster, key)
    assert delay is not None
    assert delay >= 60
    assert get_condition(cluster, key, "Stalled")[:2] == ("True", "RefusedByAPIServer")
    del cluster.failures["apply"]
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "Stalled")[0] == "False"


async def test_outside_trouble_is_told_only_when_it_lasts(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    cluster.failures["list_children"] = ClusterError("can't list Job: HTTP 503", status=503)
    cluster.writes.clear()
    with pytest.raises(ClusterError):
        await run_pass(cluster, key)
    assert cluster.writes == []
    with pytest.raises(ClusterError):
        await run_pass(cluster, key, attempt=2)
    assert get_condition(cluster, key, "Reconciling")[:2] == ("True", "ClusterTrouble")
    assert get_condition(cluster, key, "Stalled")[0] == "False"


async def test_object_of_somebody_else_is_not_taken_over(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    foreign = {"kind": "Service", "metadata": {"name": "trattoria-api", "namespace": "dining", "uid": "other"}}
    cluster.children["Service", "dining", "trattoria-api"] = foreign
    await run_pass(cluster, key)
    assert await run_pass(cluster, key) is not None
    status, reason, message = get_condition(cluster, key, "Stalled")
    assert (status, reason) == ("True", "NameConflict")
    assert message.startswith("Service trattoria-api exists and does not belong to this stack")
    assert cluster.get("Service", "trattoria-api") == foreign


async def test_children_of_a_deleted_namesake_are_waited_for(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    old = cluster.stacks.pop(key)
    key = cluster.add_stack(MINIMAL)
    cluster.stacks[key]["metadata"]["uid"] = "uid-new"
    assert old["metadata"]["uid"] != "uid-new"
    await run_pass(cluster, key)
    with pytest.raises(ForeignObjectError):
        await run_pass(cluster, key, attempt=5)
    assert get_condition(cluster, key, "Reconciling")[:2] == ("True", "WaitingForRemoval")
    cluster.collect_garbage()
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "Ready")[0] == "True"


async def test_nothing_is_done_for_a_stack_that_is_gone_or_going(cluster: FakeCluster) -> None:
    assert await run_pass(cluster, Key("dining", "nobody")) is None
    key = cluster.add_stack(MINIMAL)
    cluster.stacks[key]["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    assert await run_pass(cluster, key) is None
    assert cluster.writes == []


async def test_child_that_is_being_deleted_is_left_to_go(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    service = cluster.get("Service", "trattoria-api")
    service["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    service["spec"]["ports"] = []
    cluster.writes.clear()
    await run_pass(cluster, key)
    assert cluster.writes == []


async def test_lost_event_does_not_fail_the_pass(cluster: FakeCluster) -> None:
    key = cluster.add_stack(MINIMAL)
    cluster.failures["create_event"] = ClusterError("can't create Event: HTTP 403", status=403)
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "Ready")[0] == "True"
    assert cluster.events == []


async def test_old_pod_that_restarts_while_new_ones_start_finds_its_own_settings(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key)
    old = find_settings(cluster)
    cluster.change_spec(key, warming={"timeout": "30s"})
    await run_until_quiet(cluster, key, settle=False)
    cluster.end_jobs("migrate")
    await run_until_quiet(cluster, key, settle=False)
    cluster.end_jobs("warm")
    await run_until_quiet(cluster, key, settle=False)
    assert get_condition(cluster, key, "Ready")[1] == "Rolling"
    assert find_settings(cluster)["data"]["RESTAURANT_WARM_TIMEOUT"] == "30"
    assert cluster.get("ConfigMap", old["metadata"]["name"])["data"] == old["data"]
    cluster.roll_out()
    await run_until_quiet(cluster, key, settle=False)
    assert cluster.find("ConfigMap") == [find_settings(cluster)]


@pytest.mark.parametrize(
    "refusal",
    [
        ClusterError("can't apply PersistentVolumeClaim: only dynamically provisioned pvc can be resized", status=403),
        RefusedError("can't apply PersistentVolumeClaim: field can not be less than status.capacity", status=422),
    ],
)
async def test_volume_that_may_not_grow_holds_up_nothing_else(cluster: FakeCluster, refusal: ClusterError) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_until_quiet(cluster, key)
    cluster.refusals["PersistentVolumeClaim", "trattoria-data"] = refusal
    cluster.change_spec(key, version="0.2.0", database={"sqlite": {"storage": "2Gi"}})
    await run_until_quiet(cluster, key)
    cluster.settle()
    await run_until_quiet(cluster, key)
    assert cluster.find("Deployment")[0]["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":0.2.0")
    assert get_status(cluster, key)["version"] == "0.2.0"
    assert get_condition(cluster, key, "Ready")[:2] == ("False", "RefusedByAPIServer")
    truth, _, message = get_condition(cluster, key, "Stalled")
    assert truth == "True"
    assert message.startswith("PersistentVolumeClaim trattoria-data keeps its size")
    assert str(refusal) in message
    assert "allowVolumeExpansion: true" in message
    # A storage class is not watched.
    assert await run_pass(cluster, key) == 120
    cluster.refusals.clear()
    await run_until_quiet(cluster, key)
    assert get_condition(cluster, key, "Ready")[0] == "True"
    assert cluster.get("PersistentVolumeClaim", "trattoria-data")["spec"]["resources"]["requests"]["storage"] == "2Gi"


@pytest.mark.parametrize("status", [403, 503])
async def test_trouble_with_a_volume_that_is_not_there_yet_comes_first(cluster: FakeCluster, status: int) -> None:
    key = cluster.add_stack(MINIMAL)
    await run_pass(cluster, key)
    cluster.refusals["PersistentVolumeClaim", "trattoria-data"] = ClusterError("exceeded quota", status=status)
    with pytest.raises(ClusterError, match="exceeded quota"):
        await run_pass(cluster, key)
    assert cluster.find("Job") == []


async def test_pods_that_are_lost_after_the_rollout_are_a_warning(cluster: FakeCluster) -> None:
    key = cluster.add_stack(POSTGRES)
    await run_until_quiet(cluster, key)
    live = cluster.find("Deployment")[0]["status"]
    live["availableReplicas"] = 1
    live["conditions"] = [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
    assert await run_pass(cluster, key) == 30
    assert get_status(cluster, key)["phase"] == "Unavailable"
    assert get_condition(cluster, key, "Ready")[:2] == ("False", "PodsUnavailable")
    assert get_condition(cluster, key, "Reconciling")[0] == "True"
    assert get_condition(cluster, key, "Stalled")[0] == "False"
    assert (cluster.events[-1]["type"], cluster.events[-1]["reason"]) == ("Warning", "PodsUnavailable")
