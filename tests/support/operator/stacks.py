"""Ready-made stacks for tests of pure code."""

from typing import Any

from restaurant_operator.crd.stack import Stack

UID = "7a1b8c1e-0000-4000-8000-000000000001"


def build_body(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    metadata = {"name": "trattoria", "namespace": "dining", "uid": UID, "generation": 1}
    return {"metadata": metadata, "spec": {"version": "0.1.0"} | spec}


def build_stack(**spec: Any) -> Stack:  # noqa: ANN401 - any JSON value
    return Stack.from_body(build_body(**spec))
