"""One RestaurantStack as a frozen value; the border between a raw body and everything inside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError

from restaurant_operator.constants import API_VERSION, KIND
from restaurant_operator.crd.spec import Spec
from restaurant_operator.crd.status import Status

Manifest = dict[str, Any]
"""A Kubernetes object as the API server takes and gives it."""


class InvalidStackError(Exception):
    """The spec can't be acted on; the message names the field and what to write instead."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which stack, and which generation of it; known even when its spec is invalid."""

    name: str
    namespace: str
    uid: str
    generation: int

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        meta = body["metadata"]
        return cls(meta["name"], meta["namespace"], meta["uid"], int(meta.get("generation", 1)))

    def build_reference(self) -> Manifest:
        """Give what an Event or an Apply needs to name the stack."""
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": self.name,
            "namespace": self.namespace,
            "uid": self.uid,
        }


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack with a valid, fully defaulted spec."""

    identity: Identity
    spec: Spec

    @property
    def name(self) -> str:
        return self.identity.name

    @property
    def namespace(self) -> str:
        return self.identity.namespace

    @property
    def version(self) -> str:
        """Give the release as a label value; the image's tag when only an image is named."""
        if self.spec.version:
            return self.spec.version
        tag = (self.spec.image or "").partition("@")[0].rpartition("/")[2].partition(":")[2]
        return tag[:63].strip("._-") or "unknown"

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Raise InvalidStackError when the spec can't be acted on."""
        try:
            spec = Spec.model_validate(body.get("spec") or {})
        except ValidationError as error:
            raise InvalidStackError(_describe(error)) from error
        return cls(Identity.from_body(body), spec)


def read_status(body: Mapping[str, Any]) -> Status:
    """Give the status as it was last written; an empty one when it is absent or was written by somebody else."""
    try:
        return Status.model_validate(body.get("status") or {})
    except ValidationError:
        return Status()


def _describe(error: ValidationError) -> str:
    parts = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        path = ".".join(["spec", *(str(part) for part in problem["loc"])])
        parts.append(f"{path}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)
