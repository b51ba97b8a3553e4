import asyncio
from contextlib import suppress

from typing_extensions import override

from restaurant_operator.cluster.port import Key
from restaurant_operator.crd.stack import Manifest
from restaurant_operator.errors import ClusterError
from restaurant_operator.freshness import Freshness
from restaurant_operator.metrics import Metrics
from restaurant_operator.queueing import WorkQueue
from restaurant_operator.resync import run_resync
from tests.support.operator.fake_cluster import FakeCluster


async def run_for(cluster: FakeCluster, freshness: Freshness, seconds: float) -> list[Key]:
    seen: list[Key] = []

    async def work(key: Key, attempt: int) -> None:
        assert attempt == 0
        seen.append(key)

    queue = WorkQueue(work, workers=1, chance=lambda: 0.5, metrics=Metrics())
    tasks = [
        asyncio.create_task(queue.run()),
        asyncio.create_task(run_resync(cluster, queue, freshness, seconds=0.02, chance=lambda: 0.5)),
    ]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return seen


async def test_every_stack_gets_a_pass_again_and_again() -> None:
    cluster, freshness = FakeCluster(), Freshness()
    keys = {cluster.add_stack({}, name) for name in ("a", "b")}
    seen = await run_for(cluster, freshness, 0.3)
    assert set(seen) == keys
    assert len(seen) > 4
    # Nothing came through a watch here, and that is noticed.
    assert freshness.compute_lag(asyncio.get_running_loop().time()) > 0.1


class HastyWatch(FakeCluster):
    """Each listing is overtaken by an event."""

    def __init__(self, freshness: Freshness) -> None:
        super().__init__()
        self.freshness = freshness

    @override
    async def list_stacks(self) -> list[Manifest]:
        stacks = await super().list_stacks()
        for key in self.stacks:
            self.freshness.see(key, self._next_version())
        return stacks


async def test_event_that_overtakes_a_listing_is_no_failure_of_the_watch() -> None:
    freshness = Freshness()
    cluster = HastyWatch(freshness)
    cluster.add_stack({})
    assert await run_for(cluster, freshness, 0.2)
    assert freshness.compute_lag(asyncio.get_running_loop().time()) == 0


async def test_api_server_that_does_not_answer_is_tried_again() -> None:
    cluster = FakeCluster(failures={"list_stacks": ClusterError("down")})
    cluster.add_stack({})
    assert await run_for(cluster, Freshness(), 0.2) == []
    assert len(cluster.reads) > 2
