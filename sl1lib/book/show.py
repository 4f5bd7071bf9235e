"""What the book's notebooks use to show code, computed prose and tables to a reader.

Everything is displayed as Markdown, which Jupyter and the built book both render, with the same text beside it as
plain text: that is what a terminal shows, and what nbval compares, so a stored output cannot go stale unseen.
"""

from __future__ import annotations

import ast
import html
import inspect
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

try:
    from IPython.display import display
except ImportError as error:
    advice = "sl1lib.book.show shows things in notebooks: python -m pip install 'sl1lib[notebooks]'"
    raise ImportError(f"IPython is not installed; {advice}") from error

from ..data import Dataset
from ..engine.compiler import SOURCE
from ..errors import unexpected
from .ledger import Result, check, matching

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What roles of MyST say, such as ``{eq}`eq-paper-error` ``, where Sphinx is not there to resolve them: each notebook
#: of the JupyterLab edition fills it in its first cell.
REFERENCES: Final[dict[str, str]] = {}
_ROLE: Final = re.compile(r"\{[a-z:]+\}`[^`]+`")


def show_source(*functions: Callable[..., Any], docstring: bool = False) -> None:
    """Display functions of the library as they stand in their file, below the name of their module, or their class.

    Parameters
    ----------
    *functions : functions, classes or methods
    docstring : bool
        Keep the docstrings; without them the code stands beside its equation in a few lines.

    Examples
    --------
    >>> from sl1lib.reference import relu
    >>> show_source(relu)
    ```python
    # sl1lib.reference.activations
    def relu(x: ArrayLike) -> np.ndarray:
        return np.maximum(x, 0)
    ```
    """
    parts, home = [], ""
    for function in functions:
        source = textwrap.dedent(inspect.getsource(function)).rstrip()
        source = source if docstring else _without_docstring(source)
        place = ".".join([function.__module__, *function.__qualname__.split(".")[:-1]])
        if place != home:
            home = place
            source = f"# {home}\n{source}"
        parts.append(source)
    _show_markdown("```python\n" + "\n\n\n".join(parts) + "\n```")


def show_c(*functions: str) -> None:
    """Display functions of the engine in C as they stand in their file, with the comment above each.

    Examples
    --------
    >>> show_c("activate")
    ```c
    // sl1lib/engine/kernels.c
    INLINE void activate(const Reading *reading, V *y, int count) {
        if (reading->sigmoid)
            for (int n = 0; n < count; n++) y[n] = sigmoid(y[n]);
        else
            for (int n = 0; n < count; n++) y[n] = positive(y[n], y[n]);
    }
    ```
    """
    source = SOURCE.read_text(encoding="utf-8")
    parts = []
    for name in functions:
        found = re.search(rf"^(?://[^\n]*\n)*[^\n/#]*\b{name}\((?:.*?)^}}$", source, re.MULTILINE | re.DOTALL)
        if found is None:
            raise unexpected("the function", name, f"it must be one of {SOURCE.name}")
        parts.append(found.group())
    _show_markdown("```c\n// sl1lib/engine/kernels.c\n" + "\n\n".join(parts) + "\n```")


def say(text: str) -> None:
    """Display a paragraph of Markdown; given an f-string, prose whose numbers are computed where they stand.

    Parameters
    ----------
    text : str
        Indented and broken as the code likes; a blank line starts a new paragraph.

    Examples
    --------
    >>> say(f"A kernel has {5 * 5} places.")
    A kernel has 25 places.
    """
    _show_markdown(textwrap.dedent(text).strip())


def show_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Display a table. Cells are Markdown; columns of numbers are aligned on the right, others on the left.

    Parameters
    ----------
    headers : sequence of str
    rows : sequence of sequences of str
        Values already formatted.

    Examples
    --------
    >>> show_table(["method", "error"], [["SL1", "1.1 %"]])
    | method | error |
    |:--|--:|
    | SL1 | 1.1 % |
    """
    _show_markdown(as_table(headers, rows))


def show_folded_table(summary: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Display a table below a line that opens it, where the line says what most readers want to know.

    Parameters
    ----------
    summary : str
        Plain text.
    headers, rows
        As `show_table` takes them.

    Examples
    --------
    >>> show_folded_table("1 method", ["method", "error"], [["SL1", "1.1 %"]])
    <details class="sl1-folded"><summary>1 method</summary>
    <BLANKLINE>
    | method | error |
    |:--|--:|
    | SL1 | 1.1 % |
    <BLANKLINE>
    </details>
    """
    opening = f'<details class="sl1-folded"><summary>{html.escape(summary)}</summary>'
    _show_markdown(f"{opening}\n\n{as_table(headers, rows)}\n\n</details>")


def as_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown, its columns aligned as `show_table` says.

    Examples
    --------
    >>> print(as_table(["method"], [["SL1"]]))
    | method |
    |:--|
    | SL1 |
    """
    marks = ["--:" if all(map(_is_number, column)) else ":--" for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(line) + " |" for line in (headers, *rows)]
    return "\n".join([lines[0], "|" + "|".join(marks) + "|", *lines[1:]])


def _is_number(cell: str) -> bool:
    return cell[:1] in "0123456789+-−–."


def show_figure(figure: Figure, *, alt: str, caption: str = "") -> None:
    """Display a figure whose words follow its numbers; words that hold for all data stand in the cell's metadata.

    Parameters
    ----------
    figure : Figure
    alt : str
        The alternative text: what a sighted reader takes from the figure.
    caption : str
        As Markdown; the figure's name, by which it is referred to, stays in the cell's metadata.

    Examples
    --------
    >>> from sl1lib.book.dense_and_entropy.figures import relu_subgradients
    >>> lines = relu_subgradients([0, 1], wrong=2)
    >>> show_figure(lines, alt="Three lines.", caption="How many lines? Three.")  # doctest: +ELLIPSIS
    Figure(...)
    """
    words = {"image": {"alt": _one_line(alt)}} | ({"figure": {"caption": _one_line(caption)}} if caption else {})
    display(figure, metadata={"mystnb": words})  # where MyST-NB looks for them, but in the output: see book/_ext


def _one_line(text: str) -> str:
    return " ".join(text.split())


def show_checks(*labels: str) -> None:
    """Check equations now, say how many checks passed, and insist that none fails.

    The line opens to a table of what was compared and how far it deviates.

    Parameters
    ----------
    *labels : str
        Labels, or what they begin with, as `matching` of `sl1lib.book.ledger` takes them: ``"eq-conv"`` is a chapter's.

    Raises
    ------
    AssertionError
        If a check fails: the page then does not build.
    ValueError
        If no equation has such a label.

    Examples
    --------
    >>> show_checks("eq-conv-size")
    <details class="sl1-folded"><summary>1 check, passed</summary>
    <BLANKLINE>
    | equation, and what it is compared with | deviation |
    |:--|:--|
    | *the size of the output*: against counting the places, for every size up to 29 | `✓ equal` |
    <BLANKLINE>
    </details>
    """
    results = [check(label) for label in matching(*labels)]
    rows = [[f"*{result.title}*: {m.what}", f"`{m}`"] for result in results for m in result.measured]
    rows += [[f"*{result.title}*: {result.because}", "`definition`"] for result in results if result.because]
    rows += [[f"*{result.title}*: {result.skipped}", "`skipped`"] for result in results if result.skipped]
    show_folded_table(_counted(results), ["equation, and what it is compared with", "deviation"], rows)
    failed = [result for result in results if result.failed]
    assert not failed, "\n".join(map(repr, failed))


def say_data(data: Dataset) -> None:
    """Say at the top of a page which data its numbers come from, loudly if it is not MNIST.

    Examples
    --------
    >>> from sl1lib import load_data
    >>> say_data(load_data("digits"))  # doctest: +ELLIPSIS
    Data on this page: digits, not MNIST. 1,415 training and 382 test images...
    """
    is_mnist = data.name.partition("[")[0] == "mnist"  # a subset's name adds what it is in brackets
    title = f"Data on this page: {data.name}" + ("" if is_mnist else ", not MNIST")
    text = f"{len(data.x_train):,} training and {len(data.x_test):,} test images."
    if not is_mnist:
        fallen_back = "instead of MNIST" in data.source  # as load_data("auto") says it; else the page chose the set
        text += (
            (" MNIST was not available when this page was made, so" if fallen_back else " The page uses this set:")
            + " every number measured on images belongs to this small set and differs from what MNIST gives."
            + (" Set SL1LIB_DATA to a folder with MNIST's files and run the page again." if fallen_back else "")
        )
    box = f'<div class="data-banner"><strong>{html.escape(title)}.</strong> {html.escape(text)}</div>'
    display(_Shown(f"{title}. {text}", html=box))


def _counted(results: Sequence[Result]) -> str:
    """Return how many checks passed, and how many equations were skipped."""
    measured = [measurement for result in results for measurement in result.measured]
    passed = sum(measurement.passed for measurement in measured)
    skipped = sum(bool(result.skipped) for result in results)
    all_of = "all passed" if passed == len(measured) else f"{passed} passed"
    checks = "1 check, passed" if passed == len(measured) == 1 else f"{len(measured)} checks, {all_of}"
    return checks + (f"; {skipped} equation{'s' * (skipped > 1)} skipped" if skipped else "")


class _Shown:
    """Something to display, with its plain text for terminals and for nbval."""

    def __init__(self, plain: str, **rich: str) -> None:
        self._plain, self._rich = plain, {f"text/{kind}": text for kind, text in rich.items()}

    def __repr__(self) -> str:
        return self._plain

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self._plain, **self._rich}


def _show_markdown(text: str) -> None:
    display(_Shown(text, markdown=_ROLE.sub(_reference, text) if REFERENCES else text))


def _reference(role: re.Match[str]) -> str:
    return REFERENCES.get(_one_line(role[0]), role[0])


def _without_docstring(source: str) -> str:
    """Cut the docstring out of the text; comments and layout stay, which a round trip through ``ast`` would lose."""
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.ClassDef)
    first = definition.body[0]
    if ast.get_docstring(definition) is None or len(definition.body) == 1:
        return source
    lines = source.splitlines(keepends=True)
    assert first.end_lineno is not None
    rest = "".join(lines[first.end_lineno :])
    return "".join(lines[: first.lineno - 1]) + rest.removeprefix("\n")  # a class has an empty line there
