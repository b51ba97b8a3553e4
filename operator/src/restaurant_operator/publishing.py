"""Tells the outside what a pass found.

One status write when it differs, then one Event per transition. Decides nothing.
"""

from datetime import UTC

import structlog

from restaurant_operator import status
from restaurant_operator.constants import API_VERSION, FIELD_MANAGER, KIND
from restaurant_operator.context import Context
from restaurant_operator.crd.stack import Identity, Manifest
from restaurant_operator.crd.status import Condition, Reason, Status
from restaurant_operator.errors import ClusterError

log = structlog.get_logger()

MAX_EVENT_MESSAGE = 1024

_WARNINGS = {
    Reason.INVALID_SPEC,
    Reason.NAME_CONFLICT,
    Reason.REFUSED,
    Reason.CLUSTER_TROUBLE,
    Reason.MIGRATION_FAILED,
    Reason.WARM_FAILED,
    Reason.ROLLOUT_STUCK,
    Reason.PODS_UNAVAILABLE,
    Reason.REDIS_NOT_READY,
}


async def publish(context: Context, identity: Identity, previous: Status, current: Status) -> None:
    """Write nothing when nothing differs."""
    if current == previous:
        return
    await context.cluster.write_status(build_status_manifest(identity, current))
    log.info("status written", stack_name=identity.name, namespace=identity.namespace, phase=current.phase)
    condition = status.find_transition(previous, current)
    if condition is None:
        return
    try:
        await context.cluster.create_event(_build_event(identity, condition, context))
    except ClusterError as error:
        # An Event is a courtesy; the condition says the same and is there to stay.
        log.warning("event not written", stack_name=identity.name, namespace=identity.namespace, error=str(error))


def build_status_manifest(identity: Identity, current: Status) -> Manifest:
    """The uid keeps the status of a deleted stack away from a new one of the same name."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": identity.name, "namespace": identity.namespace, "uid": identity.uid},
        "status": current.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def _build_event(identity: Identity, condition: Condition, context: Context) -> Manifest:
    moment = context.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{identity.name}.", "namespace": identity.namespace},
        "involvedObject": identity.build_reference(),
        "type": "Warning" if condition.reason in _WARNINGS else "Normal",
        "reason": condition.reason,
        "message": condition.message[:MAX_EVENT_MESSAGE],
        "source": {"component": FIELD_MANAGER},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
