"""What was read of a stack's children, as frozen values; parsed by pure functions, asks nothing of the cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from restaurant_operator.constants import RELEASE_LABEL
from restaurant_operator.crd.stack import Manifest

ObjectKey = tuple[str, str]
"""Kind and name."""


class JobPhase(StrEnum):
    """How far a Job has come; Active covers waiting for its pod as well."""

    ACTIVE = "Active"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class JobState:
    """One migrate or warm Job."""

    name: str
    component: str
    release: str
    phase: JobPhase
    is_running: bool
    """A container of it really runs, as opposed to waiting for a node or an image."""
    finished_at: str
    message: str


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """The API's Deployment."""

    release: str
    replicas: int
    is_rolled_out: bool
    is_stuck: bool
    is_settled: bool
    """This release was rolled out before, and no old pod is left: what is missing now was lost, or is new."""
    message: str


@dataclass(frozen=True, slots=True)
class Observed:
    """The stack's own children, and those that carry its label without belonging to it."""

    objects: Mapping[ObjectKey, Manifest]
    foreign: Mapping[ObjectKey, Manifest]

    @classmethod
    def from_children(cls, children: Iterable[Manifest], owner_uid: str) -> Self:
        own: dict[ObjectKey, Manifest] = {}
        foreign: dict[ObjectKey, Manifest] = {}
        for child in children:
            (own if is_owned(child, owner_uid) else foreign)[get_object_key(child)] = child
        return cls(own, foreign)

    def with_objects(self, applied: Iterable[Manifest], deleted: Iterable[Manifest]) -> Self:
        """Give what is known after writing, without reading again."""
        gone = {get_object_key(manifest) for manifest in deleted}
        objects = {key: value for key, value in self.objects.items() if key not in gone}
        objects.update({get_object_key(manifest): manifest for manifest in applied})
        return replace(self, objects=objects)

    @property
    def jobs(self) -> tuple[JobState, ...]:
        return tuple(parse_job(child) for (kind, _), child in sorted(self.objects.items()) if kind == "Job")

    def find_job(self, name: str) -> JobState | None:
        return next((job for job in self.jobs if job.name == name), None)

    def read_deployment(self, name: str) -> DeploymentState | None:
        manifest = self.objects.get(("Deployment", name))
        return None if manifest is None else parse_deployment(manifest)

    def is_stateful_set_ready(self, name: str) -> bool:
        manifest = self.objects.get(("StatefulSet", name))
        return manifest is not None and _is_stateful_set_ready(manifest)

    def compute_age(self, key: ObjectKey, now: datetime) -> float:
        """Give seconds since the object was created; 0 when it does not exist."""
        manifest = self.objects.get(key)
        created = None if manifest is None else manifest["metadata"].get("creationTimestamp")
        return 0.0 if created is None else (now - datetime.fromisoformat(created)).total_seconds()


def get_object_key(manifest: Mapping[str, Any]) -> ObjectKey:
    """Identify an object among the children of one stack."""
    return manifest["kind"], manifest["metadata"]["name"]


def is_owned(manifest: Mapping[str, Any], owner_uid: str) -> bool:
    """Tell whether the stack with this uid is among the owners; a namesake made later has another uid."""
    return any(owner["uid"] == owner_uid for owner in manifest["metadata"].get("ownerReferences", ()))


def is_leaving(manifest: Mapping[str, Any]) -> bool:
    """Tell whether the object is being deleted, or belongs to a stack, such as a namesake's.

    That garbage collection removes.
    """
    metadata = manifest["metadata"]
    owners = metadata.get("ownerReferences", ())
    return "deletionTimestamp" in metadata or any(owner["kind"] == "RestaurantStack" for owner in owners)


def parse_job(manifest: Mapping[str, Any]) -> JobState:
    """Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions."""
    metadata = manifest["metadata"]
    status = manifest.get("status", {})
    conditions = {item["type"]: item for item in status.get("conditions", ()) if item["status"] == "True"}
    last = conditions.get("Complete") or conditions.get("Failed") or {}
    phases = {"Complete": JobPhase.SUCCEEDED, "Failed": JobPhase.FAILED}
    labels = metadata.get("labels", {})
    return JobState(
        name=metadata["name"],
        component=labels.get("app.kubernetes.io/component", ""),
        release=labels.get(RELEASE_LABEL, ""),
        phase=phases.get(last.get("type", ""), JobPhase.ACTIVE),
        is_running=status.get("ready", 0) > 0,
        finished_at=last.get("lastTransitionTime", ""),
        message=last.get("message", ""),
    )


def parse_deployment(manifest: Mapping[str, Any]) -> DeploymentState:
    """Rolled out means: all wanted pods are new and available, and no old one is left.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#complete-deployment
    """
    status = manifest.get("status", {})
    wanted = manifest["spec"].get("replicas", 1)
    is_current = status.get("observedGeneration", 0) >= manifest["metadata"].get("generation", 1)
    counts = [status.get(field, 0) for field in ("replicas", "updatedReplicas", "availableReplicas")]
    conditions = {item["type"]: item for item in status.get("conditions", ())}
    progressing = conditions.get("Progressing", {})
    return DeploymentState(
        release=manifest["spec"]["template"]["metadata"].get("labels", {}).get(RELEASE_LABEL, ""),
        replicas=status.get("replicas", 0),
        is_rolled_out=is_current and counts == [wanted] * 3,
        is_stuck=is_current and progressing.get("reason") == "ProgressDeadlineExceeded",
        is_settled=is_current and counts[0] == counts[1] and progressing.get("reason") == "NewReplicaSetAvailable",
        message=f"{counts[2]} of {wanted} pods are available",
    )


def _is_stateful_set_ready(manifest: Mapping[str, Any]) -> bool:
    status = manifest.get("status", {})
    wanted = manifest["spec"].get("replicas", 1)
    is_current = status.get("observedGeneration", 0) >= manifest["metadata"].get("generation", 1)
    counts = [status.get(field, 0) for field in ("readyReplicas", "updatedReplicas")]
    return bool(is_current and min(counts) >= wanted)
