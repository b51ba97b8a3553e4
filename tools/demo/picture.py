"""Writes what a console showed as an SVG that needs no font from elsewhere."""

import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI


def write_picture(console: Console, path: Path) -> None:
    """Write the recorded output; the fonts that rich would load from the network are left to the viewer's own."""
    svg = console.export_svg(title="make demo", theme=MONOKAI)
    path.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))
