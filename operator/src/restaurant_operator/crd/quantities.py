"""Kubernetes quantities and Go-style durations as numbers; pure, knows no field names.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from decimal import Decimal

QUANTITY_PATTERN = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"
DURATION_PATTERN = r"^([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?$"

_FACTORS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_SPLIT = re.compile(r"^([0-9]+(?:\.[0-9]+)?)([A-Za-z]{0,2})$")
_UNIT_SECONDS = {"h": 3600, "m": 60, "s": 1}


def is_quantity(text: str) -> bool:
    """Take non-negative amounts only; exponents are left out on purpose."""
    return re.fullmatch(QUANTITY_PATTERN, text) is not None


def parse_quantity(text: str | int) -> Decimal:
    """Give the amount in base units (bytes, cores). Raises ValueError for anything else than a plain quantity."""
    match = _SPLIT.match(str(text))
    if match is None or match[2] not in _FACTORS:
        msg = f"{text!r} is not a quantity such as 500m, 256Mi or 1Gi"
        raise ValueError(msg)
    return Decimal(match[1]) * _FACTORS[match[2]]


def is_duration(text: str) -> bool:
    """Take whole hours, minutes and seconds, in this order."""
    return bool(text) and re.fullmatch(DURATION_PATTERN, text) is not None


def parse_duration(text: str) -> int:
    """Give seconds for text such as `90s`, `5m` or `1h30m`; raises ValueError."""
    if not is_duration(text):
        msg = f"{text!r} is not a duration such as 90s, 5m or 1h30m"
        raise ValueError(msg)
    return sum(int(amount) * _UNIT_SECONDS[unit] for amount, unit in re.findall(r"([0-9]+)([hms])", text))
