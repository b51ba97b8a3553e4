"""What the operator needs of a cluster; implemented by `kube`, and in memory by the tests' fake.

Every method raises ClusterError (outside trouble) or RefusedError (the request itself is wrong).
"""

from typing import NamedTuple, Protocol

from restaurant_operator.crd.stack import Manifest


class Key(NamedTuple):
    """Names one RestaurantStack; what the queue holds."""

    namespace: str
    name: str


class Cluster(Protocol):
    """Reads are consistent: they ask the API server for its newest data."""

    async def read_stack(self, key: Key) -> Manifest | None: ...

    async def list_stacks(self) -> list[Manifest]: ...

    async def list_children(self, key: Key) -> list[Manifest]:
        """Give every object of every child kind that carries the stack's label, whoever owns it."""
        ...

    async def list_pods(self, namespace: str, labels: dict[str, str]) -> list[Manifest]: ...

    async def read_child(self, kind: str, namespace: str, name: str) -> Manifest | None: ...

    async def apply(self, manifest: Manifest) -> Manifest:
        """Server-side apply with our field manager, by force; gives the object as it is afterwards."""
        ...

    async def delete(self, manifest: Manifest) -> None:
        """Delete exactly this object (by uid) and let garbage collection remove its pods; gone already is fine."""
        ...

    async def write_status(self, manifest: Manifest) -> None:
        """Server-side apply of the stack's status; a stack that is gone is fine."""
        ...

    async def create_event(self, manifest: Manifest) -> None: ...
