"""Owns single flight: of concurrent loads of one key, one runs and all share its outcome."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class Flights(Generic[_T]):
    """The load runs in a task of its own, so that one caller going away does not fail the others."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[_T]] = {}

    async def run(self, key: Hashable, load: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.create_task(load())
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(task)

    def _land(self, key: Hashable, task: asyncio.Task[_T]) -> None:
        self._tasks.pop(key, None)
        if not task.cancelled():
            task.exception()  # marks it as seen, should every caller have gone
