import pytest

from restaurant_operator.crd.spec import Spec
from tests.support.operator.api_server import ApiServer, Json, build_stack, stack_path

POSTGRES: Json = {"postgres": {"urlSecretRef": {"name": "db"}}}


def create(api: ApiServer, namespace: str, spec: Json, name: str = "trattoria") -> Json:
    return api.check(api.create(stack_path(namespace), build_stack(spec, name)))


REFUSED = [
    ({}, "spec", "spec.version is missing: write the release to run, such as version: 0.1.0"),
    ({"version": "v 1"}, "spec.version", "spec.version must be a release such as 0.1.0"),
    ({"image": "a b"}, "spec.image", "spec.image must be an image reference without spaces"),
    ({"database": {}}, "spec.database", "needs exactly one of sqlite and postgres: remove one of them"),
    ({"database": {"sqlite": {}, **POSTGRES}}, "spec.database", "needs exactly one of sqlite and postgres"),
    ({"redis": {}}, "spec.redis", "needs exactly one of managed, external and disabled: keep one, such as managed: {}"),
    ({"redis": {"managed": {}, "disabled": {}}}, "spec.redis", "needs exactly one of managed, external and disabled"),
    ({"api": {"replicas": 2}}, "spec.api.replicas", "must be 0 or 1 with SQLite, whose file only one pod can write"),
    ({"database": {"sqlite": {"storage": "lots"}}}, "spec.database.sqlite.storage", "write it such as 1Gi"),
    ({"redis": {"managed": {"storage": "lots"}}}, "spec.redis.managed.storage", "write it such as 1Gi"),
    ({"redis": {"managed": {"maxMemory": "-1"}}}, "spec.redis.managed.maxMemory", "write it such as 256Mi"),
    ({"redis": {"managed": {"maxMemory": "256m"}}}, "spec.redis.managed.maxMemory", "write 256Mi, not 256m"),
    ({"redis": {"managed": {"maxMemory": "0"}}}, "spec.redis.managed.maxMemory", "must be at least 8Mi"),
    ({"redis": {"managed": {"storage": "0"}}}, "spec.redis.managed.storage", "must be at least 1Mi"),
    ({"database": {"sqlite": {"storage": "1m"}}}, "spec.database.sqlite.storage", "must be at least 1Mi"),
    ({"api": {"resources": {"limits": {"cpu": "two"}}}}, "spec.api.resources.limits.cpu", "write it such as 1"),
    (
        {"warming": {"timeout": "soon"}},
        "spec.warming.timeout",
        "must be a duration from 1s to 1h: write it such as 60s",
    ),
    ({"warming": {"timeout": "2h"}}, "spec.warming.timeout", "must be a duration from 1s to 1h"),
    ({"warming": {"minHitRatio": 1.5}}, "spec.warming.minHitRatio", "less than or equal to 1"),
    ({"warming": {"onFailure": "Pray"}}, "spec.warming.onFailure", '"Block", "Continue"'),
    ({"database": {"postgres": {}}}, "spec.database.postgres.urlSecretRef", "Required value"),
]


@pytest.mark.parametrize(
    ("spec", "field", "message"), REFUSED, ids=[f"{field}-{i}" for i, (_, field, _) in enumerate(REFUSED)]
)
def test_wrong_spec_is_refused_with_field_and_remedy(
    api: ApiServer, namespace: str, spec: Json, field: str, message: str
) -> None:
    version = {} if spec == {} or "image" in spec else {"version": "0.1.0"}
    answer = api.create(stack_path(namespace), build_stack(version | spec))
    assert answer.status_code == 422
    causes = answer.json()["details"]["causes"]
    assert any(cause["field"] == field and message in cause["message"] for cause in causes), causes


@pytest.mark.parametrize("name", ["a" * 41, "1st", "two.parts"])
def test_wrong_name_is_refused(api: ApiServer, namespace: str, name: str) -> None:
    answer = api.create(stack_path(namespace), build_stack({"version": "0.1.0"}, name))
    assert answer.status_code == 422
    assert "use at most 40 lower case letters" in answer.json()["message"]


CHANGES = [
    ({}, {"database": {"sqlite": None, **POSTGRES}}, "spec.database can't change its kind"),
    ({"database": {"sqlite": {"storage": "2Gi"}}}, {"database": {"sqlite": {"storage": "1500Mi"}}}, "can't shrink"),
    ({"redis": {"managed": {"storage": "2Gi"}}}, {"redis": {"managed": {"storage": "1Gi"}}}, "can't shrink"),
    (
        {},
        {"database": {"sqlite": {"storageClassName": "fast"}}},
        "storageClassName of spec.database.sqlite can't change",
    ),
]


@pytest.mark.parametrize(("before", "change", "message"), CHANGES)
def test_change_that_would_lose_data_is_refused(
    api: ApiServer, namespace: str, before: Json, change: Json, message: str
) -> None:
    create(api, namespace, {"version": "0.1.0"} | before)
    answer = api.merge(stack_path(namespace, "trattoria"), {"spec": change})
    assert answer.status_code == 422
    assert message in answer.json()["message"]


def test_volumes_may_grow(api: ApiServer, namespace: str) -> None:
    create(api, namespace, {"version": "0.1.0"})
    change = {"database": {"sqlite": {"storage": "2Gi"}}, "redis": {"managed": {"storage": "1.5Gi"}}}
    api.check(api.merge(stack_path(namespace, "trattoria"), {"spec": change}))


SPECS: list[Json] = [
    {"version": "0.1.0"},
    {"image": "registry.example.com/api:1"},
    {"version": "0.1.0", "api": {}},
    {"version": "0.1.0", "api": {"replicas": 3, "resources": {"requests": {"cpu": 2}}}, "database": POSTGRES},
    {"version": "0.1.0", "redis": {"managed": {"maxMemory": "1Gi"}}, "warming": {"timeout": "2m"}},
    {"version": "0.1.0", "redis": {"external": {"urlSecretRef": {"name": "cache"}}}, "database": {"sqlite": {}}},
    {"version": "0.1.0", "redis": {"disabled": {}}, "warming": {"onFailure": "Continue"}},
]


@pytest.mark.parametrize("spec", SPECS)
def test_api_server_and_models_give_the_same_defaults(api: ApiServer, namespace: str, spec: Json) -> None:
    stored = create(api, namespace, spec)["spec"]
    ours = Spec.model_validate(spec).model_dump(mode="json", by_alias=True, exclude_none=True)
    # The one thing that the model rewrites: a bare number as a quantity.
    if stored["api"]["resources"]["requests"]["cpu"] == 2:
        stored["api"]["resources"]["requests"]["cpu"] = "2"
    assert stored == ours
    assert Spec.model_validate(stored) == Spec.model_validate(spec)


def test_scale_subresource_sets_replicas_and_keeps_the_rules(api: ApiServer, namespace: str) -> None:
    create(api, namespace, {"version": "0.1.0", "database": POSTGRES})
    path = stack_path(namespace, "trattoria", "scale")
    assert api.get(path)["spec"]["replicas"] == 1
    api.check(api.merge(path, {"spec": {"replicas": 4}}))
    assert api.get(stack_path(namespace, "trattoria"))["spec"]["api"]["replicas"] == 4
    create(api, namespace, {"version": "0.1.0"}, "small")
    answer = api.merge(stack_path(namespace, "small", "scale"), {"spec": {"replicas": 2}})
    assert "must be 0 or 1 with SQLite" in answer.text


def test_table_shows_the_columns(api: ApiServer, namespace: str) -> None:
    create(api, namespace, {"version": "0.1.0"})
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    table = api.check(api.http.get(stack_path(namespace), headers=accept))
    columns = [(column["name"], column["priority"]) for column in table["columnDefinitions"]]
    shown = [name for name, priority in columns if priority == 0]
    assert shown == ["Name", "Ready", "Status", "Version", "Replicas", "Cache", "Age"]
    assert [name for name, priority in columns if priority == 1] == ["URL", "Message"]


def test_kind_is_listed_with_all_and_by_its_short_name(api: ApiServer) -> None:
    resources = {item["name"]: item for item in api.get("/apis/restaurantstack.dev/v1alpha1")["resources"]}
    assert resources["restaurantstacks"]["shortNames"] == ["rstack"]
    assert resources["restaurantstacks"]["categories"] == ["all"]
    assert {"restaurantstacks/status", "restaurantstacks/scale"} < resources.keys()


def test_unknown_field_is_told(api: ApiServer, namespace: str) -> None:
    path = f"{stack_path(namespace)}?fieldValidation=Strict"
    answer = api.create(path, build_stack({"version": "0.1.0", "replicas": 3}))
    assert answer.status_code == 400
    assert 'unknown field "spec.replicas"' in answer.json()["message"]
