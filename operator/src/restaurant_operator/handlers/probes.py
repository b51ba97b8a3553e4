"""Liveness that tells the truth.

Passes end, and what is listed comes through the watch. Outside trouble is no reason to die.
"""

import asyncio
from typing import Any

import kopf

from restaurant_operator.freshness import MAX_LAG_SECONDS, Freshness
from restaurant_operator.metrics import Metrics
from restaurant_operator.queueing import WorkQueue


class UnhealthyError(Exception):
    """Only a restart helps; the message says why."""


def check_health(queue: WorkQueue, freshness: Freshness, metrics: Metrics) -> str:
    """Raise UnhealthyError when only a restart helps."""
    lag = freshness.compute_lag(asyncio.get_running_loop().time())
    metrics.watch_lag.set(lag)
    stuck = queue.find_stuck()
    if stuck:
        msg = f"{len(stuck)} passes do not end, such as that of {stuck[0].namespace}/{stuck[0].name}"
        raise UnhealthyError(msg)
    if lag > MAX_LAG_SECONDS:
        msg = f"the watch has not delivered a listed change for {lag:.0f} s"
        raise UnhealthyError(msg)
    return "ok"


def register_probes(registry: kopf.OperatorRegistry, queue: WorkQueue, freshness: Freshness, metrics: Metrics) -> None:
    """Answer the liveness endpoint from check_health."""

    async def probe(**_: Any) -> str:  # noqa: ANN401 - Kopf's protocol
        return check_health(queue, freshness, metrics)

    # One try: otherwise Kopf would hold the request open and try again instead of answering 500.
    kopf.on.probe(id="work", retries=1, errors=kopf.ErrorsMode.PERMANENT, registry=registry)(probe)
