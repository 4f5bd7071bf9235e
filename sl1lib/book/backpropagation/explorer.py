"""The figure to play with of the chapter *Backpropagation*."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike

from ...errors import require_number, unexpected
from ..choices import Array, Made, Number, OneOf, Switch, Whole
from ..explorer import Explorer, make_explorer

#: What the small network of the chapter starts with: kernel, bias, weight, bias.
SMALL_NETWORK: dict[str, float] = {"K": 2.0, "β": -3.0, "U": 3.0, "b": 0.0}


def backpropagation_stepper(
    pixels: ArrayLike = (1, 2, 3, 2), target: float = 1.0, params: Mapping[str, float] = SMALL_NETWORK
) -> Explorer:
    """Return a figure that steps backwards through a network of one kernel, one node and one score.

    The four pixels are a 2×2 image. Its four convolved values ``K X + β`` are pooled into one and activated, in the
    order of either reading; ``S = U A + b`` is compared with a target by half a square.

    Parameters
    ----------
    pixels : array_like, shape (4,)
    target : float
    params : mapping of str to float
        The numbers that the network has learned, by the names of `SMALL_NETWORK`.

    Returns
    -------
    Explorer
        To choose: these three, in ``params`` None where nothing is typed; ``reading``, ``"table"`` or ``"text"``;
        ``wrong`` for the wrong mask; ``shown``, how many of the 6 steps. Computed: ``values`` on the way forward,
        ``gradients``, and ``disagree``, for whom differences say something else.

    Raises
    ------
    ValueError
        For a value that does not fit, now or when it is assigned.

    Examples
    --------
    >>> backpropagation_stepper()
    <backpropagation stepper: 4 pixels, 1 kernel, 1 node>
    """
    return make_explorer(
        __file__,
        "backpropagation stepper: 4 pixels, 1 kernel, 1 node",
        ("values", "gradients", "disagree"),
        pixels=Array(pixels, (4,)),
        target=Number(target),
        params=Made(params, _network),
        reading=OneOf("table", ("table", "text")),
        wrong=Switch(False),
        shown=Whole(0, 0, 6),
    )


def _network(params: Mapping[str, float | None]) -> dict[str, float | None]:
    if not isinstance(params, Mapping) or set(params) != set(SMALL_NETWORK):
        raise unexpected("params", params, f"it must have {', '.join(SMALL_NETWORK)}, a number each")
    for name, value in params.items():
        if value is not None:
            require_number(name, value)
    return {name: None if (value := params[name]) is None else float(value) for name in SMALL_NETWORK}
