"""Kopf's settings, each with its reason; must not hold anything that is ours."""

from collections.abc import Callable, Iterator

import kopf

from restaurant_operator.cluster.kinds import CHILD_KINDS
from restaurant_operator.constants import GROUP, STACK_LABEL

MAX_BACKOFF = 30.0


class EndlessBackoffs:
    """Jittered and capped delays without end, from the start again at each iteration.

    Kopf gives up when its list of delays ends, and giving up ends the process: a long outage would be a crash loop.
    """

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance

    def __iter__(self) -> Iterator[float]:
        delay = 0.5
        while True:
            yield delay * (0.5 + self._chance() / 2)
            delay = min(MAX_BACKOFF, delay * 2)


def build_kopf_settings(chance: Callable[[], float]) -> kopf.OperatorSettings:
    """Give fresh settings; `chance` gives numbers from 0 to 1 for jitter."""
    settings = kopf.OperatorSettings()
    # The server ends a watch first; a stream that went silent is cut off and opened again.
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.connect_timeout = 10
    settings.watching.inactivity_timeout = 70
    for kind in CHILD_KINDS:
        address = (kind.group, kind.version, kind.plural) if kind.group else (kind.version, kind.plural)
        settings.watching.label_selectors[address] = STACK_LABEL
    settings.networking.request_timeout = 15
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = EndlessBackoffs(chance)
    settings.queueing.worker_limit = 8
    settings.queueing.exit_timeout = 1
    settings.execution.default_backoff = 15
    # Events are posted by us, once per transition.
    settings.posting.enabled = False
    # Peering is no leader election; there is one replica.
    settings.peering.standalone = True
    # Scanning needs the right to watch all CRDs or namespaces; our kinds are known, and ours is waited for.
    settings.scanning.disabled = True
    # Nothing is stored on objects; these names only keep Kopf's own from ever appearing.
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP, v1=False)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=GROUP, v1=False)
    return settings
