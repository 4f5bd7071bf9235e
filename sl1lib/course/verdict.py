"""What a check says: in words, as a card in a notebook, and for programs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .wire import Foreign, Tensor


@dataclass(frozen=True)
class Case:
    """One call: what went in, what came out, what should have.

    Parameters
    ----------
    words : str
        What is particular about it.
    arguments : mapping of str
        Each argument by its name.
    expected : object
    received : object
        None where the call did not come to an answer.
    where : str
        How the two differ.
    """

    words: str
    arguments: Mapping[str, Any]
    expected: Any
    received: Any = None
    where: str = ""

    def __str__(self) -> str:
        lines = [f"{name} = {shown(value, len(name) + 3)}" for name, value in self.arguments.items()]
        answers = {"received": self.received, "expected": self.expected}
        lines += [f"{name}: {shown(value, len(name) + 2)}" for name, value in answers.items() if value is not None]
        return "\n".join([f"The case: {self.words}.", *lines, *([self.where] if self.where else [])])


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found.

    Parameters
    ----------
    exercise : str
        The exercise's name.
    passed : bool
    mistake : str or None
        The name of the mistake in the exercise's catalogue, two with a ``+`` between them; or what else was found,
        ``"wrong_shape"`` say, a key of `FINDINGS`. None for a right answer, and for a wrong one that nothing explains.
    message : str
        In words; without the solution.
    case : Case, optional
        The simplest call that shows what is wrong.
    credit : float
        From 0 to 1; the message says what for.
    points : float
        What the exercise is worth.
    section : str
        Where to read on.
    link : str
        The address of that, where the teacher has said where the book is.

    Examples
    --------
    >>> verdict = Verdict("dense", False, "no_bias", "You leave the bias out.", credit=0.5, points=2)
    >>> verdict
    dense: not yet. You leave the bias out.
    >>> verdict.score
    1.0
    """

    exercise: str
    passed: bool
    mistake: str | None
    message: str
    case: Case | None = None
    credit: float = 0.0
    points: float = 1.0
    section: str = ""
    link: str = ""

    @property
    def score(self) -> float:
        """Points times credit."""
        return self.points * self.credit

    @property
    def headline(self) -> str:
        """Passed, not yet, or not attempted."""
        return "passed" if self.passed else "not attempted" if self.mistake == "not_attempted" else "not yet"

    def as_dict(self) -> dict[str, Any]:
        """Return what a program may want to store, in plain types."""
        names = ("exercise", "passed", "mistake", "message", "credit", "points", "score", "section", "link")
        return {**{name: getattr(self, name) for name in names}, "case": str(self.case) if self.case else None}

    def to_json(self) -> str:
        """Return `as_dict` as JSON."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    def __str__(self) -> str:
        parts = [f"{self.exercise}: {self.headline}. {self.message}"]
        if self.case is not None:
            parts.append("\n".join(f"    {line}" for line in str(self.case).splitlines()))
        if self.section:
            parts.append(f"Read on: {self.section}." + (f" {self.link}" if self.link else ""))
        return "\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour, sign = ("#2a7f3f", "✓") if self.passed else ("#b35900", "✗")
        section = html.escape(self.section)
        if self.link:
            section = f'<a href="{html.escape(self.link)}">{section}</a>'
        return card(
            self.message,
            colour,
            head=f"<strong>{sign} {html.escape(self.exercise)}: {self.headline}.</strong> ",
            foot=(f'<pre style="margin:0.5em 0">{html.escape(str(self.case))}</pre>' if self.case else "")
            + (f"<p>Read on: {section}.</p>" if section else ""),
        )


def card(text: str, colour: str = "#3a6ea5", head: str = "", foot: str = "") -> str:
    """Return HTML that a notebook shows in its own colours, light or dark; a line of ``text`` becomes a paragraph."""
    marked = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    body = "".join(f'<p style="margin:0.3em 0">{part}</p>' for part in marked.split("\n"))
    style = f"border-left:0.3em solid {colour};padding:0.2em 0.8em;margin:0.5em 0"
    return f'<div role="status" style="{style}">{head}{body}{foot}</div>'


def shown(value: Any, indent: int = 0) -> str:
    """Return a value as a person would write it down."""
    if isinstance(value, Tensor):
        return f"tensor {shown(value.array, indent + 7)}"
    if isinstance(value, Foreign):
        return f"an object of the type {value.type_name}"
    if isinstance(value, np.ndarray):
        lines = np.array2string(value, precision=4, suppress_small=True, threshold=64, separator=", ").splitlines()
        text = ("\n" + " " * indent).join(lines)
        return f"{text}  shape {value.shape}" if value.ndim > 1 else text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(each, indent + len(name) + 3)}" for name, each in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "(" + f",\n{' ' * (indent + 1)}".join(shown(each, indent + 1) for each in value) + ")"
    if isinstance(value, float):
        return f"{value:.10g}"
    return repr(value) if not callable(value) or isinstance(value, type) else getattr(value, "__name__", repr(value))
