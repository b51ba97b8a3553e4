"""Waiting on conditions, never on time; and ports nobody has."""

import socket
import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], bool], seconds: float = 40.0, *, what: str = "the condition") -> None:
    """Return as soon as it is true; raises TimeoutError that names what did not come."""
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            message = f"{what} within {seconds} s"
            raise TimeoutError(message)
        time.sleep(0.02)


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
