"""The one work queue: each key at most once in line and never on two workers at a time, retries with backoff.

Level-triggered: a key says that something may have changed, never what. Knows nothing of Kubernetes.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from restaurant_operator.cluster.port import Key
from restaurant_operator.metrics import Metrics

log = structlog.get_logger()

FIRST_DELAY = 1.0
MAX_DELAY = 300.0
PASS_SECONDS = 60.0
"""No pass may take longer: its requests have shorter limits, so this is for what nobody thought of."""

Work = Callable[[Key, int], Awaitable[float | None]]
"""Does one pass, told how often it failed before; gives the seconds after which to look again."""


def compute_backoff(failures: int, chance: float) -> float:
    """Exponential, capped, and spread over its upper half by `chance` (0 to 1), so that stacks don't retry in step."""
    full = min(MAX_DELAY, FIRST_DELAY * 2.0 ** min(failures - 1, 16))
    return full * (0.5 + chance / 2)


class WorkQueue:
    """Use from one event loop only."""

    def __init__(self, work: Work, *, workers: int, chance: Callable[[], float], metrics: Metrics) -> None:
        self._work = work
        self._workers = workers
        self._chance = chance
        self._metrics = metrics
        self._line: asyncio.Queue[Key] = asyncio.Queue()
        self._waiting: set[Key] = set()
        self._running: dict[Key, float] = {}
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}

    def add(self, key: Key, delay: float = 0.0) -> None:
        """Ask for a pass; a key that waits already is not added again, one that runs is run once more afterwards."""
        if delay > 0:
            self._schedule(key, delay)
            return
        if key in self._waiting:
            return
        self._waiting.add(key)
        if key not in self._running:
            self._put(key)

    async def run(self) -> None:
        """Work until cancelled; a worker that dies takes all down, for the process to be restarted."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._run_worker())

    def find_stuck(self) -> list[Key]:
        """Give the keys whose pass has taken longer than any pass may."""
        now = asyncio.get_running_loop().time()
        return [key for key, since in self._running.items() if now - since > 2 * PASS_SECONDS]

    async def _run_worker(self) -> None:
        while True:
            key = await self._line.get()
            self._metrics.queue.set(self._line.qsize())
            self._waiting.discard(key)
            self._cancel_timer(key)
            self._running[key] = asyncio.get_running_loop().time()
            delay = await self._run_pass(key)
            del self._running[key]
            if key in self._waiting:
                self._put(key)
            elif delay is not None:
                self.add(key, delay)

    async def _run_pass(self, key: Key) -> float | None:
        attempt = self._failures.get(key, 0)
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(PASS_SECONDS):
                delay = await self._work(key, attempt)
        except Exception as error:  # whatever it is, the other stacks go on
            self._failures[key] = attempt + 1
            delay = compute_backoff(attempt + 1, self._chance())
            self._metrics.passes.labels("error").observe(loop.time() - started)
            log.warning(
                "pass failed",
                stack_name=key.name,
                namespace=key.namespace,
                attempt=attempt + 1,
                retry_seconds=round(delay, 1),
                error=f"{type(error).__name__}: {error}",
            )
            log.debug("pass failed here", stack_name=key.name, namespace=key.namespace, exc_info=error)
        else:
            self._failures.pop(key, None)
            self._metrics.passes.labels("ok").observe(loop.time() - started)
        return delay

    def _schedule(self, key: Key, delay: float) -> None:
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None and timer.when() <= loop.time() + delay:
            return
        self._cancel_timer(key)
        self._timers[key] = loop.call_later(delay, self.add, key)

    def _cancel_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def _put(self, key: Key) -> None:
        self._line.put_nowait(key)
        self._metrics.queue.set(self._line.qsize())
