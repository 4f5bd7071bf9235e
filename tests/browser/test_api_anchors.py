"""The built pages of the library have every public name as an anchor, and links to equations."""

import importlib
import importlib.util
import re
from pathlib import Path

import pytest
from conftest import BOOK

ROOT = Path(__file__).resolve().parents[2]
FOLDER = BOOK / "book" / "reference" / "api"


@pytest.fixture(scope="module")
def html():
    if not FOLDER.is_dir():
        pytest.skip(f"no {FOLDER}: run make book, or make test")
    return "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.html"))


def test_every_public_name_has_its_anchor(html):
    spec = importlib.util.spec_from_file_location("sl1api", ROOT / "book" / "_ext" / "sl1api.py")
    api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(api)
    anchors = set(re.findall(r'id="(sl1lib[\w.]*)"', html))
    missing = [
        f"{module}.{name}"
        for module in api.MODULES
        for name in api.public_names(importlib.import_module(module))
        if api.home(module, name) == module and f"{module}.{name}" not in anchors
    ]
    assert missing == []


def test_docstrings_link_to_equations(html):
    links = set(re.findall(r'href="[^"]*#(equation-eq-[\w-]+)"', html))
    assert {"equation-eq-conv-channels", "equation-eq-own-groups", "equation-eq-heavy-ball"} <= links
