"""An exercise: its task, its solution, and a catalogue of the mistakes that people make in it."""

from __future__ import annotations

import copy
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np

from ..errors import require_choice, unexpected
from .chapters import CHAPTERS
from .checking import judge
from .comparing import Raised
from .diagnosis import Catalogue
from .inputs import Draw
from .preferences import PREFERENCES
from .sandbox import SANDBOX
from .verdict import Verdict, card
from .wire import decode, encode

Function = Callable[..., Any]
Change = tuple[str, str] | Function

#: What an exercise asks for, and the points that it is worth if it does not say: an expression that is derived on
#: paper, one line, a function, a whole update.
LEVELS: Final = {"derivation": 1.0, "line": 1.0, "function": 2.0, "update": 3.0}
RANDOM_TRIALS: Final = 12
LINE: Final = 88  # letters: notebooks break longer lines inside of words
FORBIDDEN: Final = ("sl1lib", "torch", "scipy", "sklearn", "tensorflow", "jax")


@dataclass(frozen=True)
class Mistake:
    """A mistake that people make in an exercise.

    Parameters
    ----------
    name : str
        A Python name, by which tables and verdicts call it.
    change : tuple of two str, or function
        What is right in the solution and what stands there instead, a piece of its source that occurs once; or a whole
        wrong function. Mistakes that are changes can be told apart when two are made at once.
    why : str
        Two sentences: what the function does, and what that means. Not the solution.
    section : str
        The heading in the exercise's chapter where one reads on.
    credit : float
        From 0 to 1: 0 for what no one has to think for, the value in place of the gradient, say.
    also : sequence of str, or changes
        Other ways to make the same mistake, which give other numbers: another small constant, the other side. A text
        stands in the same place as that of ``change``.

    Examples
    --------
    >>> Mistake("sum_for_mean", (".mean(", ".sum("), "You add up each block. A mean divides by k².").credit
    0.5
    """

    name: str
    change: Change
    why: str
    section: str = "What can go wrong"
    credit: float = 0.5
    also: Sequence[str | Change] = ()

    @property
    def title(self) -> str:
        """Its name as words."""
        return self.name.replace("_", " ")

    @property
    def ways(self) -> list[Mistake]:
        """The mistake once for each way to make it."""
        place = "" if callable(self.change) else self.change[0]
        changes = [(place, way) if isinstance(way, str) else way for way in (self.change, *self.also)]
        return [replace(self, change=change, also=()) for change in changes]


@dataclass(frozen=True)
class Trial:
    """A call that a check makes: what is particular about it, its arguments, the right answer."""

    words: str
    arguments: tuple[Any, ...]
    expected: Any


class Note(str):
    """A text that a terminal and a notebook show as it stands."""

    def __repr__(self) -> str:
        return str(self)


class Hint(Note):
    """The last of the hints so far; a notebook, whose cell loses what it showed, shows them all."""

    _given: Sequence[str]
    _rest: str

    def __new__(cls, given: Sequence[str], rest: str) -> Hint:
        """Make one of the texts of all hints so far, and of what is said of those to come."""
        self = super().__new__(cls, textwrap.fill(f"{given[-1]} ({rest})", LINE))
        self._given, self._rest = given, rest
        return self

    def _repr_html_(self) -> str:
        return card("\n".join([*self._given, self._rest]))


@dataclass(eq=False, repr=False)
class Exercise:
    """A function to be written, and all that it takes to check one.

    Parameters
    ----------
    function : function
        One right way, in plain code. Its name is the exercise's; its source is what mistakes are changes of.
    title, chapter, level : str
        A chapter by its folder, one of `CHAPTERS`; one of `LEVELS`. A ``"derivation"`` is a function of symbols that
        returns an expression, all symbols positive, and a check of it takes SymPy.
    minutes : int
        How long it takes someone who has read the chapter.
    task : str
        What to write: each argument with its shape, and what to return.
    cases : sequence of (str, tuple)
        Calls that a person can follow, the simplest first: what is particular, and the arguments.
    inputs : function
        ``inputs(draw, **sizes)`` returns the arguments of a random call; ``draw`` is a `Draw`.
    sizes : mapping of str
        The values that each size may take, the smallest first.
    mistakes : sequence of Mistake
    hints : sequence of three str
        From where to look to nearly there.
    reference : function, optional
        What is right, if not the solution: the library's function.
    tolerance : float
        Relative to the largest number of the right answer.
    because : str
        Why that closely; continues "to 1e-9, since".
    equations : sequence of str
        Labels of the book.
    blank : str
        A piece of the solution that the stub leaves out; without it, the whole body.
    allows, forbids : sequence
        Functions of packages that may be called; beginnings of the names of those that may not.
    points : float, optional
        What it is worth, if not what its level is.
    tensors : bool
        Whether the function gets and returns tensors: the arrays of `cases` and `inputs` are made tensors for it.
    seed : int
        Which random calls a check makes. Who grades takes one that nobody knows.

    Raises
    ------
    ValueError
        For an unknown chapter or level, or a number of hints other than three; in a check, for a mistake's change that
        does not fit the solution.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> doubled = Exercise(
    ...     double, "Double", "pooling", "line", 1, "Return twice `x`, an array of shape (n,).",
    ...     cases=[("two numbers", (np.array([1.0, 3.0]),))],
    ...     inputs=lambda draw, n: (draw.numbers(n),), sizes={"n": (1, 2)},
    ...     mistakes=[Mistake("squared", (lambda x: x**2), "You square. Twice 3 is 6, not 9.", "The equation")],
    ...     hints=("Think of 3.", "Multiply.", "The factor is 2."),
    ... )
    >>> doubled.check(lambda x: x + x).passed
    True
    >>> doubled.check(lambda x: x * x).mistake
    'squared'
    """

    function: Function
    title: str
    chapter: str
    level: str
    minutes: int
    task: str
    cases: Sequence[tuple[str, tuple[Any, ...]]]
    inputs: Function
    sizes: Mapping[str, Sequence[int]]
    mistakes: Sequence[Mistake]
    hints: Sequence[str]
    reference: Function | None = None
    tolerance: float = 1e-9
    because: str = "another order of the same sums rounds otherwise, by far less"
    equations: Sequence[str] = ()
    blank: str = ""
    allows: Sequence[Function] = ()
    forbids: Sequence[str] = FORBIDDEN
    points: float = 0.0
    tensors: bool = False
    seed: int = 0
    _hints_given: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        require_choice("chapter", self.chapter, CHAPTERS)
        require_choice("level", self.level, LEVELS)
        if len(self.hints) != 3:
            right = "there are three, from where to look to nearly there"
            raise unexpected("the number of hints", len(self.hints), right)
        self.points = self.points or LEVELS[self.level]

    @property
    def name(self) -> str:
        """The name of the function that is asked for."""
        return self.function.__name__

    @property
    def truth(self) -> Function:
        """What is right."""
        return self.function if self.reference is None else self.reference

    @property
    def symbolic(self) -> bool:
        """Whether the answer is an expression."""
        return self.level == "derivation"

    @property
    def ways(self) -> list[Mistake]:
        """Its mistakes, each once for each way to make it."""
        return [way for mistake in self.mistakes for way in mistake.ways]

    @cached_property
    def parameters(self) -> list[str]:
        """The names of the function's arguments."""
        return list(inspect.signature(self.function).parameters)

    @cached_property
    def source(self) -> str:
        """The solution's source."""
        return textwrap.dedent(inspect.getsource(self.function))

    @cached_property
    def trials(self) -> list[Trial]:
        """The calls of a check: the cases, then random ones."""
        drawn = [(f"random numbers, draw {n}", self.draw(self.seed, number=n)) for n in range(RANDOM_TRIALS)]
        return [Trial(words, args, self.answer(self.truth, args)) for words, args in [*self.cases, *drawn]]

    def given(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return arguments as a function of this exercise takes them."""
        if not self.tensors:
            return arguments
        import torch

        return tuple(torch.from_numpy(each) if isinstance(each, np.ndarray) else each for each in arguments)

    def answer(self, function: Function, arguments: tuple[Any, ...]) -> Any:
        """Return what a function of the exercise's own answers; `Raised` where it stops with an exception."""
        try:
            with np.errstate(all="ignore"):
                found = function(*copy.deepcopy(self.given(arguments)))
        except Exception as error:  # whatever a wrong implementation runs into
            return Raised(type(error).__name__)
        return decode(encode(found)) if self.tensors else found

    @cached_property
    def catalogue(self) -> Catalogue:
        """The mistakes as functions."""
        return Catalogue(self)

    def draw(self, seed: int, number: int) -> tuple[Any, ...]:
        """Return the arguments of a random call."""
        rng = np.random.default_rng([seed, number])
        sizes = {name: int(rng.choice(values)) for name, values in self.sizes.items()}
        return self.draw_of_size(sizes, [seed, number])

    def draw_of_size(self, sizes: Mapping[str, int], seed: list[int], whole: bool = False) -> tuple[Any, ...]:
        """Return the arguments of a random call of these sizes."""
        return tuple(self.inputs(Draw(seed, whole), **sizes))

    def is_sound(self, arguments: tuple[Any, ...]) -> bool:
        """Whether there is a finite right answer."""
        right = self.answer(self.truth, arguments)
        if isinstance(right, Raised):
            return False
        try:
            return bool(np.isfinite(np.asarray(right, dtype=np.float64)).all())
        except (TypeError, ValueError):  # several values
            return True

    def wrong(self, *mistakes: Mistake) -> Any:
        """Return the solution with these mistakes made in it; None where they cannot be made at once."""
        whole = [mistake.change for mistake in mistakes if callable(mistake.change)]
        if whole:
            return whole[0] if len(mistakes) == 1 else None
        source = self.wrong_source(*mistakes)
        if source is None:
            return None
        namespace = dict(self.function.__globals__)
        exec(compile(source, f"<{self.name}: {' and '.join(m.title for m in mistakes)}>", "exec"), namespace)
        return namespace[self.name]

    def wrong_source(self, *mistakes: Mistake) -> str | None:
        """Return the solution's source with changes made in it; None where two overlap."""
        changes = sorted(map(self._located, mistakes))
        if any(start + len(right) > later for (start, right, _), (later, _, _) in pairwise(changes)):
            return None
        source = self.source
        for start, right, instead in reversed(changes):
            source = source[:start] + instead + source[start + len(right) :]
        return source

    def _located(self, mistake: Mistake) -> tuple[int, str, str]:
        """Return where in the solution a mistake is made, and its two pieces of source."""
        assert not callable(mistake.change)
        right, instead = mistake.change
        if (count := self.source.count(right)) != 1:
            must = f"it must occur once in the solution, and is found {count} times"
            raise unexpected(f"the change of {mistake.name}", right, must)
        return self.source.index(right), right, instead

    def check(self, function: Any) -> Verdict:
        """Check a function: right, or which mistake it is.

        Parameters
        ----------
        function : function
            Called in another process, with a limit of time and of memory. For a derivation also an expression, such as
            ``"2 * (1 + momentum) / lr"``, or one of SymPy's.

        Returns
        -------
        sl1lib.course.Verdict

        Raises
        ------
        ModuleNotFoundError
            For a derivation, where SymPy is not installed.
        """
        return judge(self, function, SANDBOX.run)

    def hint(self) -> Hint:
        """Return the next of three hints."""
        number = self._hints_given = min(self._hints_given + 1, len(self.hints))
        solution = "`.solution()` in place of `.hint()` shows one right way."
        last = solution if PREFERENCES.solutions else "It is the last."
        rest = ("There are two more.", "There is one more.", last)[number - 1]
        return Hint([f"Hint {n} of 3: {hint}" for n, hint in enumerate(self.hints[:number], 1)], rest)

    def solution(self) -> Note:
        """Return one right way, unless the teacher has switched that off."""
        return Note(self.source if PREFERENCES.solutions else "The solutions of this course are switched off.")

    def stub(self) -> Note:
        """Return what a student begins with."""
        if self.blank:
            return Note(self.source.replace(self.blank, "..."))
        head = self.source[: self.source.index("):\n") + 3]
        return Note(f"{head}    ...\n")

    def __repr__(self) -> str:
        where = f"{CHAPTERS[self.chapter][0]}, {self.level}, {self.minutes} minutes"
        return f"{self.name}: {self.title} ({where})\n{self.task}\n\n{self.stub()}"
