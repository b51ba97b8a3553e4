import asyncio
import itertools
from typing import Any

import kopf
import pytest

from restaurant_operator.cluster.kinds import CHILD_KINDS
from restaurant_operator.cluster.port import Key
from restaurant_operator.constants import STACK_LABEL
from restaurant_operator.freshness import Freshness
from restaurant_operator.handlers.configuration import EndlessBackoffs, build_kopf_settings
from restaurant_operator.handlers.events import register_events
from restaurant_operator.handlers.login import register_login
from restaurant_operator.handlers.probes import UnhealthyError, check_health, register_probes
from restaurant_operator.metrics import Metrics
from restaurant_operator.queueing import PASS_SECONDS, WorkQueue

KEY = Key("dining", "trattoria")


async def ignore(key: Key, attempt: int) -> None:
    assert key.name
    assert attempt >= 0


@pytest.fixture
def queue() -> WorkQueue:
    return WorkQueue(ignore, workers=1, chance=lambda: 0.5, metrics=Metrics())


def list_watching_handlers(registry: kopf.OperatorRegistry) -> list[Any]:
    return list(registry._watching.get_all_handlers())


async def test_events_only_enqueue(queue: WorkQueue) -> None:
    registry, freshness = kopf.OperatorRegistry(), Freshness()
    register_events(registry, queue, freshness)
    handlers = list_watching_handlers(registry)
    assert len(handlers) == 1 + len(CHILD_KINDS)
    stack = {"metadata": {"name": "trattoria", "namespace": "dining", "resourceVersion": "7"}}
    await handlers[0].fn(event={"type": "MODIFIED", "object": stack})
    assert queue._waiting == {KEY}
    freshness.expect(KEY, "7", 0)
    assert freshness.compute_lag(9) == 0
    queue._waiting.clear()
    child = {"metadata": {"name": "x", "namespace": "dining", "labels": {STACK_LABEL: "trattoria"}}}
    await handlers[1].fn(event={"type": "DELETED", "object": child})
    assert queue._waiting == {KEY}


def test_nothing_is_ever_stored_on_objects(queue: WorkQueue) -> None:
    registry = kopf.OperatorRegistry()
    register_events(registry, queue, Freshness())
    assert not list(registry._changing.get_all_handlers())
    assert not list(registry._spawning.get_all_handlers())


async def test_health_tells_what_only_a_restart_cures(queue: WorkQueue) -> None:
    freshness, metrics = Freshness(), Metrics()
    now = asyncio.get_running_loop().time()
    assert check_health(queue, freshness, metrics) == "ok"
    freshness.expect(KEY, "1", now - 61)
    with pytest.raises(UnhealthyError, match="watch has not delivered a listed change for 61 s"):
        check_health(queue, freshness, metrics)
    assert metrics.registry.get_sample_value("restaurantstack_operator_watch_lag_seconds") == pytest.approx(61, abs=1)
    freshness.see(KEY, "1")
    queue._running[KEY] = now - 2 * PASS_SECONDS - 1
    with pytest.raises(UnhealthyError, match="1 passes do not end, such as that of dining/trattoria"):
        check_health(queue, freshness, metrics)


async def test_probe_is_tried_once(queue: WorkQueue) -> None:
    registry = kopf.OperatorRegistry()
    register_probes(registry, queue, Freshness(), Metrics())
    (handler,) = registry._activities.get_all_handlers()
    assert handler.retries == 1
    assert await handler.fn() == "ok"  # type: ignore[call-arg, misc]


def test_backoffs_never_end_and_begin_anew() -> None:
    backoffs = EndlessBackoffs(lambda: 1.0)
    first = list(itertools.islice(backoffs, 100))
    assert first[:4] == [0.5, 1, 2, 4]
    assert max(first) == 30
    assert next(iter(backoffs)) == 0.5


def test_settings_bound_every_wait() -> None:
    settings = build_kopf_settings(lambda: 0.5)
    assert settings.networking.request_timeout == 15
    assert settings.queueing.worker_limit == 8
    assert settings.posting.enabled is False
    assert settings.scanning.disabled is True
    assert len(settings.watching.label_selectors) == len(CHILD_KINDS)


async def test_login_needs_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:  # noqa: ANN401 - a Path
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    registry = kopf.OperatorRegistry()
    register_login(registry)
    (handler,) = registry._activities.get_all_handlers()
    with pytest.raises(kopf.PermanentError, match="neither KUBECONFIG nor a service account"):
        await handler.fn(settings=kopf.OperatorSettings())  # type: ignore[call-arg, misc]
