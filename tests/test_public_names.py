"""What others build on: the public names with their parameters are listed, and a change of them is a decision.

After such a decision, ``python tests/test_public_names.py`` writes the list anew; CONTRIBUTING.md says what it owes.
"""

import importlib
import inspect
import pkgutil
import sys
from functools import cached_property
from pathlib import Path

import sl1lib

LIST = Path(__file__).with_name("public_names.txt")


def parameters(value):
    """The names of what a function or a class takes, without defaults and types: these are not what breaks callers."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    words, star = [], False
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and not star:
            words.append("*")
        star = star or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        marks = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}
        words.append(marks.get(each.kind, "") + each.name + "=" * (each.default is not each.empty))
    return f"({', '.join(words)})"


def public_names():
    """A line for each name that a layer offers, and for each method of a class of its own."""
    layers = [f"sl1lib.{each.name}" for each in pkgutil.iter_modules(sl1lib.__path__) if each.ispkg]
    lines = []
    for layer in ["sl1lib", *(each for each in layers if each not in ("sl1lib.book", "sl1lib.cli"))]:
        module = importlib.import_module(layer)
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value):
                lines.append(f"{layer}.{name}")
                continue
            lines.append(f"{layer}.{name}{parameters(value)}")
            if inspect.isclass(value):
                own = {key: each for base in value.__mro__ if _is_ours(base) for key, each in vars(base).items()}
                methods = sorted(key for key, each in own.items() if not key.startswith("_") and _is_method(each))
                lines += [f"{layer}.{name}.{key}{parameters(getattr(value, key))}" for key in methods]
    return sorted(set(lines))


def _is_ours(base):
    return base.__module__.startswith("sl1lib")


def _is_method(value):
    return inspect.isfunction(value) or isinstance(value, property | cached_property | classmethod | staticmethod)


def test_the_public_names_are_those_that_are_listed():
    listed, found = LIST.read_text(encoding="utf-8").splitlines(), public_names()
    gone, new = sorted(set(listed) - set(found)), sorted(set(found) - set(listed))
    why = "public names changed; see *Change what others build on* in CONTRIBUTING.md"
    assert (gone, new) == ([], []), why
    assert listed == found


if __name__ == "__main__":
    LIST.write_text("\n".join(public_names()) + "\n", encoding="utf-8")
    sys.exit(0)
