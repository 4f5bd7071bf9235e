"""The figure to play with of the chapter *Your own model*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import unexpected
from ..choices import Made, Number, OneOf, Whole, frozen
from ..explorer import Explorer, make_explorer


def path_explorer(
    strengths: np.ndarray, norms: np.ndarray, pulls: np.ndarray, errors: np.ndarray, eps: float, relevant: Sequence[int]
) -> Explorer:
    r"""Return a figure in which a reader moves :math:`\lambda` and a threshold, and sees which groups are dead.

    Parameters
    ----------
    strengths : ndarray, shape (S,)
        Values of :math:`\lambda`, increasing.
    norms : ndarray, shape (S, G)
        Lengths of the groups at the minimum of each.
    pulls : ndarray, shape (S, G)
        Lengths of the error's gradient there.
    errors : ndarray, shape (S,)
        Error on data not used for training.
    eps : float
        :math:`\varepsilon > 0`; the threshold starts there.
    relevant : sequence of int
        Groups that are known to matter.

    Returns
    -------
    Explorer
        To choose: ``strength``, ``shift`` of the threshold in twentieths of a power of ten, ``eps``, and another
        ``path``, a dict of ``strengths``, ``norms``, ``pulls``, ``errors`` and ``relevant``. Computed: the groups
        ``alive``, the ``threshold``, and for how many groups length and pull ``differ``.

    Raises
    ------
    ValueError
        If the shapes do not fit together, now or when it is assigned.

    Examples
    --------
    >>> path_explorer(np.array([0.1, 1.0]), np.ones((2, 3)), np.ones((2, 3)), np.ones(2), 0.01, [0])
    <path explorer: 2 strengths, 3 groups>
    """
    path = {"strengths": strengths, "norms": norms, "pulls": pulls, "errors": errors, "relevant": relevant}
    shown = _path(path)["strengths"].tolist()
    return make_explorer(
        __file__,
        f"path explorer: {len(strengths)} strengths, {norms.shape[1]} groups",
        ("alive", "threshold", "differ"),
        path=Made(path, _path),
        eps=Number(eps, 1e-12),
        strength=OneOf(shown[len(shown) // 2], lambda state: state["path"]["strengths"].tolist()),
        shift=Whole(0, -40, 20),
    )


def _path(path: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return the arrays of a path, with four digits, if they fit together."""
    names = ("strengths", "norms", "pulls", "errors", "relevant")
    if not isinstance(path, Mapping) or set(path) != set(names):
        raise unexpected("path", path, f"it must be a dict of {', '.join(names)}")
    found = {name: frozen(name, path[name]) for name in names}
    shapes = tuple(found[name].shape for name in names[:-1])
    count, groups = shapes[1] if len(shapes[1]) == 2 else (0, 0)
    if not count or shapes != ((count,), (count, groups), (count, groups), (count,)):
        right = "they must be (S,), (S,G), (S,G), (S,)"
        raise unexpected("the shapes of strengths, norms, pulls, errors", shapes, right)
    for group in found["relevant"].tolist():
        if group not in range(groups):
            raise unexpected("a relevant group", group, f"it must be a number from 0 to {groups - 1}")
    return {name: frozen(name, np.vectorize(_rounded)(each) if each.size else each) for name, each in found.items()}


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.4g}")
