"""Beside the host: makes the cluster's namespaces, forwards its ports from 127.0.0.1, and ends with it.

Runs as `python -m tools.localcluster.native.supervisor FOLDER`, detached. The sockets that people connect to are made
in the host's network; then this process moves into the cluster's network, so what it dials is in there: no route, no
address translation and no firewall rule is needed on the host.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

from tools.localcluster.native.cgroups import has_cgroup, kill_cgroup, remove_cgroup
from tools.localcluster.native.layout import API_PORT, NODE_ADDRESS, Layout

CLONE_NEWNET = 0x40000000
"""From linux/sched.h; Python has os.setns only since 3.12."""

STOP_SECONDS = 30.0
COPY_BYTES = 65536


def listen_on_loopback(port: int) -> socket.socket:
    """Return a listening socket on 127.0.0.1 in the network this process is in; port 0 picks a free one."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(128)
    return server


def enter_network_of(pid: int) -> None:
    """Move this thread, and so every later socket of it, into another process's network namespace."""
    with Path(f"/proc/{pid}/ns/net").open() as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


async def copy_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy bytes until the sender is done, then close only that direction."""
    with contextlib.suppress(OSError):
        while data := await reader.read(COPY_BYTES):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def forward_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, port: int) -> None:
    """Join one connection from the host with one to the node's port."""
    try:
        node_reader, node_writer = await asyncio.open_connection(NODE_ADDRESS, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy_stream(reader, node_writer), copy_stream(node_reader, writer))
    for end in (writer, node_writer):
        end.close()


async def spawn_node(layout: Layout) -> tuple[asyncio.subprocess.Process, int]:
    """Start process 1 of the cluster in new namespaces; return `unshare` and the process id as the host sees it."""
    command = ["setpriv", "--pdeathsig=KILL", "--", "unshare", "--net", "--mount", "--pid", "--fork"]
    command += ["--kill-child=SIGKILL", "--", sys.executable, "-m"]
    with (layout.logs / "node.log").open("ab") as log:
        parent = await asyncio.create_subprocess_exec(
            *command, "tools.localcluster.native.node", str(layout.root), stdout=log, stderr=log
        )
    return parent, await asyncio.to_thread(find_only_child, parent.pid)


def find_only_child(pid: int) -> int:
    """Wait for the process's first child and return its process id."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while not (found := children.read_text().split()):
        time.sleep(0.01)
    return int(found[0])


async def watch_owner(owner: int | None) -> None:
    """Return when the process that the cluster is tied to has ended; never, when it is tied to none."""
    if owner is None:
        await asyncio.Event().wait()
        return
    with contextlib.suppress(ProcessLookupError):
        ended = asyncio.Event()
        handle = os.pidfd_open(owner)
        asyncio.get_running_loop().add_reader(handle, ended.set)
        await ended.wait()


async def supervise(layout: Layout) -> None:
    """Run the cluster until it ends, its owner ends, or SIGTERM asks for it."""
    config = json.loads(layout.config.read_text())
    ports = [(config["apiPort"], API_PORT), *((entry["host"], entry["node"]) for entry in config["ports"])]
    sockets = [(listen_on_loopback(host), node) for host, node in ports]
    parent, node_pid = await spawn_node(layout)
    enter_network_of(node_pid)
    for listener, port in sockets:
        await asyncio.start_server(partial(forward_connection, port=port), sock=listener)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    reasons = [asyncio.ensure_future(each) for each in (stop.wait(), parent.wait(), watch_owner(config["owner"]))]
    await asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED)
    with contextlib.suppress(ProcessLookupError):
        os.kill(node_pid, signal.SIGKILL)  # and the kernel kills every process of its namespace
    await parent.wait()
    if config["owner"] is not None:  # nobody is left to call `down`
        await asyncio.to_thread(remove_remains, layout)


def remove_remains(layout: Layout) -> None:
    """Remove what the kernel did not: the control group, once its last process is gone, and the folder."""
    deadline = time.monotonic() + STOP_SECONDS
    while has_cgroup(layout.cgroup) and time.monotonic() < deadline:
        kill_cgroup(layout.cgroup)
        remove_cgroup(layout.cgroup)
        time.sleep(0.02)
    shutil.rmtree(layout.root, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(supervise(Layout(Path(sys.argv[1]))))
