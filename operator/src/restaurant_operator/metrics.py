"""Every metric of the operator, in one registry of its own; names are a contract with alerts and dashboards."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX = "restaurantstack_operator"


class Metrics:
    """Created once per process; a fresh one per test."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.passes = Histogram(
            f"{PREFIX}_reconcile_duration_seconds",
            "Duration of one pass over one stack, by result (ok or error).",
            ["result"],
            registry=self.registry,
        )
        self.queue = Gauge(f"{PREFIX}_queue_depth", "Stacks that wait for a worker.", registry=self.registry)
        self.requests = Counter(
            f"{PREFIX}_api_requests_total",
            "Requests to the API server other than watches, by verb, kind and status (0: no answer).",
            ["verb", "kind", "status"],
            registry=self.registry,
        )
        self.watch_lag = Gauge(
            f"{PREFIX}_watch_lag_seconds",
            "How long the oldest change that was listed has been missing from the watch.",
            registry=self.registry,
        )
