"""Starts a real Redis and a real PostgreSQL on 127.0.0.1. Each dies with the test run, even when that is killed."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.waiting import find_free_port, wait_until
from tools.localcluster.packages import TEST_PACKAGES, require_packages

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Runs in the child between fork and exec."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def run_redis(port: int | None = None) -> Iterator[str]:
    """Yields the URL."""
    require_packages(TEST_PACKAGES)
    port = port or find_free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with _running(command):
        wait_until(lambda: accepts(port), what="redis")
        yield f"redis://127.0.0.1:{port}/0"


_POSTGRES = """
"$0/initdb" --pgdata="$1/data" --username=postgres --auth=trust --no-sync --encoding=UTF8 >/dev/null
exec "$0/postgres" -D "$1/data" -k "$1" -h 127.0.0.1 -p "$2" \\
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off \\
    -c dynamic_shared_memory_type=sysv
"""

_AS_ROOT = """
mount -t tmpfs -o mode=1777 tmpfs /mnt
exec setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig=KILL sh -euc "$@"
"""
"""PostgreSQL refuses to run as root. Its files are in the memory of its own mount namespace, and
its shared memory is in its own IPC namespace: both end with it, even when it is killed."""


@contextlib.contextmanager
def run_postgres() -> Iterator[str]:
    """Yields the URL of the server without a database name. fsync is off: the tests are about SQL, not about disks."""
    require_packages(TEST_PACKAGES)
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    port = find_free_port()
    is_root = os.geteuid() == 0
    with contextlib.nullcontext("/mnt") if is_root else tempfile.TemporaryDirectory() as folder:
        words = [_POSTGRES, str(binaries), folder, str(port)]
        enter = ["unshare", "--mount", "--ipc", "--propagation=private", "sh", "-euc", _AS_ROOT, "sh"]
        command = [*enter, *words] if is_root else ["sh", "-euc", *words]
        with _running(command):
            probe = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_until(lambda: subprocess.run(probe, check=False).returncode == 0, what="postgres")
            yield f"postgresql://postgres@127.0.0.1:{port}"


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one prctl, no lock is taken between fork and exec
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown; Redis ends as well
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
