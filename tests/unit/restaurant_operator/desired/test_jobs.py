from typing import Any

import pytest

from restaurant_operator.crd.stack import Manifest
from restaurant_operator.desired.index import build
from restaurant_operator.desired.labels import Component, build_selector
from tests.support.operator.driving import PLATFORM
from tests.support.operator.stacks import build_stack


def build_jobs(**spec: Any) -> tuple[Manifest, Manifest]:  # noqa: ANN401 - any JSON value
    desired = build(build_stack(**spec), PLATFORM)
    assert desired.warm_job is not None
    return desired.migration_job, desired.warm_job


def test_jobs_carry_their_settings_themselves() -> None:
    config = build(build_stack(), PLATFORM).config_map["data"]
    for job in build_jobs():
        container = job["spec"]["template"]["spec"]["containers"][0]
        assert "envFrom" not in container
        assert config.items() <= {entry["name"]: entry["value"] for entry in container["env"]}.items()


def test_arguments() -> None:
    migrate, warm = (job["spec"]["template"]["spec"]["containers"][0]["args"] for job in build_jobs())
    assert migrate == ["migrate"]
    assert warm == ["warm", "--report", "/dev/termination-log"]


def test_jobs_go_where_the_sqlite_volume_is() -> None:
    for job in build_jobs():
        affinity = job["spec"]["template"]["spec"]["affinity"]["podAffinity"]
        term = affinity["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]
        assert term["labelSelector"]["matchLabels"] == build_selector(build_stack().identity, Component.API)
    for job in build_jobs(database={"postgres": {"urlSecretRef": {"name": "db"}}}):
        assert "affinity" not in job["spec"]["template"]["spec"]


def test_services_send_no_guest_to_a_job() -> None:
    desired = build(build_stack(), PLATFORM)
    selectors = [item["spec"]["selector"] for item in desired.base if item["kind"] == "Service"]
    assert len(selectors) == 3
    for job in build_jobs():
        labels = job["spec"]["template"]["metadata"]["labels"]
        assert not any(selector.items() <= labels.items() for selector in selectors)


@pytest.mark.parametrize(("timeout", "seconds"), [("60s", 240), ("2m", 360)])
def test_deadline_leaves_time_for_a_retry(timeout: str, seconds: int) -> None:
    _, warm = build_jobs(warming={"timeout": timeout})
    assert warm["spec"]["activeDeadlineSeconds"] == seconds
