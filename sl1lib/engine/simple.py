"""Training as a textbook writes it: the data set in memory, index batches, and one pass of autograd per update.

`sl1lib.train` uses `Engine`, which gives the same numbers sooner; this loop is what to compare it with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..architecture import epoch_order
from ..errors import require_choice
from ..fast.losses import LOSSES
from ..fast.network import Tensors, forward
from ..fast.optimizer import heavy_ball_step, proximal_step
from ..fast.penalty import penalty, penalty_grad
from ..readings import Reading, find_reading
from ..settings import LearningRate

if TYPE_CHECKING:
    from ..settings import MomentumRamp, Penalty


class SimpleEngine:
    """Train one network: ``for error, cost in engine.epoch(0): ...`` makes the updates of the first epoch.

    Parameters
    ----------
    params : dict of Tensor
        The start, as ``fast.init_params`` returns. Not changed: `params` always holds the newest ones.
    x : Tensor, shape (N, 1, 28, 28)
        Training images in the dtype and on the device of ``params``.
    labels : Tensor of int64, shape (N,)
    lr, momentum, penalty, seed
        As in `Training`.
    reading, loss, batch_size
        As in `Engine`.

    Examples
    --------
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.fast import init_params
    >>> x, labels = torch.zeros(4, 1, 28, 28), torch.arange(4)
    >>> engine = SimpleEngine(init_params(), x, labels, lr=1.0, momentum=MomentumRamp())
    >>> [[round(error, 3) for error, cost in engine.epoch(e)] for e in range(2)]
    [[2.303], [2.16]]
    """

    def __init__(
        self,
        params: Tensors,
        x: torch.Tensor,
        labels: torch.Tensor,
        *,
        lr: float | LearningRate,
        momentum: MomentumRamp,
        reading: str | Reading = "table",
        penalty: Penalty | None = None,
        loss: str = "cross_entropy",
        batch_size: int = 50,
        seed: int = 0,
    ) -> None:
        self.params = {name: tensor.detach() for name, tensor in params.items()}  #: the newest parameters
        self.updates = 0  #: how many were made
        self._velocity = {name: torch.zeros_like(tensor) for name, tensor in self.params.items()}
        self._x, self._labels = x, labels
        self._lr, self._momentum = LearningRate.of(lr), momentum
        self._reading, self._penalty = find_reading(reading), penalty
        require_choice("loss", loss, LOSSES)
        self._error, self._batch_size, self._seed = LOSSES[loss], batch_size, seed

    @property
    def updates_per_epoch(self) -> int:
        """How many updates an epoch makes."""
        return -(-len(self._x) // self._batch_size)

    def epoch(self, number: int) -> Iterator[tuple[float, float]]:
        r"""Make the updates of epoch ``number``; yield for each the :math:`E_0` and :math:`\lambda\sum h` before it."""
        order = torch.from_numpy(epoch_order(self._seed, number, len(self._x))).to(self._x.device)
        for batch in order.split(self._batch_size):
            yield self._update(self._x[batch], self._labels[batch])

    def _update(self, x: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
        error, grads = self._error_and_gradient(x, labels)
        cost = 0.0
        proximal = self._penalty is not None and self._penalty.step == "proximal"
        if self._penalty is not None:
            cost = float(penalty(self.params["U"], self._penalty))
            if not proximal:
                grads["U"] = grads["U"] + penalty_grad(self.params["U"], self._penalty)
        before = self.params
        rate, momentum = self._lr.at(self.updates), self._momentum.at(self.updates)
        self.params, self._velocity = heavy_ball_step(before, self._velocity, grads, rate, momentum)
        if self._penalty is not None and proximal:
            self.params, self._velocity = proximal_step(self.params, self._velocity, before, rate, self._penalty)
        self.updates += 1
        return error, cost

    def _error_and_gradient(self, x: torch.Tensor, labels: torch.Tensor) -> tuple[float, Tensors]:
        leaves = {name: tensor.requires_grad_() for name, tensor in self.params.items()}
        error = self._error(forward(leaves, x, self._reading), labels)
        grads = torch.autograd.grad(error, list(leaves.values()))
        for tensor in leaves.values():
            tensor.requires_grad_(False)
        return float(error.detach()), dict(zip(leaves, grads, strict=True))


def images_to_tensor(
    images: np.ndarray, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu"
) -> torch.Tensor:
    """Turn grey levels 0–255 into the network's input, numbers in [0, 1] with a channel axis.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, 28, 28)
    dtype : torch.dtype
    device : str or torch.device

    Returns
    -------
    Tensor, shape (N, 1, 28, 28)

    Examples
    --------
    >>> images_to_tensor(np.full((2, 28, 28), 255, dtype=np.uint8)).unique()
    tensor([1.])
    """
    return torch.tensor(images, dtype=dtype, device=device).unsqueeze(1) / 255
