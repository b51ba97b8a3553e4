"""The operator as a process of its own, on a real API server, with a fake kubelet."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.integration.operator.test_passes import NAME, POSTGRES, get_stack, list_versions
from tests.support.operator.api_server import ApiServer, Json, build_stack, stack_path
from tests.support.operator.fake_kubelet import FakeKubelet
from tests.support.operator.process import OperatorProcess
from tests.support.waiting import wait_until

ROLE = Path(__file__).parents[3] / "manifests/rbac/role.yaml"

Start = Callable[[], OperatorProcess]


@pytest.fixture
def start(kubeconfig: str, namespace: str, tmp_path: Path) -> Start:
    return lambda: OperatorProcess(kubeconfig, namespace, tmp_path / "operator.log")


def create(api: ApiServer, namespace: str, spec: Json) -> None:
    api.check(api.create(stack_path(namespace), build_stack({"version": "0.1.0"} | spec, NAME)))


def get_condition(api: ApiServer, namespace: str, kind: str) -> Json:
    conditions = get_stack(api, namespace).get("status", {}).get("conditions", [])
    return next((item for item in conditions if item["type"] == kind), {})


def is_ready(api: ApiServer, namespace: str) -> bool:
    generation = get_stack(api, namespace)["metadata"]["generation"]
    ready = get_condition(api, namespace, "Ready")
    return ready.get("status") == "True" and ready["observedGeneration"] == generation


def test_stack_becomes_ready_and_the_process_leaves_cleanly(
    api: ApiServer, namespace: str, kubelet: FakeKubelet, start: Start
) -> None:
    assert kubelet.failing == set()
    with start() as operator:
        create(api, namespace, {"database": POSTGRES, "api": {"replicas": 2}})
        wait_until(lambda: is_ready(api, namespace))
        assert operator.get_health() == 200
        assert 'restaurantstack_operator_reconcile_duration_seconds_count{result="ok"}' in operator.get_metrics()
        metadata = get_stack(api, namespace)["metadata"]
        assert "finalizers" not in metadata
        assert "annotations" not in metadata
        code, seconds = operator.stop()
    assert (code, seconds < 5) == (0, True)
    log = operator.log.read_text()
    assert '"event": "operator stopped"' in log
    assert "Traceback" not in log


def test_spec_change_and_drift_are_followed_by_events(
    api: ApiServer, namespace: str, kubelet: FakeKubelet, start: Start
) -> None:
    with start():
        create(api, namespace, {"database": POSTGRES})
        wait_until(lambda: is_ready(api, namespace))
        service = f"/api/v1/namespaces/{namespace}/services/{NAME}-api"
        api.check(api.merge(service, {"spec": {"selector": {"app.kubernetes.io/name": "other"}}}))
        wait_until(lambda: api.get(service)["spec"]["selector"]["app.kubernetes.io/name"] == "restaurant-api", 5)
        kubelet.failing = {"migrate"}
        path = stack_path(namespace, NAME)
        api.check(api.merge(path, {"spec": {"version": "0.2.0"}}))
        # The Job controller waits 10, 20, 40 and 80 s between tries; the deadline of the Job ends it sooner.
        wait_until(lambda: get_condition(api, namespace, "Ready").get("reason") == "Migrating")
        job = next(
            item
            for item in api.list_items(f"/apis/batch/v1/namespaces/{namespace}/jobs")
            if "Complete" not in str(item["status"])
        )
        api.check(
            api.merge(
                f"/apis/batch/v1/namespaces/{namespace}/jobs/{job['metadata']['name']}",
                {"spec": {"activeDeadlineSeconds": 1}},
            )
        )
        wait_until(lambda: get_condition(api, namespace, "Stalled").get("reason") == "MigrationFailed")
        deployment = api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{NAME}-api")
        assert deployment["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":0.1.0")
        kubelet.failing = set()
        api.check(api.merge(path, {"spec": {"version": "0.3.0"}}))
        wait_until(lambda: is_ready(api, namespace))
        assert get_stack(api, namespace)["status"]["version"] == "0.3.0"


def test_restart_of_a_converged_operator_writes_nothing(
    api: ApiServer, namespace: str, kubelet: FakeKubelet, start: Start
) -> None:
    assert kubelet.failing == set()
    with start():
        create(api, namespace, {})
        wait_until(lambda: is_ready(api, namespace))
        time.sleep(1)
    before = list_versions(api, namespace)
    with start() as operator:
        wait_until(
            lambda: (
                'kind="RestaurantStack",status="200",verb="get"' in operator.get_metrics()
                if operator.get_health()
                else False
            )
        )
        time.sleep(2)
        metrics = operator.get_metrics()
    assert list_versions(api, namespace) == before
    assert 'verb="apply"' not in metrics
    assert 'verb="delete"' not in metrics


def test_killed_at_any_time_the_next_operator_goes_on(
    api: ApiServer, namespace: str, kubelet: FakeKubelet, start: Start
) -> None:
    assert kubelet.failing == set()
    chance = random.Random(7)  # noqa: S311 - moments to kill at, the same in each run
    create(api, namespace, {"database": POSTGRES})
    deadline = time.monotonic() + 200
    while not is_ready(api, namespace):
        assert time.monotonic() < deadline, get_stack(api, namespace)
        with start() as operator:
            wait_until(lambda operator=operator: operator.get_health() != 0)  # type: ignore[misc]
            time.sleep(chance.uniform(0.0, 0.6))
    with start():
        api.check(api.merge(stack_path(namespace, NAME), {"spec": {"version": "0.2.0"}}))
        wait_until(lambda: is_ready(api, namespace))
    jobs = api.list_items(f"/apis/batch/v1/namespaces/{namespace}/jobs")
    releases = {
        job["metadata"]["labels"]["restaurantstack.dev/release"]
        for job in jobs
        if "deletionTimestamp" not in job["metadata"]
    }
    assert len(releases) == 1


def test_role_is_enough(api: ApiServer, kubeconfig: str, namespace: str, kubelet: FakeKubelet, tmp_path: Path) -> None:
    """The process runs with the rights of manifests/rbac, as a Role in one namespace, and with nothing else."""
    assert kubelet.failing == set()
    config = build_restricted_kubeconfig(api, kubeconfig, namespace, tmp_path)
    with OperatorProcess(config, namespace, tmp_path / "operator.log") as operator:
        create(api, namespace, {})
        wait_until(lambda: is_ready(api, namespace))
        api.check(api.merge(stack_path(namespace, NAME), {"spec": {"redis": {"managed": None, "disabled": {}}}}))
        wait_until(lambda: is_ready(api, namespace))
        wait_until(lambda: not api.list_items(f"/apis/apps/v1/namespaces/{namespace}/statefulsets"))
    log = operator.log.read_text().lower()
    assert "forbidden" not in log
    assert "cannot" not in log


def build_restricted_kubeconfig(api: ApiServer, kubeconfig: str, namespace: str, folder: Path) -> str:
    name = "restaurantstack-operator"
    rules = next(yaml.safe_load_all(ROLE.read_text()))["rules"]
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    accounts = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    metadata = {"metadata": {"name": name}}
    api.check(api.create(accounts, metadata))
    api.check(api.create(f"{rbac}/roles", {**metadata, "rules": rules}))
    api.check(api.create(f"{rbac}/rolebindings", {**metadata, "roleRef": reference, "subjects": [subject]}))
    token = api.check(api.create(f"{accounts}/{name}/token", {"spec": {}}))["status"]["token"]
    config = yaml.safe_load(Path(kubeconfig).read_text())
    config["users"][0]["user"] = {"token": token}
    path = folder / "restricted"
    path.write_text(yaml.safe_dump(config))
    return str(path)
