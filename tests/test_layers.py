"""A layer imports only layers below it, as `pyproject.toml` lists them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import PATIENCE

ROOT = Path(__file__).resolve().parents[1]
LINT = "from importlinter.cli import lint_imports_command as run; run()"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the library and its settings, into which an import may be planted."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "sl1lib", folder / "sl1lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> tuple[int, str]:
    variables = {**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1", "COLUMNS": "200"}
    command = [sys.executable, "-c", LINT, "--no-cache"]
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, encoding="utf-8", timeout=PATIENCE
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_layers_are_kept(project):
    code, output = lint(project)
    assert code == 0, output


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("reference/pooling.py", "from .. import fast"),
        ("engine/banded.py", "from ..training import RunConfig"),
        ("fast/module.py", "def late():\n    from ..book import ledger"),
        ("new_room.py", "import numpy"),
    ],
)
def test_an_import_against_the_layers_and_a_room_without_a_layer_are_found(project, module, planted):
    path = project / "sl1lib" / module
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text((before or "") + f"\n\n{planted}\n", encoding="utf-8")
    try:
        code, output = lint(project)
    finally:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
    assert code == 1, output
    assert Path(module).stem in output
