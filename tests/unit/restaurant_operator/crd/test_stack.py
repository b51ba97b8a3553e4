from typing import Any

import pytest

from restaurant_operator.crd.stack import InvalidStackError, Stack, read_status
from restaurant_operator.crd.status import Status
from tests.support.operator.stacks import build_body, build_stack


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"version": None}, "spec.version is missing: write the release to run"),
        ({"database": {}}, "spec.database: spec.database needs exactly one of sqlite and postgres"),
        ({"redis": {"managed": {}, "disabled": {}}}, "needs exactly one of managed, external and disabled"),
        ({"api": {"replicas": 2}}, "spec.api.replicas must be 0 or 1 with SQLite"),
        ({"api": {"replicas": "many"}}, "spec.api.replicas: Input should be a valid integer"),
        ({"api": {"resources": {"limits": {"cpu": "two"}}}}, "'two' is not a quantity"),
        ({"redis": {"managed": {"maxMemory": "256m"}}}, "must be at least 8Mi: write 256Mi, not 256m"),
        ({"redis": {"managed": {"maxMemory": "0"}}}, "spec.redis.managed.maxMemory must be at least 8Mi"),
        ({"redis": {"managed": {"maxMemory": "much"}}}, "'much' is not a quantity"),
        ({"redis": {"managed": {"storage": "0"}}}, "spec.redis.managed.storage must be at least 1Mi: write 1Gi"),
        ({"database": {"sqlite": {"storage": "1m"}}}, "spec.database.sqlite.storage must be at least 1Mi: write 1Gi"),
        ({"warming": {"timeout": "2h"}}, "'2h' is not between 1s and 1h"),
        ({"warming": {"timeout": "soon"}}, "'soon' is not a duration"),
        ({"database": {"postgres": {}}}, "spec.database.postgres.urlSecretRef: Field required"),
    ],
)
def test_invalid_spec_names_field_and_remedy(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidStackError) as error:
        Stack.from_body(build_body(**spec))
    assert message in str(error.value)


def test_spec_may_be_missing_altogether() -> None:
    body = build_body()
    del body["spec"]
    with pytest.raises(InvalidStackError):
        Stack.from_body(body)


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ({"version": "1.2.3"}, "1.2.3"),
        ({"version": None, "image": "registry.example.com:5000/api:2.0"}, "2.0"),
        ({"version": None, "image": "registry.example.com:5000/api"}, "unknown"),
        ({"version": None, "image": "api:2.0@sha256:abc"}, "2.0"),
    ],
)
def test_version_is_fit_for_a_label(spec: dict[str, Any], version: str) -> None:
    assert build_stack(**spec).version == version


def test_bare_numbers_become_quantities() -> None:
    assert build_stack(api={"resources": {"requests": {"cpu": 2}}}).spec.api.resources.requests.cpu == "2"


def test_status_of_somebody_else_counts_as_none() -> None:
    assert read_status({"status": {"conditions": "fine"}}) == Status()
    assert read_status({}) == Status()
