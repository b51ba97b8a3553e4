"""Owns the names, labels, help texts and buckets of every metric: a contract with dashboards and alerts.

Uses a registry of its own, so that two apps in one process (tests) never mix. Must not know requests or databases.
"""

from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)

# The `_created` series would double the scrape and no rule reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class HttpMetrics:
    """What the middleware counts."""

    requests: Counter
    duration: Histogram
    in_flight: Gauge


@dataclass(frozen=True, slots=True)
class CacheMetrics:
    """What the cache and its warming count."""

    requests: Counter
    circuit_open: Gauge
    entries: Gauge
    bytes: Gauge
    invalidations: Counter
    warm_keys: Gauge
    warm_duration: Gauge
    warm_failures: Counter
    warm_last_success: Gauge


@dataclass(frozen=True, slots=True)
class Metrics:
    """All metrics of one process."""

    registry: CollectorRegistry = field(repr=False)
    http: HttpMetrics
    cache: CacheMetrics
    orders: Counter

    def render(self) -> bytes:
        return generate_latest(self.registry)


def build_metrics(*, version: str, release: str) -> Metrics:
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    build = Info("restaurant_build", "Version of the package and release it was rolled out as", registry=registry)
    build.info({"version": version, "release": release})
    return Metrics(
        registry=registry,
        http=_build_http_metrics(registry),
        cache=_build_cache_metrics(registry),
        orders=Counter(
            "restaurant_orders_total", "Orders that entered a status", ["location", "status"], registry=registry
        ),
    )


def _build_http_metrics(registry: CollectorRegistry) -> HttpMetrics:
    return HttpMetrics(
        requests=Counter(
            "restaurant_http_requests_total",
            "Finished HTTP requests; error_code is empty below status 400",
            ["method", "route", "status", "error_code"],
            registry=registry,
        ),
        duration=Histogram(
            "restaurant_http_request_duration_seconds",
            "Seconds from the request's head to the response's end",
            ["method", "route"],
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        ),
        in_flight=Gauge("restaurant_http_requests_in_flight", "HTTP requests being worked on", registry=registry),
    )


def _build_cache_metrics(registry: CollectorRegistry) -> CacheMetrics:
    def gauge(name: str, text: str) -> Gauge:
        return Gauge(f"restaurant_cache_{name}", text, registry=registry)

    def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"restaurant_cache_{name}_total", text, labels, registry=registry)

    return CacheMetrics(
        requests=counter(
            "requests",
            "Cache reads by level (local, shared) and result (hit, miss, error)",
            ("level", "resource", "result"),
        ),
        circuit_open=gauge("circuit_open", "1 while Redis is left alone after failures, else 0"),
        entries=gauge("entries", "Entries in the process's own cache"),
        bytes=gauge("bytes", "Bytes of the bodies in the process's own cache"),
        invalidations=counter("invalidations", "Resources invalidated by this process", ("resource",)),
        warm_keys=gauge("warm_keys", "Keys that the last warm-up wrote and read back"),
        warm_duration=gauge("warm_duration_seconds", "Seconds that the last warm-up took"),
        warm_failures=counter("warm_failures", "Keys that warm-ups could not write and read back"),
        warm_last_success=gauge(
            "warm_last_success_timestamp_seconds", "Unix time in seconds of the last warm-up without failures"
        ),
    )
