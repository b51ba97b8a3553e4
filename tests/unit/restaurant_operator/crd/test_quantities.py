from decimal import Decimal

import pytest

from restaurant_operator.crd.quantities import is_duration, is_quantity, parse_duration, parse_quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", 1),
        ("500m", Decimal("0.5")),
        ("1.5Gi", 1.5 * 2**30),
        ("1Gi", 2**30),
        ("1024Mi", 2**30),
        ("2k", 2000),
        (3, 3),
    ],
)
def test_quantity(text: str | int, amount: float) -> None:
    assert parse_quantity(text) == amount


@pytest.mark.parametrize("text", ["", "Gi", "-1", "1 Gi", "1e3", "1gi", "1Gi\n", "1Zi"])
def test_wrong_quantity(text: str) -> None:
    assert not is_quantity(text)
    if not text.endswith("\n"):
        with pytest.raises(ValueError, match="is not a quantity such as"):
            parse_quantity(text)


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("1h30m", 5400), ("1h1m1s", 3661)])
def test_duration(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "60", "1.5s", "5ms", "1s1m", "-1s"])
def test_wrong_duration(text: str) -> None:
    assert not is_duration(text)
    with pytest.raises(ValueError, match="is not a duration such as"):
        parse_duration(text)
