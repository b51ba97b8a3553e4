from typing import Any

from restaurant_operator.crd.stack import Manifest
from restaurant_operator.desired.index import build
from tests.support.operator.driving import PLATFORM
from tests.support.operator.stacks import build_stack

POSTGRES = {"postgres": {"urlSecretRef": {"name": "db"}}}


def build_deployment(**spec: Any) -> Manifest:  # noqa: ANN401 - any JSON value
    return build(build_stack(**spec), PLATFORM).deployment


def test_new_pod_is_ready_before_an_old_one_leaves() -> None:
    strategy = build_deployment(database=POSTGRES)["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}


def test_two_pods_never_write_one_sqlite_file() -> None:
    assert build_deployment()["spec"]["strategy"] == {"type": "Recreate"}


def test_pod_is_drained_within_its_grace_period() -> None:
    pod = build_deployment()["spec"]["template"]["spec"]
    sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    # The API itself needs up to 10 s after SIGTERM.
    assert sleep + 10 < pod["terminationGracePeriodSeconds"]


def test_liveness_does_not_depend_on_the_database() -> None:
    container = build_deployment()["spec"]["template"]["spec"]["containers"][0]
    paths = {
        probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert paths == {"startupProbe": "/livez", "readinessProbe": "/readyz", "livenessProbe": "/livez"}


def test_only_sqlite_needs_a_volume() -> None:
    def list_volumes(deployment: Manifest) -> list[str]:
        return [volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]]

    assert list_volumes(build_deployment()) == ["tmp", "data"]
    assert list_volumes(build_deployment(database=POSTGRES)) == ["tmp"]


def test_image_of_the_spec_wins() -> None:
    image = build_deployment(image="registry.example.com/x:9")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "registry.example.com/x:9"


def test_pods_read_the_settings_of_their_own_release() -> None:
    first, second = (build(build_stack(warming={"timeout": timeout}), PLATFORM) for timeout in ("60s", "30s"))
    for desired in (first, second):
        container = desired.deployment["spec"]["template"]["spec"]["containers"][0]
        assert container["envFrom"] == [{"configMapRef": {"name": desired.config_map["metadata"]["name"]}}]
    assert first.config_map["metadata"]["name"] != second.config_map["metadata"]["name"]
