"""What every figure to play with is made of: a module of JavaScript, and the state that it starts from."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Final

from .style import ACCENT, BORDER, FAINT, HIGHLIGHT, INK, METHOD_STYLES, MUTED, PAPER, SURFACE

_HERE: Final = Path(__file__).parent

#: The book's colours by role and method, as every module and style sheet gets them.
COLOURS: Final = {
    "ink": INK,
    "paper": PAPER,
    "accent": ACCENT,
    "highlight": HIGHLIGHT,
    "muted": MUTED,
    "border": BORDER,
    "faint": FAINT,
    "surface": SURFACE,
    "none": METHOD_STYLES["none"].color,
    "SL1": METHOD_STYLES["SL1"].color,
}

_IMPORT: Final = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n+', re.MULTILINE)


class Explorer:
    """A figure to play with, which displays itself in a notebook and on a page, without a kernel and without a request.

    Parameters
    ----------
    source : str
        The ``__file__`` of the chapter's ``explorer.py``. Beside it stands ``explorer.js``, a module after anywidget's
        contract, and ``explorer.css`` where the chapter adds to the common style.
    plain : str
        What a terminal shows, and a page without JavaScript.
    **state : object
        What the module's model has at the start, by name; what JSON can write.

    Examples
    --------
    >>> from sl1lib.book import pooling
    >>> figure = Explorer(pooling.__path__[0] + "/explorer.py", "pooling explorer", chosen=[0, 1])
    >>> figure
    <pooling explorer>
    >>> "export default { render }" in figure.module
    True
    """

    def __init__(self, source: str, plain: str, **state: object) -> None:
        self._folder, self._plain = Path(source).parent, plain
        self.state = {"colours": COLOURS, **state}

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
