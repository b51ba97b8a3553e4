"""What the image needs is inside the package: migrations, the seed's menu, the documentation page."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parents[3] / "api"


def test_wheel_holds_everything(tmp_path: Path) -> None:
    script = "import uv_build, sys; uv_build.build_wheel(sys.argv[1])"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # uv_build calls its binary by name
    environment = os.environ | {"PATH": path}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=PROJECT, env=environment, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "migrations/env.py",
        "migrations/script.py.mako",
        "migrations/versions/0001_first_tables.py",
        "seeding/menu.json",
        "docs_page/docs.html",
        "docs_page/docs.js",
        "docs_page/docs.css",
    ):
        assert f"restaurant_api/{name}" in names
