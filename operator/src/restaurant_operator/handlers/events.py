"""Watch events into keys. `on.event` only: such handlers leave no annotation and no finalizer on anything."""

from typing import Any

import kopf

from restaurant_operator.cluster.kinds import CHILD_KINDS
from restaurant_operator.cluster.port import Key
from restaurant_operator.constants import GROUP, PLURAL, STACK_LABEL, VERSION
from restaurant_operator.freshness import Freshness
from restaurant_operator.queueing import WorkQueue


def register_events(registry: kopf.OperatorRegistry, queue: WorkQueue, freshness: Freshness) -> None:
    """Watch the stacks and their labelled children."""

    async def handle_stack(event: kopf.RawEvent, **_: Any) -> None:  # noqa: ANN401 - Kopf's protocol
        metadata = event["object"]["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        freshness.see(key, metadata["resourceVersion"], deleted=event["type"] == "DELETED")
        queue.add(key)

    async def handle_child(event: kopf.RawEvent, **_: Any) -> None:  # noqa: ANN401 - Kopf's protocol
        metadata = event["object"]["metadata"]
        queue.add(Key(metadata["namespace"], metadata["labels"][STACK_LABEL]))

    kopf.on.event(group=GROUP, version=VERSION, plural=PLURAL, registry=registry)(handle_stack)
    for kind in CHILD_KINDS:
        watch = kopf.on.event(
            group=kind.group,
            version=kind.version,
            plural=kind.plural,
            id=f"handle_{kind.plural}",
            labels={STACK_LABEL: kopf.PRESENT},
            registry=registry,
        )
        watch(handle_child)
