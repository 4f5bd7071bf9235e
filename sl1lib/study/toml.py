"""Writing a study's declaration as TOML, which Python reads but does not write, and checking the tables it read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import TYPE_CHECKING, Any

from ..errors import require_choice, unexpected

if TYPE_CHECKING:
    from .declaration import Study


def to_toml(study: Study) -> str:
    """Return a study as TOML: what is at its default is left out."""
    lines = [f"name = {_value(study.name)}", f"question = {_value(study.question)}"]
    lines += _table("base", study.base) if study.base else []
    lines += _table("methods", {name: asdict(each) if each else {} for name, each in study.methods.items()})
    for heading, parts in (("stages", study.stages), ("claims", study.claims)):
        for part in parts:
            lines += ["", f"[[{heading}]]", *(f"{name} = {_value(value)}" for name, value in _given(part).items())]
    return "\n".join(lines) + "\n"


def _table(heading: str, values: Mapping[str, Any]) -> list[str]:
    return ["", f"[{heading}]", *(f"{_key(name)} = {_value(value)}" for name, value in values.items())]


def _given(part: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their default."""
    given = {}
    for each in fields(part):
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if getattr(part, each.name) != default:
            given[each.name] = getattr(part, each.name)
    return given


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise unexpected(
        "a value of the declaration", value, "it must be a text, a number, a truth value or a list of them"
    )


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if bare else _text(name)


def _text(text: str) -> str:
    # TOML's basic strings take JSON's escapes, and need one more than JSON.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def require_table(what: str, found: object) -> None:
    """Raise unless ``found`` is a table."""
    if not isinstance(found, Mapping):
        raise unexpected(what, found, "it must be a table of names and values")


def require_keys(what: str, found: object, kind: type) -> None:
    """Raise unless a table has the fields of a dataclass: none that it does not know, all that it needs.

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> require_keys("method 'SL1'", {"eps": 0.1}, Penalty)
    Traceback (most recent call last):
    ...
    ValueError: method 'SL1' has no 'strength'; it must be given
    """
    require_table(what, found)
    assert isinstance(found, Mapping)  # for the type checker
    for name in found:
        require_choice(f"a key of {what}", name, [each.name for each in fields(kind)])
    needed = [each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING]
    if missing := [name for name in needed if name not in found]:
        raise ValueError(f"{what} has no {missing[0]!r}; it must be given")
