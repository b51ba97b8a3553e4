"""Single flight."""

import asyncio

import pytest

from restaurant_api.cache.flights import Flights


class Loader:
    """Counts its runs and ends when told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.runs = 0
        self.go = asyncio.Event()
        self.error = error

    async def load(self) -> int:
        self.runs += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return self.runs


async def test_concurrent_callers_share_one_load_and_later_ones_do_not() -> None:
    flights: Flights[int] = Flights()
    loader = Loader()
    callers = [asyncio.create_task(flights.run("k", loader.load)) for _ in range(500)]
    await asyncio.sleep(0)
    loader.go.set()
    assert await asyncio.gather(*callers) == [1] * 500
    assert await flights.run("k", loader.load) == 2


async def test_a_caller_going_away_does_not_fail_the_others() -> None:
    flights: Flights[int] = Flights()
    loader = Loader()
    first = asyncio.create_task(flights.run("k", loader.load))
    second = asyncio.create_task(flights.run("k", loader.load))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    loader.go.set()
    assert await second == 1
    assert first.cancelled()


async def test_an_error_reaches_all_callers_and_is_not_kept() -> None:
    flights: Flights[int] = Flights()
    loader = Loader(ValueError("no"))
    loader.go.set()
    outcomes = await asyncio.gather(*(flights.run("k", loader.load) for _ in range(3)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no"] * 3
    loader.error = None
    assert await flights.run("k", loader.load) == 2


async def test_an_error_that_nobody_waits_for_is_quiet() -> None:
    flights: Flights[int] = Flights()
    loader = Loader(ValueError("no"))
    caller = asyncio.create_task(flights.run("k", loader.load))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    loader.go.set()
    await asyncio.sleep(0)
