"""The moving picture of the first page: a corner that is rounded, and nodes whose weights fade."""

from __future__ import annotations

from ..choices import Number, Whole
from ..explorer import Explorer, make_explorer

#: How much the data ask of each node's weights: the length that they would have without a penalty.
ASKED = (1.7, 0.3, 2.3, -0.6, 1.2, 0.8)

#: Updates that the picture makes.
UPDATES = 40


def first_explorer(eps: float = 0.3) -> Explorer:
    r"""Return a small network whose nodes live or fade, beside the error of one of them, whose corner can be rounded.

    The weights of a node keep their direction, so that one number ``w`` tells their length. Each follows the gradient
    of :math:`\tfrac12 (w - z)^2 + \lambda\,\varphi_\varepsilon(\abs{w})`, where z is what the data ask of the node;
    :math:`\varepsilon = 0` leaves the corner sharp.

    Parameters
    ----------
    eps : float
        How round the corner is, from 0 to 0.5.

    Returns
    -------
    Explorer
        To choose: ``eps``, the ``strength`` of the penalty, the ``node`` whose error is shown, and the update ``t``.
        Computed: ``courses``, a list of weights for each node; ``gone``, which of them end at rest and shorter than ε.

    Raises
    ------
    ValueError
        For a value out of range, now or when it is assigned.

    Examples
    --------
    >>> first_explorer()
    <a corner and 6 nodes>
    """
    return make_explorer(
        __file__,
        f"a corner and {len(ASKED)} nodes",
        ("courses", "gone"),
        asked=ASKED,
        updates=UPDATES,
        start=1.5,
        lr=0.25,
        eps=Number(eps, 0, 0.5),
        strength=Number(1, 0, 2),
        node=Whole(1, 0, len(ASKED) - 1),
        t=Whole(UPDATES, 0, UPDATES),
    )
