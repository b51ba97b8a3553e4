from typing import Any

import pytest

from restaurant_operator.cluster.observed import JobPhase, Observed, is_leaving, parse_deployment, parse_job
from tests.support.operator.driving import NOW
from tests.support.operator.stacks import UID

OWNER = {"kind": "RestaurantStack", "uid": UID}


def build(kind: str, name: str, *owners: dict[str, str], **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    return {"kind": kind, "metadata": {"name": name, "ownerReferences": list(owners)}, **rest}


def test_label_alone_makes_no_child() -> None:
    mine, other = build("Service", "a", OWNER), build("Service", "b")
    observed = Observed.from_children([mine, other], UID)
    assert list(observed.objects) == [("Service", "a")]
    assert list(observed.foreign) == [("Service", "b")]


def test_writes_are_known_without_reading_again() -> None:
    observed = Observed.from_children([build("Service", "a", OWNER), build("Service", "b", OWNER)], UID)
    after = observed.with_objects([build("Service", "c", OWNER)], [build("Service", "a", OWNER)])
    assert sorted(after.objects) == [("Service", "b"), ("Service", "c")]


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ({}, JobPhase.ACTIVE),
        ({"conditions": [{"type": "SuccessCriteriaMet", "status": "True"}]}, JobPhase.ACTIVE),
        ({"conditions": [{"type": "Complete", "status": "True"}]}, JobPhase.SUCCEEDED),
        ({"conditions": [{"type": "Failed", "status": "True", "message": "deadline"}]}, JobPhase.FAILED),
        ({"conditions": [{"type": "Failed", "status": "False"}]}, JobPhase.ACTIVE),
    ],
)
def test_job(status: dict[str, Any], phase: JobPhase) -> None:
    assert parse_job(build("Job", "j", status=status)).phase is phase


def test_deployment_before_its_controller_saw_it() -> None:
    manifest = build("Deployment", "d", spec={"replicas": 0, "template": {"metadata": {}}})
    state = parse_deployment(manifest)
    assert not state.is_rolled_out
    assert state.release == ""


def test_missing_parts() -> None:
    observed = Observed.from_children([], UID)
    assert observed.read_deployment("d") is None
    assert not observed.is_stateful_set_ready("s")
    assert observed.find_job("j") is None
    assert observed.compute_age(("StatefulSet", "s"), NOW) == 0


@pytest.mark.parametrize(
    ("metadata", "leaving"),
    [({}, False), ({"deletionTimestamp": "x"}, True), ({"ownerReferences": [{"kind": "RestaurantStack"}]}, True)],
)
def test_leaving(metadata: dict[str, Any], *, leaving: bool) -> None:
    assert is_leaving({"metadata": metadata}) is leaving
