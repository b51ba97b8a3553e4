from restaurant_operator.crd.quantities import parse_quantity
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.desired.index import build
from tests.support.operator.driving import PLATFORM
from tests.support.operator.stacks import build_stack


def build_container(max_memory: str) -> Manifest:
    base = build(build_stack(redis={"managed": {"maxMemory": max_memory}}), PLATFORM).base
    container: Manifest = base[-1]["spec"]["template"]["spec"]["containers"][0]
    return container


def test_limit_leaves_room_over_maxmemory() -> None:
    container = build_container("256Mi")
    maxmemory = int(container["args"][container["args"].index("--maxmemory") + 1])
    assert maxmemory == 256 * 2**20
    assert parse_quantity(container["resources"]["limits"]["memory"]) > 1.5 * maxmemory


def test_full_cache_makes_room() -> None:
    arguments = build_container("1Gi")["args"]
    assert arguments[arguments.index("--maxmemory-policy") + 1] == "allkeys-lru"


def test_new_release_does_not_restart_redis() -> None:
    first, second = (build(build_stack(version=version), PLATFORM).base[-1] for version in ("0.1.0", "0.2.0"))
    assert first["kind"] == "StatefulSet"
    assert first["spec"] == second["spec"]


def test_only_a_clean_stop_is_saved_and_loaded_only_once() -> None:
    container = build_container("256Mi")
    arguments = container["args"]
    assert arguments[arguments.index("--save") + 1] == ""
    assert arguments[arguments.index("--appendonly") + 1] == "no"
    assert arguments[arguments.index("--shutdown-on-sigterm") + 1 :][:2] == ["save", "force"]
    (shell, _, script) = container["startupProbe"]["exec"]["command"]
    assert (shell, script.endswith("| grep -q PONG && rm -f /data/dump.rdb")) == ("sh", True)
    for probe in ("readinessProbe", "livenessProbe"):
        assert "rm" not in container[probe]["exec"]["command"][2].split()
