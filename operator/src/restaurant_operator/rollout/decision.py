"""migrate -> warm -> roll -> complete, decided anew on each pass; running pods are never touched by a failed step."""

from dataclasses import dataclass
from datetime import datetime

from restaurant_operator.cluster.observed import JobPhase, JobState, ObjectKey, Observed, get_object_key
from restaurant_operator.crd.quantities import parse_duration
from restaurant_operator.crd.spec import OnFailure
from restaurant_operator.crd.stack import Manifest, Stack
from restaurant_operator.crd.status import Progress, Reason, Step
from restaurant_operator.desired.index import Desired
from restaurant_operator.desired.labels import Component, build_name


@dataclass(frozen=True, slots=True)
class Decision:
    """How far the rollout is, what to apply now, in this order, and which objects have had their time."""

    progress: Progress
    manifests: tuple[Manifest, ...]
    obsolete: tuple[ObjectKey, ...]


def decide(stack: Stack, desired: Desired, observed: Observed, now: datetime) -> Decision:
    """Look at what is there, never at what an earlier pass intended."""
    progress, job = _decide_step(stack, desired, observed, now)
    may_roll = progress.step in {Step.ROLLING, Step.COMPLETE}
    parts = [*desired.base]
    live = observed.objects.get(("Deployment", desired.deployment["metadata"]["name"]))
    if may_roll:
        parts += [desired.config_map, desired.deployment]
    elif live is not None:
        parts.append(hold_deployment(desired.deployment, live))
    if job is not None:
        parts.append(job)
    nothing_depends = live is None or progress.step is Step.COMPLETE
    obsolete = _select_old_jobs(desired, observed, is_complete=progress.step is Step.COMPLETE)
    if nothing_depends:
        obsolete += _select_undeclared(desired, observed)
    return Decision(progress, tuple(parts), obsolete)


def hold_deployment(deployment: Manifest, live: Manifest) -> Manifest:
    """Give the Deployment with everything but its pods as declared: scaling works while a rollout waits or failed.

    It keeps the live hash as well: holding by itself is no difference.
    """
    metadata = deployment["metadata"]
    annotations = {**metadata.get("annotations", {}), **live["metadata"].get("annotations", {})}
    spec = {**deployment["spec"], "template": live["spec"]["template"]}
    return {**deployment, "metadata": {**metadata, "annotations": annotations}, "spec": spec}


def _decide_step(stack: Stack, desired: Desired, observed: Observed, now: datetime) -> tuple[Progress, Manifest | None]:
    """Give the step and the Job that it needs; a Job that exists is never applied again, for it can't change."""
    deployment = observed.read_deployment(desired.deployment["metadata"]["name"])
    if deployment is not None and deployment.release == desired.fingerprint:
        if deployment.is_rolled_out:
            return Progress(Step.COMPLETE, Reason.READY, "All pods run the declared release"), None
        if deployment.is_stuck:
            message = f"{deployment.message}, and no progress for ten minutes: look at the pods' events and logs"
            return Progress(Step.ROLLING, Reason.ROLLOUT_STUCK, message, failed=True), None
        if deployment.is_settled:
            message = f"{deployment.message}: if this lasts, look at the pods' events and logs"
            return Progress(Step.ROLLING, Reason.PODS_UNAVAILABLE, message), None
        return Progress(Step.ROLLING, Reason.ROLLING, deployment.message), None
    return (
        _decide_migration(desired, observed)
        or _decide_warm(stack, desired, observed, now)
        or (Progress(Step.ROLLING, Reason.ROLLING, "New pods are being started"), None)
    )


def _decide_migration(desired: Desired, observed: Observed) -> tuple[Progress, Manifest | None] | None:
    name = desired.migration_job["metadata"]["name"]
    job = observed.find_job(name)
    if job is None:
        other = next((other for other in observed.jobs if _is_running_migration(other)), None)
        if other is not None:
            message = f"Job {other.name} of an earlier rollout still runs; one migration at a time"
            return Progress(Step.MIGRATING, Reason.MIGRATING, message), None
        return Progress(Step.MIGRATING, Reason.MIGRATING, f"Job {name} is being started"), desired.migration_job
    if job.phase is JobPhase.SUCCEEDED:
        return None
    if job.phase is JobPhase.FAILED:
        return Progress(Step.MIGRATING, Reason.MIGRATION_FAILED, _describe_failure(job), failed=True), None
    return Progress(Step.MIGRATING, Reason.MIGRATING, f"Job {name} brings the database's schema up to date"), None


def _decide_warm(
    stack: Stack, desired: Desired, observed: Observed, now: datetime
) -> tuple[Progress, Manifest | None] | None:
    if desired.warm_job is None:
        return None
    name = desired.warm_job["metadata"]["name"]
    job = observed.find_job(name)
    if job is None:
        if _must_wait_for_redis(stack, observed, now):
            return Progress(Step.WARMING, Reason.WAITING_FOR_REDIS, "Redis is not ready yet"), None
        return Progress(Step.WARMING, Reason.WARMING, f"Job {name} is being started"), desired.warm_job
    if job.phase is JobPhase.ACTIVE:
        return Progress(Step.WARMING, Reason.WARMING, f"Job {name} fills the cache of the new release"), None
    if job.phase is JobPhase.FAILED and stack.spec.warming.on_failure == OnFailure.BLOCK:
        return Progress(Step.WARMING, Reason.WARM_FAILED, _describe_failure(job), failed=True), None
    return None


def _must_wait_for_redis(stack: Stack, observed: Observed, now: datetime) -> bool:
    """With onFailure: Continue a Redis that does not come up holds the rollout no longer than a warm may take."""
    name = build_name(stack, "redis")
    if stack.spec.redis.managed is None or observed.is_stateful_set_ready(name):
        return False
    patience = parse_duration(stack.spec.warming.timeout)
    is_patient = observed.compute_age(("StatefulSet", name), now) < patience
    return stack.spec.warming.on_failure == OnFailure.BLOCK or is_patient


def _is_running_migration(job: JobState) -> bool:
    return job.component == Component.MIGRATE and job.phase is JobPhase.ACTIVE and job.is_running


def _describe_failure(job: JobState) -> str:
    return (
        f"Job {job.name} failed: {job.message or 'no reason given'}. Running pods were left alone. "
        f"See kubectl logs job/{job.name}; then correct the spec, or delete the Job to try again"
    )


def _select_old_jobs(desired: Desired, observed: Observed, *, is_complete: bool) -> tuple[ObjectKey, ...]:
    """A migration that runs is never cut off.

    Finished Jobs of other rollouts are kept, to be read, until one completes.
    """
    old = (job for job in observed.jobs if job.release != desired.fingerprint and not _is_running_migration(job))
    return tuple(("Job", job.name) for job in old if is_complete or job.phase is JobPhase.ACTIVE)


def _select_undeclared(desired: Desired, observed: Observed) -> tuple[ObjectKey, ...]:
    """What the spec no longer asks for; it may go only when no running pod of an earlier rollout still uses it."""
    declared = {get_object_key(manifest) for manifest in desired.objects}
    return tuple(key for key in sorted(observed.objects) if key not in declared and key[0] != "Job")
