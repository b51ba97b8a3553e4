import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from restaurant_operator.cluster.port import Key
from restaurant_operator.metrics import Metrics
from restaurant_operator.queueing import MAX_DELAY, PASS_SECONDS, WorkQueue, compute_backoff

A, B = Key("n", "a"), Key("n", "b")


class Recorder:
    """Does what it is told, and keeps count."""

    def __init__(self) -> None:
        self.passes: list[tuple[Key, int]] = []
        self.running = 0
        self.most = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.errors: list[Exception] = []
        self.delays: list[float] = []

    async def __call__(self, key: Key, attempt: int) -> float | None:
        self.running += 1
        self.most = max(self.most, self.running)
        self.passes.append((key, attempt))
        await self.gate.wait()
        self.running -= 1
        if self.errors:
            raise self.errors.pop(0)
        return self.delays.pop(0) if self.delays else None


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@asynccontextmanager
async def running(recorder: Recorder, workers: int = 2) -> AsyncIterator[WorkQueue]:
    queue = WorkQueue(recorder, workers=workers, chance=lambda: 0.0, metrics=Metrics())
    task = asyncio.create_task(queue.run())
    yield queue
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the queue has no event for what is waited for here
            await asyncio.sleep(0.005)


async def test_many_events_make_one_pass_and_one_more_for_those_that_came_during_it(recorder: Recorder) -> None:
    recorder.gate.clear()
    async with running(recorder) as queue:
        queue.add(A)
        queue.add(A)
        await until(lambda: recorder.running == 1)
        for _ in range(10):
            queue.add(A)
        await asyncio.sleep(0.02)
        assert len(recorder.passes) == 1
        recorder.gate.set()
        await until(lambda: len(recorder.passes) == 2)
        await asyncio.sleep(0.02)
    assert recorder.passes == [(A, 0), (A, 0)]
    assert recorder.most == 1


async def test_different_stacks_run_side_by_side_up_to_the_limit(recorder: Recorder) -> None:
    recorder.gate.clear()
    async with running(recorder, workers=2) as queue:
        for name in "abc":
            queue.add(Key("n", name))
        await until(lambda: recorder.running == 2)
        await asyncio.sleep(0.02)
        assert recorder.most == 2
        recorder.gate.set()
        await until(lambda: len(recorder.passes) == 3)


async def test_failed_pass_is_tried_again_and_told_how_often(recorder: Recorder) -> None:
    recorder.errors = [RuntimeError("first")]
    async with running(recorder) as queue:
        queue.add(A)
        await until(lambda: len(recorder.passes) == 2)
        await until(lambda: recorder.running == 0)
        queue.add(A)
        await until(lambda: len(recorder.passes) == 3)
    assert recorder.passes == [(A, 0), (A, 1), (A, 0)]


async def test_one_bad_stack_does_not_stop_the_others(recorder: Recorder) -> None:
    recorder.errors = [RuntimeError("bad")]
    async with running(recorder, workers=1) as queue:
        queue.add(A)
        queue.add(B)
        await until(lambda: (B, 0) in recorder.passes)


async def test_pass_may_ask_to_be_repeated(recorder: Recorder) -> None:
    recorder.delays = [0.01]
    async with running(recorder) as queue:
        queue.add(A)
        await until(lambda: len(recorder.passes) == 2)


async def test_zero_means_at_once(recorder: Recorder) -> None:
    recorder.delays = [0.0]
    async with running(recorder) as queue:
        queue.add(A)
        await until(lambda: len(recorder.passes) == 2)


async def test_event_replaces_a_later_timer_and_the_sooner_timer_wins(recorder: Recorder) -> None:
    async with running(recorder) as queue:
        queue.add(A, delay=0.05)
        queue.add(A, delay=60)
        queue.add(B, delay=60)
        queue.add(B, delay=0.01)
        await until(lambda: len(recorder.passes) == 2)
        queue.add(A, delay=0.05)
        queue.add(A)
        await until(lambda: len(recorder.passes) == 3)
        await asyncio.sleep(0.1)
    assert [key for key, _ in recorder.passes] == [B, A, A]


async def test_pass_that_does_not_end_is_found(recorder: Recorder) -> None:
    recorder.gate.clear()
    async with running(recorder) as queue:
        queue.add(A)
        await until(lambda: recorder.running == 1)
        assert queue.find_stuck() == []
        queue._running[A] -= 2 * PASS_SECONDS + 1
        assert queue.find_stuck() == [A]


def test_backoff_grows_is_spread_and_has_a_ceiling() -> None:
    delays = [compute_backoff(failures, 1.0) for failures in range(1, 30)]
    assert delays[:4] == [1, 2, 4, 8]
    assert delays[-1] == MAX_DELAY
    assert compute_backoff(3, 0.0) == 2.0
    assert compute_backoff(10_000, 1.0) == MAX_DELAY
