"""Locks between processes, so that two runs at once share builds instead of spoiling them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_lock(path: Path, *, remove: bool = False) -> Iterator[None]:
    """Hold an exclusive lock for the block; waits for its holder, and the kernel frees it when the holder dies.

    With `remove` the file is gone afterwards; whoever waited for it then locks a new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not path.exists() or os.fstat(file.fileno()).st_ino != path.stat().st_ino:
                continue  # removed by the one that was waited for
            try:
                yield
            finally:
                if remove:
                    path.unlink()
            return
