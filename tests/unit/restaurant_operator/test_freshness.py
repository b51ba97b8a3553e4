from restaurant_operator.cluster.port import Key
from restaurant_operator.freshness import Freshness

A = Key("n", "a")


def test_listed_change_that_the_watch_lacks_grows_old() -> None:
    freshness = Freshness()
    freshness.see(A, "1")
    freshness.start_listing()
    freshness.expect(A, "2", now=100)
    freshness.start_listing()
    freshness.expect(A, "3", now=150)
    assert freshness.compute_lag(170) == 70


def test_any_event_for_it_proves_that_the_stream_lives() -> None:
    freshness = Freshness()
    freshness.expect(A, "2", now=100)
    freshness.see(A, "5")
    assert freshness.compute_lag(170) == 0


def test_what_the_watch_has_is_not_missing() -> None:
    freshness = Freshness()
    freshness.see(A, "2")
    freshness.expect(A, "2", now=100)
    assert freshness.compute_lag(170) == 0


def test_deleted_stack_is_forgotten() -> None:
    freshness = Freshness()
    freshness.expect(A, "2", now=100)
    freshness.see(A, "3", deleted=True)
    assert freshness.compute_lag(170) == 0
    freshness.expect(A, "2", now=100)
    freshness.retain(set())
    assert freshness.compute_lag(170) == 0


def test_watch_that_was_faster_than_the_listing_misses_nothing() -> None:
    freshness = Freshness()
    freshness.see(A, "1")
    freshness.start_listing()
    freshness.see(A, "2")
    freshness.expect(A, "1", now=100)
    assert freshness.compute_lag(170) == 0
    freshness.start_listing()
    freshness.see(A, "3", deleted=True)
    freshness.expect(A, "2", now=200)
    assert freshness.compute_lag(270) == 0


def test_what_was_touched_before_the_listing_is_expected() -> None:
    freshness = Freshness()
    freshness.see(A, "1")
    freshness.start_listing()
    freshness.expect(A, "2", now=100)
    assert freshness.compute_lag(170) == 70


def test_later_listing_that_agrees_clears_what_was_missing() -> None:
    freshness = Freshness()
    freshness.see(A, "2")
    freshness.start_listing()
    freshness.expect(A, "1", now=100)
    freshness.expect(A, "2", now=150)
    assert freshness.compute_lag(170) == 0
