"""Where the local cluster keeps its files: all of them below one cache folder, so that nothing is left elsewhere."""

import os
import shutil
import socket
from pathlib import Path

from tools.localcluster.errors import ClusterError

CACHE_VARIABLE = "RESTAURANT_CACHE"


def compute_cache_folder() -> Path:
    """Return this project's cache folder: `$RESTAURANT_CACHE`, else `restaurantstack` in the XDG cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "restaurantstack"


def compute_cluster_folder(name: str) -> Path:
    """Return the folder of one cluster's state: gone after `down`."""
    return compute_cache_folder() / "clusters" / name


def require_free_space(gibibytes: float, purpose: str) -> None:
    """Raise ClusterError unless the cache folder's file system has that many GiB free."""
    folder = compute_cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot write to {folder} ({error.strerror}): set {CACHE_VARIABLE} to a folder that can be written"
        raise ClusterError(message) from error
    free = shutil.disk_usage(folder).free / 2**30
    if free < gibibytes:
        message = (
            f"{purpose} needs {gibibytes:g} GiB free in {folder}, there are {free:.1f}: "
            f"free some space or set {CACHE_VARIABLE} to a folder on a larger disk"
        )
        raise ClusterError(message)


def require_free_port(port: int) -> None:
    """Raise ClusterError when something listens on that port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"port {port} on 127.0.0.1 is in use ({error.strerror}): end what uses it, or choose another"
            raise ClusterError(message) from error
