"""Names, labels and types of the metrics: dashboards and alerts are written against them."""

from restaurant_api.metrics import build_metrics

CONTRACT = {
    "restaurant_build_info": {"version", "release"},
    "restaurant_cache_bytes": set(),
    "restaurant_cache_circuit_open": set(),
    "restaurant_cache_entries": set(),
    "restaurant_cache_invalidations_total": {"resource"},
    "restaurant_cache_requests_total": {"level", "resource", "result"},
    "restaurant_cache_warm_duration_seconds": set(),
    "restaurant_cache_warm_failures_total": set(),
    "restaurant_cache_warm_keys": set(),
    "restaurant_cache_warm_last_success_timestamp_seconds": set(),
    "restaurant_http_request_duration_seconds_bucket": {"method", "route", "le"},
    "restaurant_http_request_duration_seconds_count": {"method", "route"},
    "restaurant_http_request_duration_seconds_sum": {"method", "route"},
    "restaurant_http_requests_in_flight": set(),
    "restaurant_http_requests_total": {"method", "route", "status", "error_code"},
    "restaurant_orders_total": {"location", "status"},
}


def test_names_and_labels() -> None:
    metrics = build_metrics(version="1.2.3", release="abc")
    metrics.http.requests.labels("GET", "/livez", "200", "").inc()
    metrics.http.duration.labels("GET", "/livez").observe(0.01)
    metrics.cache.requests.labels("local", "menu", "hit").inc()
    metrics.cache.invalidations.labels("menu").inc()
    metrics.orders.labels("main", "placed").inc()
    samples = [sample for family in metrics.registry.collect() for sample in family.samples]
    found = {sample.name: set(sample.labels) for sample in samples if sample.name.startswith("restaurant_")}
    assert found == CONTRACT


def test_every_metric_has_a_help_text_that_says_units() -> None:
    for family in build_metrics(version="1", release="r").registry.collect():
        assert family.documentation, family.name
        if family.name.startswith("restaurant_") and family.name.endswith("_seconds"):
            assert "econds" in family.documentation, family.name


def test_build_info_and_slo_buckets() -> None:
    text = build_metrics(version="1.2.3", release="abc").render().decode()
    assert 'restaurant_build_info{release="abc",version="1.2.3"} 1.0' in text
    assert "_created" not in text
    metrics = build_metrics(version="1", release="r")
    metrics.http.duration.labels("GET", "/").observe(1)
    for bucket in ("0.15", "0.2", "1.0"):
        assert f'le="{bucket}"' in metrics.render().decode()


def test_process_metrics_are_there() -> None:
    text = build_metrics(version="1", release="r").render().decode()
    for name in ("process_resident_memory_bytes", "process_open_fds", "python_gc_collections_total", "python_info"):
        assert name in text
