"""How the heavy ball behaves: on a parabola by its 2×2 matrix, else by its energy (part *Smoothing*)."""

from __future__ import annotations

import numpy as np

from ..errors import require_number, unexpected


def heavy_ball_matrix(step: float, momentum: float) -> np.ndarray:
    r"""Return the matrix that takes :math:`(w_t, w_{t-1})` to :math:`(w_{t+1}, w_t)` on a parabola.

    Equation ``eq-descent-matrix``, chapter *Convergence*.

    Parameters
    ----------
    step : float
        :math:`\eta\kappa`: learning rate times curvature.
    momentum : float
        :math:`\mu`.

    Returns
    -------
    ndarray, shape (2, 2)

    Examples
    --------
    >>> heavy_ball_matrix(1.0, 0.25)
    array([[ 0.25, -0.25],
           [ 1.  ,  0.  ]])
    """
    require_number("step", step)
    require_number("momentum", momentum)
    return np.array([[1 + momentum - step, -momentum], [1.0, 0.0]])


def contraction(step: float, momentum: float) -> float:
    r"""Return the largest absolute eigenvalue of `heavy_ball_matrix`: the factor an update shortens the error by.

    Equation ``eq-descent-stable``, chapter *Convergence*.

    Parameters
    ----------
    step, momentum
        As in `heavy_ball_matrix`.

    Returns
    -------
    float
        Below 1 exactly when every start converges.

    Examples
    --------
    >>> round(contraction(2.2, 0.0), 3), round(contraction(2.2, 0.2), 3)
    (1.2, 0.724)
    """
    roots = np.linalg.eigvals(heavy_ball_matrix(step, momentum))
    return float(np.abs(roots).max())


def heavy_ball_energy(
    errors: np.ndarray, path: np.ndarray, lr: float, momentum: float
) -> np.ndarray:
    r"""Return :math:`H_t = E(W_t) + \frac{\mu}{2\eta} \lVert W_t - W_{t-1} \rVert^2` along a descent from rest.

    Equations ``eq-descent-energy`` and ``eq-descent-energy-drop``, chapter *Convergence*.

    Parameters
    ----------
    errors : ndarray, shape (T,)
        :math:`E(W_t)` for each iterate.
    path : ndarray, shape (T, ...)
        The iterates, as `descend` returns them.
    lr, momentum : float
        :math:`\eta` and :math:`\mu` of the descent.

    Returns
    -------
    ndarray, shape (T,)

    Examples
    --------
    >>> heavy_ball_energy(np.array([2.0, 0.5]), np.array([2.0, 1.0]), lr=0.5, momentum=0.2)
    array([2. , 0.7])
    """
    require_number("lr", lr, above=0)
    if len(errors) != len(path):
        raise unexpected(
            "the number of errors",
            len(errors),
            f"path has {len(path)} iterates",
        )
    moves = np.diff(path, axis=0, prepend=path[:1]).reshape(len(path), -1)
    return errors + momentum / (2 * lr) * (moves**2).sum(axis=1)
