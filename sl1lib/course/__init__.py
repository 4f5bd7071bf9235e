"""Exercises that say which mistake it is: for courses, in a notebook, a terminal or a program.

`exercises` lists what there is; ``q = exercise("conv2d")`` has ``q.check(my_conv2d)``, ``q.hint()`` and
``q.solution()``. A right answer is told what was verified. A wrong one is compared with a catalogue of known mistakes,
each a small wrong implementation, and named if it is one of them. Else it is said how the answer follows from the
right one, by a factor or in another order, or it gets the smallest case in which it fails.
`Exercise` makes exercises of one's own, `prove` says whether one keeps what its check promises, `build` makes a
course's folder out of exercises, and `grade` marks what a class handed in. Everything here needs NumPy and no PyTorch,
but for exercises on tensors; derivations, whose answer is an expression, need SymPy.

Examples
--------
>>> from sl1lib import course
>>> def avg_pool2d(a, k):
...     n, c, h, w = a.shape
...     return a.reshape(n, c, h // k, k, w // k, k).sum(axis=(3, 5))
>>> course.check("avg_pool2d", avg_pool2d).mistake
'sum_for_mean'
"""

from typing import TYPE_CHECKING

from .._later import later
from .conduct import FINDINGS
from .exercise import Exercise, Mistake
from .inputs import Draw
from .preferences import configure
from .shelf import check, exercise, exercises
from .verdict import Case, Verdict

if TYPE_CHECKING:
    from .building import build as build
    from .grading import grade as grade
    from .marks import Marks as Marks
    from .proving import prove as prove

__all__ = [
    "FINDINGS",
    "Case",
    "Draw",
    "Exercise",
    "Marks",
    "Mistake",
    "Verdict",
    "build",
    "check",
    "configure",
    "exercise",
    "exercises",
    "grade",
    "prove",
]

__getattr__ = later(
    __name__, {"building": ("build",), "grading": ("grade",), "marks": ("Marks",), "proving": ("prove",)}
)
