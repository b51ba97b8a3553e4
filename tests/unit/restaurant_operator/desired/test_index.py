from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from restaurant_operator.constants import RELEASE_LABEL, STACK_LABEL
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.desired.index import Desired, build
from tests.support.operator.driving import PLATFORM
from tests.support.operator.stacks import UID, build_body, build_stack

GOLDEN = Path(__file__).parents[3] / "golden"
CASES = sorted(path.name for path in GOLDEN.glob("operator-*"))


def list_pod_specs(desired: Desired) -> Iterator[Manifest]:
    yield from (item["spec"]["template"]["spec"] for item in desired.objects if "template" in item.get("spec", {}))


def build_desired(**spec: Any) -> Desired:  # noqa: ANN401 - any JSON value
    return build(build_stack(**spec), PLATFORM)


@pytest.mark.parametrize("case", CASES)
def test_whole_stack_equals_its_golden_file(case: str, request: pytest.FixtureRequest) -> None:
    stack = Stack.from_body(yaml.safe_load((GOLDEN / case / "stack.yaml").read_text()))
    text = yaml.safe_dump_all(build(stack, PLATFORM).objects, sort_keys=False, width=120)
    golden = GOLDEN / case / "desired.yaml"
    if request.config.getoption("--update-golden", default=False):
        golden.write_text(text)
    assert text == golden.read_text()


def test_there_are_golden_cases() -> None:
    assert len(CASES) >= 2


@pytest.mark.parametrize("spec", [{}, {"redis": {"disabled": {}}}])
def test_every_object_belongs_to_the_stack(spec: dict[str, Any]) -> None:
    for item in build_desired(**spec).objects:
        metadata = item["metadata"]
        assert metadata["namespace"] == "dining"
        assert metadata["labels"][STACK_LABEL] == "trattoria"
        assert {"name", "instance", "version", "component", "part-of", "managed-by"} == {
            key.removeprefix("app.kubernetes.io/") for key in metadata["labels"] if key.startswith("app.")
        }
        assert [(owner["uid"], owner["controller"]) for owner in metadata["ownerReferences"]] == [(UID, True)]


def test_every_pod_passes_the_restricted_level_and_more() -> None:
    pods = list(list_pod_specs(build_desired()))
    assert len(pods) == 4
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }
            for kind in ("requests", "limits"):
                assert container["resources"][kind].keys() == {"cpu", "memory", "ephemeral-storage"}


def test_release_of_pods_and_jobs_is_the_fingerprint() -> None:
    desired = build_desired()
    assert desired.warm_job is not None
    for item in (desired.migration_job, desired.warm_job, desired.deployment):
        template = item["spec"]["template"]
        assert template["metadata"]["labels"][RELEASE_LABEL] == desired.fingerprint
        variables = {entry["name"]: entry.get("value") for entry in template["spec"]["containers"][0]["env"]}
        assert variables["RESTAURANT_RELEASE"] == desired.fingerprint
    assert desired.migration_job["metadata"]["name"] == f"trattoria-migrate-{desired.fingerprint[:8]}"


@pytest.mark.parametrize(
    "change",
    [
        {"version": "0.2.0"},
        {"image": "registry.example.com/other:1"},
        {"warming": {"timeout": "30s"}},
        {"redis": {"disabled": {}}},
        {"api": {"resources": {"limits": {"memory": "1Gi"}}}},
        {"database": {"postgres": {"urlSecretRef": {"name": "db"}}}},
    ],
)
def test_what_pods_run_makes_a_new_rollout(change: dict[str, Any]) -> None:
    assert build_desired(**change).fingerprint != build_desired().fingerprint


@pytest.mark.parametrize(
    "change",
    [{"api": {"replicas": 0}}, {"redis": {"managed": {"maxMemory": "1Gi"}}}, {"warming": {"onFailure": "Continue"}}],
)
def test_what_pods_do_not_run_makes_no_rollout(change: dict[str, Any]) -> None:
    assert build_desired(**change).fingerprint == build_desired().fingerprint


def test_two_stacks_never_share_cache_keys() -> None:
    body = build_body()
    other = {**body, "metadata": body["metadata"] | {"uid": "other", "namespace": "elsewhere"}}
    assert build(Stack.from_body(other), PLATFORM).fingerprint != build_desired().fingerprint


def test_names_fit_for_the_longest_stack() -> None:
    body = build_body()
    stack = Stack.from_body({**body, "metadata": body["metadata"] | {"name": "a" * 40}})
    for item in build(stack, PLATFORM).objects:
        # A StatefulSet's pods carry a label of its name and eleven more characters.
        assert len(item["metadata"]["name"]) <= 63 - (11 if item["kind"] == "StatefulSet" else 0)


def test_passwords_stay_in_secrets() -> None:
    spec = {
        "database": {"postgres": {"urlSecretRef": {"name": "db"}}},
        "redis": {"external": {"urlSecretRef": {"name": "r"}}},
    }
    desired = build_desired(**spec)
    assert not {"RESTAURANT_DATABASE_URL", "RESTAURANT_REDIS_URL"} & desired.config_map["data"].keys()
    for pod in list_pod_specs(desired):
        references = {
            entry["name"]: entry["valueFrom"]["secretKeyRef"]
            for entry in pod["containers"][0]["env"]
            if "valueFrom" in entry
        }
        assert references == {
            "RESTAURANT_DATABASE_URL": {"name": "db", "key": "uri"},
            "RESTAURANT_REDIS_URL": {"name": "r", "key": "uri"},
        }
