"""Starts the process: settings, logs, metrics, the cluster, the queue, and Kopf for the watches; ends it cleanly."""

import asyncio
import functools
import platform
import random
import signal
import sys
from typing import Any, cast

import kopf
import structlog
from prometheus_client import start_http_server

from restaurant_operator import __version__
from restaurant_operator.cluster.kube import KubeCluster
from restaurant_operator.context import Context, read_clock
from restaurant_operator.errors import ClusterError, SettingsError
from restaurant_operator.freshness import Freshness
from restaurant_operator.handlers.configuration import build_kopf_settings
from restaurant_operator.handlers.events import register_events
from restaurant_operator.handlers.login import register_login
from restaurant_operator.handlers.probes import register_probes
from restaurant_operator.logs import configure_logs
from restaurant_operator.metrics import Metrics
from restaurant_operator.queueing import WorkQueue
from restaurant_operator.reconcile import reconcile
from restaurant_operator.resync import run_resync
from restaurant_operator.settings import Settings, read_settings

log = structlog.get_logger()

USAGE_EXIT = 2
KIND_POLL_SECONDS = 2.0


def main() -> None:
    """Exit 2, with one line, when the settings are wrong."""
    try:
        settings = read_settings()
    except SettingsError as error:
        sys.stderr.write(f"restaurant-operator: {error}\n")
        sys.exit(USAGE_EXIT)
    configure_logs(settings.log_format, settings.log_level)
    asyncio.run(run(settings))


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Whatever part ends by itself takes the others, and the process, with it."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    metrics = Metrics()
    start_http_server(settings.metrics_port, registry=metrics.registry)
    cluster = await KubeCluster.connect(settings.watch_namespace, metrics)
    log.info("operator started", version=__version__, namespace=settings.watch_namespace or "all")
    try:
        if await _wait_for_kind(cluster, stop):
            await _serve(settings, cluster, metrics)
    finally:
        await cluster.close()
    log.info("operator stopped")


async def _wait_for_kind(cluster: KubeCluster, stop: asyncio.Event) -> bool:
    """Tell whether to go on; without our kind there is nothing to watch, and Kopf would not notice when it comes."""
    while not stop.is_set():
        try:
            if await cluster.is_served():
                return True
            log.warning("kind not found: install the CustomResourceDefinition")
        except ClusterError as error:
            log.warning("API server does not serve the kind", error=str(error))
        try:
            await asyncio.wait_for(stop.wait(), KIND_POLL_SECONDS)
        except TimeoutError:
            continue
    return False


async def _serve(settings: Settings, cluster: KubeCluster, metrics: Metrics) -> None:
    chance = random.SystemRandom().random
    context = Context(cluster, settings.build_platform(), read_clock)
    work = functools.partial(reconcile, context=context)
    queue = WorkQueue(work, workers=settings.workers, chance=chance, metrics=metrics)
    freshness = Freshness()
    resync = run_resync(cluster, queue, freshness, seconds=settings.resync_seconds, chance=chance)
    async with asyncio.TaskGroup() as group:
        # These tasks exist before Kopf starts: it ends every task that was made after it.
        tasks = [group.create_task(queue.run()), group.create_task(resync)]
        await asyncio.sleep(0)
        try:
            await _watch(settings, queue, freshness, metrics)
        finally:
            for task in tasks:
                task.cancel()


async def _watch(settings: Settings, queue: WorkQueue, freshness: Freshness, metrics: Metrics) -> None:
    """Run Kopf until a signal, whose handlers it takes over. A stop flag would cost five seconds at the end."""
    registry = kopf.OperatorRegistry()
    register_login(registry)
    register_events(registry, queue, freshness)
    register_probes(registry, queue, freshness, metrics)
    namespace = settings.watch_namespace
    await kopf.operator(
        registry=registry,
        settings=build_kopf_settings(random.SystemRandom().random),
        standalone=True,
        # Else Kopf asks for the user's name, which a container's bare user id has none of. Its type is not public.
        identity=cast("Any", platform.node()),
        clusterwide=namespace is None,
        namespaces=[] if namespace is None else [namespace],
        liveness_endpoint=f"http://0.0.0.0:{settings.health_port}/healthz",
    )


if __name__ == "__main__":
    main()
