"""The page of the library names every public name, and its equations are links."""

import importlib
import importlib.util
import pkgutil
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import sl1lib
from sl1lib.cli import command_parser

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "book" / "reference" / "api.md").read_text(encoding="utf-8")


def extension():
    spec = importlib.util.spec_from_file_location("sl1api", ROOT / "book" / "_ext" / "sl1api.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


API = extension()


def public_modules():
    """Every module that says what it offers: ``__all__`` of a package, plus studies and the notebooks' helpers."""
    names = ["sl1lib"] + [f"sl1lib.{m.name}" for m in pkgutil.iter_modules(sl1lib.__path__) if m.ispkg]
    return sorted([*names, "sl1lib.experiment.study", "sl1lib.notebook"])


def test_every_public_module_has_a_section():
    assert sorted(API.MODULES) == public_modules()
    assert re.findall(r"^\.\. sl1-api:: (\S+)$", PAGE, re.MULTILINE) == list(API.MODULES)
    assert ".. sl1-cli::" in PAGE


@pytest.mark.parametrize("name", API.MODULES)
def test_every_public_name_is_described_once(name):
    module = importlib.import_module(name)
    expected = getattr(module, "__all__", None) or [
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and callable(value) and getattr(value, "__module__", None) == name
    ]
    described = re.findall(
        rf"^\.\. (?:auto\w+|py:data):: {re.escape(name)}\.(\w+)$", "\n".join(API.describe(name)), re.M
    )
    assert sorted(described) == sorted(expected)


def test_a_name_handed_out_twice_is_documented_in_one_place_and_pointed_to():
    text = "\n".join(API.describe("sl1lib"))
    assert ".. py:data:: sl1lib.train\n   :no-index:\n\n   The same as :py:obj:`sl1lib.experiment.train`." in text
    assert ".. autofunction:: sl1lib.experiment.train" in "\n".join(API.describe("sl1lib.experiment"))


@pytest.mark.parametrize("name", API.MODULES)
def test_every_public_function_and_class_has_a_docstring(name):
    module = importlib.import_module(name)
    missing = [n for n in API.public_names(module) if callable(getattr(module, n)) and not getattr(module, n).__doc__]
    assert missing == []


def test_every_command_and_option_is_described():
    text = "\n".join(API.describe_command_line())
    for command in ("data", "train", "compare", "check", "env"):
        assert f".. rubric:: sl1 {command}" in text
    options = {
        option
        for action in command_parser()._actions
        for sub in (getattr(action, "choices", None) or {}).values()
        for a in sub._actions
        for option in a.option_strings
    }
    assert len(options) > 15
    assert [option for option in options if option not in text] == []


def test_equations_become_links_only_where_their_page_is_built():
    app = SimpleNamespace(env=SimpleNamespace(found_docs={"book/paper"}))
    lines = ["Equation ``eq-paper-smooth`` and ``eq-conv``, and ``eq-none``."]
    API.link_equations(app, "function", "f", None, None, lines)
    assert lines == ["Equation :eq:`eq-paper-smooth` and ``eq-conv``, and ``eq-none``."]
