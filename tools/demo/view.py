"""What the demo prints: the stack's conditions as they change, and the table of what the guests saw."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tools.demo.traffic import TrafficReport, compute_percentile
from tools.localcluster.errors import ClusterError
from tools.localcluster.progress import console

POLL_SECONDS = 0.25
MARKS = {"True": "[green]●[/green]", "False": "[yellow]○[/yellow]", "Unknown": "[dim]·[/dim]"}

QUIET = {"Reconciling", "Stalled"}
"""Conditions that tell something only while they are true."""

Stack = Mapping[str, Any]


def watch_until_ready(read: Callable[[], Stack], *, seconds: float) -> None:
    """Show the conditions until the stack is ready for its generation; raises ClusterError when it isn't in time."""
    deadline = time.monotonic() + seconds
    seen: dict[str, str] = {}
    with Live(console=console, transient=True, refresh_per_second=8) as live:
        while not is_ready(stack := read()):
            if console.is_terminal:
                live.update(build_view(stack))
            print_changes(stack, seen)
            if time.monotonic() > deadline:
                status = stack.get("status", {})
                message = f"the stack is not ready after {seconds:.0f} s: {status.get('message', 'it has no status')}"
                raise ClusterError(message)
            time.sleep(POLL_SECONDS)
    print_changes(stack, seen)


def is_ready(stack: Stack) -> bool:
    """Tell whether Ready is true and about the generation that the stack has now."""
    generation = stack["metadata"]["generation"]
    return any(
        condition["type"] == "Ready" and condition["status"] == "True" and condition["observedGeneration"] == generation
        for condition in stack.get("status", {}).get("conditions", [])
    )


def print_changes(stack: Stack, seen: dict[str, str]) -> None:
    """Print a line for each condition whose status or reason is not what was last seen."""
    for condition in stack.get("status", {}).get("conditions", []):
        now = f"{condition['status']} {condition['reason']}"
        if seen.get(condition["type"]) != now:
            seen[condition["type"]] = now
            if condition["type"] not in QUIET or condition["status"] == "True":
                mark = MARKS[condition["status"]]
                line = f"    {mark} {condition['type']:<18} [dim]{condition['message']}[/dim]"
                console.print(line, overflow="ellipsis", no_wrap=True)


def build_view(stack: Stack) -> Group:
    """Return the live line below the changes: phase and message."""
    status = stack.get("status", {})
    return Group(Text(f"    {status.get('phase', 'Pending')}: {status.get('message', '')}", style="cyan"))


def build_traffic_table(report: TrafficReport, cache: Mapping[str, float]) -> Table:
    """Return the figures of one run: latencies in milliseconds by operation, then what the cache did."""
    table = Table(title="What the guests saw", title_justify="left", title_style="bold")
    for column in ("operation", "requests", "P50 ms", "P95 ms", "P99 ms"):
        table.add_column(column, justify="left" if column == "operation" else "right")
    rows = [*sorted(report.latencies.items()), ("all", [value for each in report.latencies.values() for value in each])]
    for name, values in rows:
        figures = [f"{compute_percentile(values, share) * 1000:.1f}" for share in (0.50, 0.95, 0.99)]
        table.add_row(name, str(len(values)), *figures, style="bold" if name == "all" else "")
    hits, lookups = cache["hits"], cache["lookups"]
    ratio = f"{hits / lookups:.1%}" if lookups else "no reads"
    table.caption = f"{report.orders} orders · {len(report.failures)} errors · cache hit ratio {ratio}"
    table.caption_justify = "left"
    return table
