"""The pages of the library name every public name, and its equations are links."""

import importlib
import importlib.util
import pkgutil
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest

import sl1lib
from sl1lib.cli import command_parser

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "book" / "reference" / "api"
OVERVIEW = FOLDER.with_suffix(".md").read_text(encoding="utf-8")
LISTED = re.findall(r"<api/([\w-]+)>", OVERVIEW)
PAGES = "".join((FOLDER / f"{name}.md").read_text(encoding="utf-8") for name in LISTED)


def extension():
    spec = importlib.util.spec_from_file_location("sl1api", ROOT / "book" / "_ext" / "sl1api.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


API = extension()


def public_packages():
    """Every layer whose ``__init__`` says what it offers."""
    found = [f"sl1lib.{each.name}" for each in pkgutil.iter_modules(sl1lib.__path__) if each.ispkg]
    return {"sl1lib", *found} - {"sl1lib.book", "sl1lib.cli"}


def test_the_overview_lists_every_page_in_the_order_of_the_contents():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert re.findall(r"file: book/reference/api/(\S+)", toc) == LISTED
    assert sorted(LISTED) == sorted(path.stem for path in FOLDER.glob("*.md"))


def test_every_public_module_has_a_section():
    assert public_packages() <= set(API.LAYERS)
    assert {"sl1lib.book.pooling.explorer", "sl1lib.book.fast_path.steps"} <= set(API.CHAPTERS)
    assert re.findall(r"^\.\. sl1-api:: (\S+)$", PAGES, re.MULTILINE) == list(API.LAYERS)
    assert ".. sl1-chapters::" in PAGES
    assert ".. sl1-cli::" in PAGES


@pytest.mark.parametrize("name", API.MODULES)
def test_every_public_name_is_described_once(name):
    module = importlib.import_module(name)
    expected = getattr(module, "__all__", None) or [
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and callable(value)
        and getattr(value, "__module__", None) == name
        and not isinstance(value, TypeVar)
    ]
    described = re.findall(
        rf"^\.\. (?:auto\w+|py:data):: {re.escape(name)}\.(\w+)$", "\n".join(API.describe(name)), re.M
    )
    assert sorted(described) == sorted(expected)


def test_a_name_handed_out_twice_is_documented_in_one_place_and_pointed_to():
    text = "\n".join(API.describe("sl1lib"))
    assert ".. py:data:: sl1lib.train\n   :no-index:\n\n   The same as :py:obj:`sl1lib.training.train`." in text
    assert ".. autofunction:: sl1lib.training.train" in "\n".join(API.describe("sl1lib.training"))


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


def test_the_type_of_a_field_stands_before_its_comment_whatever_colons_that_has():
    lines = ["how much it depends on a setting: not the measure"]
    API.name_types(None, "attribute", "sl1lib.study.Claim.spread_over", "", None, lines)
    assert lines == ["``str``: how much it depends on a setting: not the measure"]
    API.name_types(None, "attribute", "sl1lib.Run.complete", True, None, inherited := ["False if interrupted"])
    assert inherited == ["``bool``: False if interrupted"]
    API.name_types(None, "property", "sl1lib.Run.test_error", None, None, plain := ["The share"])
    assert plain == ["The share"]
