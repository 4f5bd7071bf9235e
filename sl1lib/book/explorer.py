"""What every figure to play with is made of: a module of JavaScript, and the state that it starts from."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches
from html import escape
from pathlib import Path
from typing import Any, Final

from .choices import Chosen, as_json
from .style import ACCENT, BORDER, FAINT, HIGHLIGHT, INK, METHOD_STYLES, MUTED, PAPER, SURFACE, written

_HERE: Final = Path(__file__).parent

#: The book's colours by role and method, as every module and style sheet gets them.
COLOURS: Final = {
    "ink": INK,
    "paper": PAPER,
    "accent": ACCENT,
    "highlight": HIGHLIGHT,
    "emphasis": written(HIGHLIGHT),
    "muted": MUTED,
    "border": BORDER,
    "faint": FAINT,
    "surface": SURFACE,
    "none": METHOD_STYLES["none"].color,
    "SL1": METHOD_STYLES["SL1"].color,
}

_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n+', re.MULTILINE)


def make_explorer(source: str, plain: str, computed: Sequence[str] = (), **state: Any) -> Explorer:
    """Return an `Explorer`: a widget where anywidget is installed, whose model the kernel keeps while there is one.

    Parameters
    ----------
    source, plain, computed, **state
        As `Explorer` takes them.

    Examples
    --------
    >>> from sl1lib.book.the_corner.explorer import corner_explorer
    >>> weight = corner_explorer()
    >>> weight.lr = 0.05
    >>> weight.lr = 5
    Traceback (most recent call last):
    ValueError: lr is 5; it must be a finite number from 0.02 to 0.5
    """
    try:
        from .live import LiveExplorer
    except ImportError:  # no anywidget
        return Explorer(source, plain, computed, **state)
    return LiveExplorer(source, plain, computed, **state)


class Explorer:
    """A figure to play with, which displays itself in a notebook and on a page, without a kernel and without a request.

    Where anywidget is installed, each name of ``state`` and ``computed`` is a trait, which a live notebook keeps equal
    in Python and in the page: assign it, `observe` it, link it with other widgets. What a page computes arrives when
    the page has drawn, so for the next cell; it is None where no page shows the figure.

    Parameters
    ----------
    source : str
        The ``__file__`` of the chapter's ``explorer.py``. Beside it stands ``explorer.js``, a module after anywidget's
        contract, and ``explorer.css`` where the chapter adds to the common style.
    plain : str
        What a terminal shows, and a page without JavaScript.
    computed : sequence of str
        Names of what the module computes.
    **state : object
        What the model has at the start, by name: one of `sl1lib.book.choices` for what a reader may choose, in an order
        in which each is checked beside those before it; anything else that JSON can write stays as it is.

    Raises
    ------
    AttributeError
        When something is assigned that is not a reader's to choose.
    ValueError
        For a value that is refused, at the start or when it is assigned.

    Examples
    --------
    >>> from sl1lib.book import pooling
    >>> from sl1lib.book.choices import Array
    >>> figure = Explorer(pooling.__path__[0] + "/explorer.py", "pooling explorer", chosen=Array([0, 1], (2,), 0, 2))
    >>> figure
    <pooling explorer>
    >>> figure.chosen
    array([0, 1])
    >>> "export default { render }" in figure.module
    True
    """

    def __init__(self, source: str, plain: str, computed: Sequence[str] = (), **state: Any) -> None:
        self._folder, self._plain, self._computed = Path(source).parent, plain, tuple(computed)
        self._choices = {name: value for name, value in state.items() if isinstance(value, Chosen)}
        self._fixed = {"colours": COLOURS} | {name: value for name, value in state.items() if name not in self._choices}
        self._values: dict[str, Any] = {}
        for name, choice in self._choices.items():
            self._values[name] = choice.check(name, choice.value, {**self._fixed, **self._values})

    def __getattr__(self, name: str) -> Any:
        """Return what the model has under a name, where no trait does it."""
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._computed:
            return None
        if name in (now := self._now()):
            return now[name]
        raise self._refusal(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        elif name in self._choices:
            self._values |= self._changes(name, value)
        else:
            raise self._refusal(name)

    def _now(self) -> dict[str, Any]:
        """Return what the model has by name, but for what a page computes."""
        return {**self._fixed, **self._values}

    def _check(self, name: str, value: Any) -> Any:
        return self._choices[name].check(name, value, self._now())

    def _changes(self, name: str, value: Any) -> dict[str, Any]:
        """Return what an assignment changes: this value, and others that would no longer fit beside it."""
        changes, state = {name: self._check(name, value)}, self._now()
        for other, choice in self._choices.items():
            if other != name:
                settled = choice.settle(other, state[other], state | changes)
                changes |= {} if settled is state[other] else {other: settled}
        return changes

    def _refusal(self, name: str) -> AttributeError:
        """Say why something cannot be had or assigned."""
        if name in self._fixed:
            return AttributeError(f"{name} stays as it was when {self!r} was made; make another one")
        if name in self._computed:
            return AttributeError(f"{name} is what the page computes; {', '.join(self._choices)} can be assigned")
        near = get_close_matches(name, [*self._choices, *self._computed], n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        live = (
            "" if hasattr(type(self), "observe") else "; what widgets have comes with pip install 'sl1lib[notebooks]'"
        )
        return AttributeError(f"{self!r} has no {name!r}{hint}; it has {', '.join(self._choices)}{live}")

    @property
    def state(self) -> dict[str, Any]:
        """What the page's model holds at the start."""
        return as_json(self._now())

    @property
    def module(self) -> str:
        """The chapter's module and what it imports, as one that imports nothing."""
        return whole_module(self._folder / "explorer.js")

    @property
    def css(self) -> str:
        """The common style, and what the chapter adds to it."""
        paths = (_HERE / "explorer.css", self._folder / "explorer.css")
        return "".join(path.read_text(encoding="utf-8") for path in paths if path.is_file())

    @property
    def html(self) -> str:
        """The whole figure for a page, whose own model keeps the state."""
        name, page = self._folder.name, (_HERE / "explorer_page.js").read_text(encoding="utf-8")
        state = json.dumps(self.state, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        state = state.replace("<", r"\u003c")  # no text of it ends the script
        return f"""\
<div data-explorer="{name}">
<style>
{self.css}</style>
<div><p>{escape(self._plain[0].upper() + self._plain[1:])}. It is drawn by JavaScript.</p></div>
<script type="application/json">{state}</script>
<script type="module">
{self.module}{page}
drawOnPage("{name}", render);
</script>
</div>"""

    def __repr__(self) -> str:
        return f"<{self._plain}>"

    def _repr_html_(self) -> str:
        return self.html


def whole_module(path: Path) -> str:
    """Return a module and what it imports, as one that imports nothing."""
    paths = _with_imports(path.resolve(), [])
    return "".join(_IMPORT.sub("", each.read_text(encoding="utf-8")) for each in paths)


def _with_imports(path: Path, found: list[Path]) -> list[Path]:
    """Add a module to what was found, behind those that it imports, each once."""
    for name in _IMPORT.findall(path.read_text(encoding="utf-8")):
        _with_imports((path.parent / name).resolve(), found)
    if path not in found:
        found.append(path)
    return found
