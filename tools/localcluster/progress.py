"""Per-step lines with durations. Owns what the terminal shows while something takes long; prints nothing else."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else 120)
"""Progress goes to stderr: stdout is for what a verb answers."""


@contextmanager
def show_step(title: str, *, expected: str = "") -> Iterator[None]:
    """Show one step while the block runs, then a line with its duration; `expected` tells how long a slow one takes."""
    started = time.monotonic()
    hint = f" [dim](about {expected})[/dim]" if expected else ""
    failed = True
    try:
        if console.is_terminal:
            with console.status(f"{title}{hint}"):
                yield
        else:
            if expected:
                console.print(f"  … {title}{hint}")
            yield
        failed = False
    finally:
        mark = "[red]✗[/red]" if failed else "[green]✓[/green]"
        console.print(f"  {mark} {title} [dim]{time.monotonic() - started:.1f} s[/dim]")
