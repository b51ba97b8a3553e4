"""One pass over one stack, the whole story on one screen; the same for creation, change, restart and timer.

Owns the order of the steps and nothing else: what is wanted, what to do next and what to say are pure functions.
"""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

import structlog

from restaurant_operator import diffing, status
from restaurant_operator.cluster.observed import Observed, get_object_key, is_leaving, is_owned
from restaurant_operator.cluster.port import Key
from restaurant_operator.context import Context
from restaurant_operator.crd.stack import Identity, InvalidStackError, Manifest, Stack, read_status
from restaurant_operator.crd.status import Phase, Reason, Status, WarmStatus
from restaurant_operator.desired import index
from restaurant_operator.desired.labels import build_name
from restaurant_operator.errors import ClusterError, ForeignObjectError, RefusedError
from restaurant_operator.publishing import publish
from restaurant_operator.rollout.decision import decide
from restaurant_operator.warming.report import compute_warm_status, needs_report

log = structlog.get_logger()

_VOLUME_REFUSALS = {HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}
"""The first is how admission refuses growth: PersistentVolumeClaimResize asks the storage class."""

PROGRESS_SECONDS = 30.0
"""Changes wake us; this is for what only time changes, such as patience with a Redis that does not come up."""

STALLED_SECONDS = 120.0
"""Somebody has to do something first, possibly somewhere that we don't watch."""

_PAUSES: dict[Phase | None, float | None] = {Phase.READY: None, Phase.INVALID: None, Phase.FAILED: STALLED_SECONDS}

QUIET_ATTEMPTS = 2
"""Outside trouble shorter than this many retries is not worth a change of status."""


async def reconcile(key: Key, attempt: int, context: Context) -> float | None:
    """Give the seconds after which to look again; None when only a change is worth it. Raises what a retry may cure."""
    body = await context.cluster.read_stack(key)
    if body is None or "deletionTimestamp" in body["metadata"]:
        return None
    identity, previous, now = Identity.from_body(body), read_status(body), context.now()
    if previous.observed_generation == 0:
        await publish(context, identity, previous, status.compute_first(identity, now))
        return 0.0
    try:
        current = await _converge(Stack.from_body(body), previous, now, context)
    except InvalidStackError as error:
        current = status.compute_invalid(identity, str(error), previous, now)
    except (ClusterError, ForeignObjectError) as error:
        trouble = _explain(error)
        if trouble.stalled or attempt >= QUIET_ATTEMPTS:
            await publish(context, identity, previous, status.compute_trouble(identity, trouble, previous, now))
        if not trouble.stalled:
            raise
        return STALLED_SECONDS
    await publish(context, identity, previous, current)
    return _PAUSES.get(current.phase, PROGRESS_SECONDS)


async def _converge(stack: Stack, previous: Status, now: datetime, context: Context) -> Status:
    desired = index.build(stack, context.platform)
    children = await context.cluster.list_children(Key(stack.namespace, stack.name))
    observed = Observed.from_children(children, stack.identity.uid)
    decision = decide(stack, desired, observed, now)
    applied, refusals = await _apply(stack, decision.manifests, observed, context)
    deleted = await _prune([observed.objects[key] for key in decision.obsolete], context)
    observed = observed.with_objects(applied, deleted)
    warm_job = desired.warm_job and observed.find_job(desired.warm_job["metadata"]["name"])
    facts = status.Facts(
        # Decided again on what was just written: a Deployment that was changed a moment ago is not rolled out.
        progress=decide(stack, desired, observed, now).progress,
        deployment=observed.read_deployment(desired.deployment["metadata"]["name"]),
        redis_ready=stack.spec.redis.managed is None or observed.is_stateful_set_ready(build_name(stack, "redis")),
        warm=await _read_warm(stack, desired, observed, previous, context),
        warm_phase=warm_job.phase if warm_job else None,
        trouble=refusals[0] if refusals else None,
    )
    return status.compute(stack, facts, previous, now)


async def _apply(
    stack: Stack, manifests: Iterable[Manifest], observed: Observed, context: Context
) -> tuple[list[Manifest], list[status.Trouble]]:
    """Write only what differs, in the given order; give what the API server answered, and which volumes can't change.

    A volume that can't change serves as it is: it holds up nothing that comes after it.
    """
    applied: list[Manifest] = []
    refusals: list[status.Trouble] = []
    for manifest in map(diffing.stamp, manifests):
        key = get_object_key(manifest)
        live = observed.objects.get(key)
        if live is None:
            await _refuse_foreign(stack, manifest, observed, context)
        elif "deletionTimestamp" in live["metadata"]:
            continue
        difference = "the object" if live is None else diffing.find_difference(manifest, live)
        if difference is None:
            continue
        try:
            applied.append(await context.cluster.apply(manifest))
        except ClusterError as error:
            if live is None or key[0] != "PersistentVolumeClaim" or error.status not in _VOLUME_REFUSALS:
                raise
            refusals.append(_explain_volume(key[1], error))
        else:
            log.info("object applied", kind=key[0], name=key[1], namespace=stack.namespace, difference=difference)
    return applied, refusals


async def _refuse_foreign(stack: Stack, manifest: Manifest, observed: Observed, context: Context) -> None:
    """Forced apply would take over an object that a user made under a name that we need."""
    kind, name = get_object_key(manifest)
    live = observed.foreign.get((kind, name)) or await context.cluster.read_child(kind, stack.namespace, name)
    if live is not None and not is_owned(live, stack.identity.uid):
        message = f"{kind} {name} exists and does not belong to this stack: rename or delete it, or rename the stack"
        raise ForeignObjectError(message, leaving=is_leaving(live))


async def _prune(objects: Iterable[Manifest], context: Context) -> list[Manifest]:
    doomed = [manifest for manifest in objects if "deletionTimestamp" not in manifest["metadata"]]
    for manifest in doomed:
        await context.cluster.delete(manifest)
        kind, name = get_object_key(manifest)
        log.info("object deleted", kind=kind, name=name, namespace=manifest["metadata"]["namespace"])
    return doomed


async def _read_warm(
    stack: Stack, desired: index.Desired, observed: Observed, previous: Status, context: Context
) -> WarmStatus | None:
    """Pods are read only once per ended Job: the figures are kept in the status."""
    if desired.warm_job is None:
        return None
    job = observed.find_job(desired.warm_job["metadata"]["name"])
    if job is None or not needs_report(job, previous.warm):
        return previous.warm
    pods = await context.cluster.list_pods(stack.namespace, {"batch.kubernetes.io/job-name": job.name})
    return compute_warm_status(job, pods)


def _explain_volume(name: str, error: ClusterError) -> status.Trouble:
    message = (
        f"PersistentVolumeClaim {name} keeps its size, and everything else goes on: {error}. "
        "Set allowVolumeExpansion: true on its storage class; a claim that is not bound yet must be bound first"
    )
    return status.Trouble(Reason.REFUSED, message, stalled=True)


def _explain(error: ClusterError | ForeignObjectError) -> status.Trouble:
    match error:
        case ForeignObjectError(leaving=True):
            return status.Trouble(Reason.WAITING_FOR_REMOVAL, str(error), stalled=False)
        case ForeignObjectError():
            return status.Trouble(Reason.NAME_CONFLICT, str(error), stalled=True)
        case RefusedError():
            return status.Trouble(Reason.REFUSED, str(error), stalled=True)
        case ClusterError():
            return status.Trouble(Reason.CLUSTER_TROUBLE, str(error), stalled=False)
