"""The slow loop under the events.

Lists all stacks, asks for a pass over each, and checks the watch by what it listed.
"""

import asyncio
from collections.abc import Callable

import structlog

from restaurant_operator.cluster.port import Cluster, Key
from restaurant_operator.errors import ClusterError
from restaurant_operator.freshness import Freshness
from restaurant_operator.queueing import WorkQueue

log = structlog.get_logger()

SPREAD = 0.2
"""Share of the interval over which the passes of one resync are spread."""


async def run_resync(
    cluster: Cluster, queue: WorkQueue, freshness: Freshness, *, seconds: float, chance: Callable[[], float]
) -> None:
    """Run until cancelled; an API server that does not answer is tried again at the next turn."""
    while True:
        await asyncio.sleep(seconds * (1 + SPREAD * chance()))
        freshness.start_listing()
        try:
            stacks = await cluster.list_stacks()
        except ClusterError as error:
            log.warning("resync failed", error=str(error))
            continue
        keys = set()
        for body in stacks:
            metadata = body["metadata"]
            key = Key(metadata["namespace"], metadata["name"])
            keys.add(key)
            freshness.expect(key, metadata["resourceVersion"], asyncio.get_running_loop().time())
            queue.add(key, delay=seconds * SPREAD * chance())
        freshness.retain(keys)
