"""What every generator does with its files: write them, or with --check tell which are stale. Knows no content."""

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent


def update_files(files: Mapping[Path, str]) -> int:
    """Write the files, or only compare them when --check is given; return the exit code, 1 for a stale file."""
    if "--check" in sys.argv[1:]:
        stale = [str(path.relative_to(ROOT)) for path, text in files.items() if _read(path) != text]
        if stale:
            print(f"stale: {', '.join(stale)}; run make generate")
        return 1 if stale else 0
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
