"""The figure to play with of the chapter *Dense layer and entropy*."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..choices import Array, Number, OneOf, State, Switch
from ..explorer import Explorer, make_explorer


def softmax_explorer(scores: ArrayLike = (3.0, 2.0, -1.0), label: int = 2) -> Explorer:
    """Return a figure in which a reader moves scores and sees probabilities, error and gradient.

    Parameters
    ----------
    scores : array_like, shape (C,)
        From 2 to 10, such as those that a network of yours gives an image; between -100 and 100.
    label : int
        The class that is right at the start, from 0 to C - 1.

    Returns
    -------
    Explorer
        To choose: ``scores``, ``label``, ``relu`` before softmax or not, and ``warmth``, the common logarithm of the
        temperature. Computed: ``temperature``, ``probabilities``, ``error`` and ``gradient``.

    Raises
    ------
    ValueError
        For a value out of range, now or when it is assigned.

    Examples
    --------
    >>> softmax_explorer()
    <softmax explorer: 3 scores, temperature, ReLU>
    """

    def misfit(shape: tuple[int, ...], state: State) -> str:
        return "" if 2 <= shape[0] <= 10 else "there must be from 2 to 10"

    return make_explorer(
        __file__,
        f"softmax explorer: {np.size(scores)} scores, temperature, ReLU",
        ("temperature", "probabilities", "error", "gradient"),
        scores=Array(scores, (None,), -100, 100, misfit=misfit),
        label=OneOf(label, lambda state: range(len(state["scores"]))),
        relu=Switch(False),
        warmth=Number(0, -1, 1),
    )
