"""Picks the provider for this machine."""

from tools.localcluster.existing import ExistingProvider
from tools.localcluster.kind import KindProvider
from tools.localcluster.native.provider import NativeProvider
from tools.localcluster.provider import Provider, choose_provider_name


def choose_provider() -> Provider:
    """Return the provider that the environment asks for or this machine can run."""
    providers: dict[str, type[Provider]] = {
        "existing": ExistingProvider,
        "kind": KindProvider,
        "native": NativeProvider,
    }
    return providers[choose_provider_name()]()
