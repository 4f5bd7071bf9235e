"""The figure to play with of the chapter *Your own model*."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import require_number, unexpected
from ..explorer import Explorer


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

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    Examples
    --------
    >>> path_explorer(np.array([0.1, 1.0]), np.ones((2, 3)), np.ones((2, 3)), np.ones(2), 0.01, [0])
    <path explorer: 2 strengths, 3 groups>
    """
    require_number("eps", eps, above=0)
    if norms.ndim != 2 or norms.shape != pulls.shape or len(norms) != len(strengths) or len(errors) != len(strengths):
        shapes = (strengths.shape, norms.shape, pulls.shape, errors.shape)
        raise unexpected(
            "the shapes of strengths, norms, pulls, errors", shapes, "they must be (S,), (S,G), (S,G), (S,)"
        )
    numbers = {
        name: [[float(f"{value:.4g}") for value in row] for row in np.atleast_2d(array).tolist()]
        for name, array in (("norms", norms), ("pulls", pulls))
    }
    shown = [float(f"{value:.4g}") for value in strengths.tolist()]
    return Explorer(
        __file__,
        f"path explorer: {len(strengths)} strengths, {norms.shape[1]} groups",
        strengths=shown,
        errors=[float(f"{value:.4g}") for value in errors.tolist()],
        eps=eps,
        relevant=[int(group) for group in relevant],
        strength=shown[len(shown) // 2],
        shift=0,
        **numbers,
    )
