"""Whether an object in the cluster still is what we declare; pure comparison, in the API server's terms.

What the API server adds (defaults) and what others add (labels, list entries with their own keys) is no difference.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from restaurant_operator.constants import APPLIED_ANNOTATION
from restaurant_operator.crd.quantities import parse_quantity
from restaurant_operator.crd.stack import Manifest

_LIST_KEYS = {
    "containers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ownerReferences": ("uid",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
"""Lists that the API server merges by key; every other list is compared as a whole.

Source: x-kubernetes-list-map-keys of the published OpenAPI. `ports` differs between containers and Services.
"""

_QUANTITY_PARENTS = {"requests", "limits"}
_QUANTITY_FIELDS = {"sizeLimit"}


def stamp(manifest: Manifest) -> Manifest:
    """Give the manifest with the hash of itself, unless it carries one already."""
    annotations = manifest["metadata"].get("annotations", {})
    if APPLIED_ANNOTATION in annotations:
        return manifest
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    metadata = {**manifest["metadata"], "annotations": {**annotations, APPLIED_ANNOTATION: digest}}
    return {**manifest, "metadata": metadata}


def find_difference(desired: Any, live: Any, path: str = "") -> str | None:  # noqa: ANN401 - any part of an object
    """Give the path of the first declared field that the live object lacks or has otherwise.

    None when there is none.
    """
    if isinstance(desired, Mapping):
        return _find_in_mapping(desired, live, path)
    if isinstance(desired, Sequence) and not isinstance(desired, str):
        return _find_in_list(desired, live, path)
    if desired == live or (not desired and live is None and not isinstance(desired, int)):
        return None
    return None if _is_same_quantity(desired, live, path) else path


def _find_in_mapping(desired: Mapping[str, Any], live: Any, path: str) -> str | None:  # noqa: ANN401 - as above
    if not desired and live is None:
        return None
    if not isinstance(live, Mapping):
        return path
    found = (find_difference(value, live.get(key), f"{path}.{key}") for key, value in desired.items())
    return next((difference for difference in found if difference is not None), None)


def _find_in_list(desired: Sequence[Any], live: Any, path: str) -> str | None:  # noqa: ANN401 - as above
    if not desired and live is None:
        return None
    if not isinstance(live, Sequence):
        return path
    keys = _select_keys(desired, path)
    if not keys and len(desired) != len(live):
        return path
    for index, item in enumerate(desired):
        other = _find_by_keys(item, live, keys) if keys else live[index]
        difference = find_difference(item, other, f"{path}[{index}]")
        if difference is not None:
            return difference
    return None


def _select_keys(desired: Sequence[Any], path: str) -> tuple[str, ...]:
    field = path.rpartition(".")[2]
    if field == "ports" and desired:
        return ("containerPort", "protocol") if "containerPort" in desired[0] else ("port", "protocol")
    return _LIST_KEYS.get(field, ())


def _find_by_keys(item: Mapping[str, Any], live: Sequence[Any], keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - as above
    return next((other for other in live if all(other.get(key) == item.get(key) for key in keys)), None)


def _is_same_quantity(desired: Any, live: Any, path: str) -> bool:  # noqa: ANN401 - as above
    parts = path.split(".")
    if parts[-1] not in _QUANTITY_FIELDS and (len(parts) < 2 or parts[-2] not in _QUANTITY_PARENTS):  # noqa: PLR2004 - a field and its parent
        return False
    try:
        return parse_quantity(desired) == parse_quantity(live)
    except ValueError:
        return False
