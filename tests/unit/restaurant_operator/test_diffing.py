import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaurant_operator.constants import APPLIED_ANNOTATION
from restaurant_operator.desired.index import build
from restaurant_operator.diffing import find_difference, stamp
from tests.support.operator.driving import PLATFORM
from tests.support.operator.stacks import build_stack

SAME: list[tuple[Any, Any]] = [
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": {}}, {}),
    ({"a": []}, {}),
    ({"a": ""}, {}),
    ({"requests": {"cpu": "1000m"}}, {"requests": {"cpu": "1"}}),
    ({"emptyDir": {"sizeLimit": "1024Mi"}}, {"emptyDir": {"sizeLimit": "1Gi"}}),
    ({"env": [{"name": "a", "value": "1"}]}, {"env": [{"name": "z"}, {"name": "a", "value": "1"}]}),
    ({"ports": [{"port": 80, "protocol": "TCP"}]}, {"ports": [{"port": 80, "protocol": "TCP", "nodePort": 30000}]}),
]
DIFFERENT: list[tuple[Any, Any, str]] = [
    ({"a": 1}, {"a": 2}, ".a"),
    ({"a": 0}, {}, ".a"),
    ({"a": False}, {}, ".a"),
    ({"a": {"b": 1}}, {}, ".a"),
    ({"a": {"b": 1}}, {"a": "text"}, ".a"),
    ({"args": ["x"]}, {"args": ["x", "y"]}, ".args"),
    ({"args": ["x"]}, {"args": ["y"]}, ".args[0]"),
    ({"args": ["x"]}, {}, ".args"),
    ({"requests": {"cpu": "1"}}, {"requests": {"cpu": "2"}}, ".requests.cpu"),
    ({"requests": {"cpu": "1"}}, {"requests": {"cpu": "much"}}, ".requests.cpu"),
    ({"data": {"cpu": "1000m"}}, {"data": {"cpu": "1"}}, ".data.cpu"),
    ({"env": [{"name": "a", "value": "1"}]}, {"env": [{"name": "a", "value": "2"}]}, ".env[0].value"),
    ({"env": [{"name": "a", "value": "1"}]}, {"env": []}, ".env[0]"),
    (
        {"ports": [{"containerPort": 80, "protocol": "TCP"}]},
        {"ports": [{"containerPort": 81, "protocol": "TCP"}]},
        ".ports[0]",
    ),
]

JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=10,
)


@pytest.mark.parametrize(("desired", "live"), SAME)
def test_no_difference(desired: object, live: object) -> None:
    assert find_difference(desired, live) is None


@pytest.mark.parametrize(("desired", "live", "path"), DIFFERENT)
def test_difference_is_named(desired: object, live: object, path: str) -> None:
    assert find_difference(desired, live) == path


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4), st.dictionaries(st.text(min_size=6), JSON, max_size=3))
def test_what_is_added_is_no_difference(desired: dict[str, object], added: dict[str, object]) -> None:
    assert find_difference(desired, {**added, **desired}) is None


def walk(node: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path] + [found for key, value in items for found in walk(value, (*path, key))]


def test_loss_of_any_declared_field_is_a_difference() -> None:
    """Every leaf of every object, one by one."""
    tried = 0
    for manifest in build(build_stack(), PLATFORM).objects:
        for path in walk(manifest):
            live = copy.deepcopy(manifest)
            parent: Any = live
            for part in path[:-1]:
                parent = parent[part]
            if not path or not isinstance(path[-1], str) or parent[path[-1]] in ({}, "", []):
                continue
            del parent[path[-1]]
            assert find_difference(manifest, live) is not None, path
            tried += 1
    assert tried > 400


def test_stamp_changes_with_the_manifest_only() -> None:
    manifest = {"kind": "X", "metadata": {"name": "x"}, "spec": {"a": 1}}
    first = stamp(manifest)
    assert first == stamp(copy.deepcopy(manifest))
    assert stamp({**manifest, "spec": {}})["metadata"] != first["metadata"]
    assert stamp(first) is first
    assert APPLIED_ANNOTATION in first["metadata"]["annotations"]
