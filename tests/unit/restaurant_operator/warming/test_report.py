import json
from dataclasses import replace

import pytest

from restaurant_operator.cluster.observed import JobPhase, JobState
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.crd.status import WarmStatus
from restaurant_operator.warming.report import compute_warm_status, needs_report

AT = "2030-01-01T00:01:00Z"
JOB = JobState("warm", "warm", "fp", JobPhase.SUCCEEDED, is_running=False, finished_at=AT, message="")
GOOD = json.dumps({"release": "fp", "keys": 7, "hitRatio": 0.98765, "durationSeconds": 1.234, "extra": True})


def build_pod(message: str, finished: str = AT) -> Manifest:
    terminated = {"message": message, "finishedAt": finished}
    return {"status": {"containerStatuses": [{"state": {"terminated": terminated}}]}}


def test_report_becomes_status() -> None:
    assert compute_warm_status(JOB, [build_pod(GOOD)]) == WarmStatus(
        revision="fp", keys=7, hit_ratio=0.9877, duration="1.23s", at=AT
    )


@pytest.mark.parametrize(
    "message",
    ["", "Traceback", "[]", "{}", '{"keys": -1, "hitRatio": 1, "durationSeconds": 1}', '{"keys": 1, "hitRatio": 2}'],
)
def test_no_or_wrong_report_leaves_figures_out(message: str) -> None:
    assert compute_warm_status(JOB, [build_pod(message)]) == WarmStatus(revision="fp", at=AT)


@pytest.mark.parametrize("pods", [[], [{}], [{"status": {"containerStatuses": [{"state": {"running": {}}}]}}]])
def test_pod_without_an_end(pods: list[Manifest]) -> None:
    assert compute_warm_status(JOB, pods).keys is None


def test_newest_report_counts() -> None:
    old = json.dumps({"keys": 1, "hitRatio": 0.1, "durationSeconds": 9})
    pods = [build_pod(GOOD, "2030-01-01T00:02:00Z"), build_pod(old, "2030-01-01T00:01:00Z")]
    assert compute_warm_status(JOB, pods).keys == 7


def test_report_at_the_end_of_a_log() -> None:
    assert compute_warm_status(JOB, [build_pod(f"starting\nwarming\n{GOOD}\n")]).keys == 7


def test_report_is_read_once_per_ended_job() -> None:
    known = compute_warm_status(JOB, [])
    assert needs_report(JOB, None)
    assert not needs_report(JOB, known)
    assert needs_report(replace(JOB, release="other"), known)
    assert needs_report(replace(JOB, finished_at="2030-01-02T00:00:00Z"), known)
    assert not needs_report(None, None)
    assert not needs_report(replace(JOB, finished_at=""), None)
