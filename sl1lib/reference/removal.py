r"""The removal of inputs from a layer: the arrays become smaller, the mean of what is gone goes into the bias.

The layers are those of the network: a fully connected one, whose inputs are nodes, or a convolution without padding,
whose inputs are maps.
"""

from __future__ import annotations

import numpy as np

from ..errors import require_removable


def remove_inputs(
    W: np.ndarray,
    b: np.ndarray,
    removed: np.ndarray,
    means: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the weights and the bias of a layer without some of its inputs.

    An input that is removed counts as the constant :math:`\bar x_k` from then on, and a constant is a matter of the
    bias:

    .. math:: b'_c = b_c + \sum_{k\ \text{removed}} \bar x_k \sum_{m,n} W_{ckmn}.

    The new layer's outputs have the same mean as before over the images that the means come from. For every single
    image they differ by :math:`\sum_k (\bar x_k - x_k) \sum_{m,n} W_{ckmn}`, which is 0 where the weights are.

    Parameters
    ----------
    W : ndarray, shape (C, K) or (C, K, kh, kw)
        A fully connected layer, then without the sum over :math:`m, n`; or the kernels of a convolution.
    b : ndarray, shape (C,)
    removed : ndarray of bool, shape (K,)
        Which inputs to remove.
    means : ndarray, shape (K,), optional
        :math:`\bar x_k`, of which only the removed inputs' are read. Without it they count as 0.

    Returns
    -------
    W : ndarray, shape (C, K', …)
        Without the removed columns.
    b : ndarray, shape (C,)

    Examples
    --------
    >>> U, b = np.array([[1.0, 2.0, 3.0]]), np.array([0.5])
    >>> remove_inputs(U, b, np.array([False, True, False]), np.array([9.0, 0.1, 9.0]))
    (array([[1., 3.]]), array([0.7]))
    """
    require_removable(W, b, removed, means)
    if means is not None:
        sums = W[:, removed].sum(axis=tuple(range(2, W.ndim)))
        b = b + sums @ means[removed]
    return W[:, ~removed], b
