import pytest

from tests.support.waiting import find_free_port
from tools.demo.__main__ import count_by_result, read_port
from tools.demo.traffic import compute_percentile, wait_until_reachable
from tools.demo.view import is_ready
from tools.localcluster.errors import ClusterError


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentiles_are_nearest_rank(share: float, expected: float) -> None:
    assert compute_percentile([float(value) for value in range(100, 0, -1)], share) == expected


def test_cache_counts_are_summed_by_level_and_result() -> None:
    exposition = """\
# HELP restaurant_cache_requests_total Lookups
restaurant_cache_requests_total{level="local",resource="menu",result="hit"} 3.0
restaurant_cache_requests_total{level="local",resource="locations",result="hit"} 2.0
restaurant_cache_requests_total{level="shared",resource="menu",result="miss"} 1.0
restaurant_cache_entries 7.0
"""
    assert count_by_result(exposition) == {"local hit": 5.0, "shared miss": 1.0}


@pytest.mark.parametrize(
    ("status", "generation", "expected"), [("True", 2, True), ("True", 1, False), ("False", 2, False)]
)
def test_ready_counts_only_for_the_present_generation(status: str, generation: int, expected: bool) -> None:  # noqa: FBT001 (a row of the table above)
    condition = {"type": "Ready", "status": status, "observedGeneration": generation}
    assert is_ready({"metadata": {"generation": 2}, "status": {"conditions": [condition]}}) is expected


def test_a_stack_without_status_is_not_ready() -> None:
    assert not is_ready({"metadata": {"generation": 1}})


def test_a_wrong_demo_port_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PORT", "http")
    with pytest.raises(ClusterError, match="write for example"):
        read_port()


def test_a_restaurant_that_never_answers_is_said_so() -> None:
    with pytest.raises(ClusterError, match="does not answer within 0 s"):
        wait_until_reachable(f"http://127.0.0.1:{find_free_port()}", seconds=0)
