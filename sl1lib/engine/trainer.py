"""What every engine does in the same way: many trainings at once, one update of each at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..architecture import CLASSES, PARAMETER_SHAPES, check_images, epoch_order
from ..errors import require_choice, require_count, unexpected
from ..fast.losses import LOSSES
from ..fast.network import Tensors
from ..readings import Reading, find_reading
from ..settings import LearningRate, MomentumRamp
from .penalties import CostRecord, group_penalties
from .threads import Threads, one_thread
from .weights import Weights, stack

if TYPE_CHECKING:
    from ..settings import Penalty


@dataclass(frozen=True)
class Training:
    """What one of the engine's trainings does; the trainings of one engine may differ in all of it.

    Parameters
    ----------
    params : dict of Tensor
        The start, as ``fast.init_params`` returns. Not changed.
    lr : float or LearningRate
        A number is a constant rate.
    momentum : MomentumRamp
    penalty : Penalty, optional
    seed : int
        The order of epoch ``e`` is ``epoch_order(seed, e, N)``. Trainings that share a seed share their batches, which
        are then fetched once.
    removed : dict of Tensor of bool, optional
        In the shapes of ``params``, True where a parameter is 0 and stays 0: a smaller network, trained in its full
        shape.
    """

    params: Tensors
    lr: float | LearningRate
    momentum: MomentumRamp
    penalty: Penalty | None = None
    seed: int = 0
    removed: Tensors | None = None


@dataclass(frozen=True)
class Costs:
    """What each update found before it: arrays ``(updates, M)`` of float64, one column per training."""

    E0: np.ndarray  #: the error of the batch
    penalty: np.ndarray  #: :math:`\lambda \sum h`

    def first_bad(self) -> dict[int, int]:
        """Return, for each training whose error became NaN or infinite, the first row where it did.

        Examples
        --------
        >>> Costs(np.array([[1.0, 1.0], [np.inf, 1.0], [np.nan, 1.0]]), np.zeros((3, 2))).first_bad()
        {0: 1}
        """
        bad = ~np.isfinite(self.E0 + self.penalty)
        return {int(m): int(bad[:, m].argmax()) for m in np.flatnonzero(bad.any(axis=0))}


class Trainer(ABC):
    r"""Train M networks at once: batches, updates, penalties, states. How gradients come about is the engine's affair.

    Parameters
    ----------
    trainings : sequence of Training
        At least one. Dtype and device are those of their parameters.
    x : Tensor, shape (N, 1, 28, 28)
        Training images in the dtype of the parameters, or uint8 grey levels, which count 1/255 each.
    labels : Tensor of int64, shape (N,)
    reading : str or Reading
    loss : {"cross_entropy", "squared_error"}
        The error function :math:`E_0`.
    batch_size : int
        A last batch that is not full is used as it is.

    Raises
    ------
    ValueError
        For no training at all, parameters or images of the wrong shape, or labels that do not match or are no digits.

    Notes
    -----
    On a CPU, a training's bits depend neither on the others beside it nor on the number of threads. PyTorch's number,
    which ``OMP_NUM_THREADS`` or `torch.set_num_threads` decides, is the most that are used: `advance` and `predict`
    measure how many are worth it, and leave PyTorch's number as it was. Engines that run in several threads of Python
    take turns, unless that number is 1.

    If one training diverges, its numbers become NaN, and `Costs.first_bad` says when; the others continue undisturbed.
    """

    def __init__(
        self,
        trainings: Sequence[Training],
        x: torch.Tensor,
        labels: torch.Tensor,
        *,
        reading: str | Reading = "table",
        loss: str = "cross_entropy",
        batch_size: int = 50,
    ) -> None:
        if not trainings:
            raise ValueError("there is no training; an engine needs at least one")
        check_images(x)
        if labels.shape != (len(x),):
            raise unexpected("the shape of labels", tuple(labels.shape), f"there are {len(x)} images")
        if not bool(((labels >= 0) & (labels < CLASSES)).all()):
            raise unexpected("the labels", sorted(set(labels.tolist())), f"they must be 0 to {CLASSES - 1}")
        require_choice("loss", loss, LOSSES)
        require_count("batch_size", batch_size, least=1)
        self.updates = 0  #: how many were made, of each training
        self._reading, self._batch_size = find_reading(reading), min(batch_size, len(x))
        self._loss = loss
        models, start = len(trainings), stack([training.params for training in trainings])
        dtype, device = start["U"].dtype, start["U"].device

        self._weights, self._velocity, self._gradient = (Weights(models, dtype, device) for _ in range(3))
        self._weights.write(start)
        self.change(trainings)
        self._present = _present(trainings, dtype, device)
        if self._present is not None:
            self._weights.flat.mul_(self._present.flat)

        self._images = self.prepare(x)
        self._labels = labels
        self._members: dict[int, list[int]] = {}  # by seed: these share their batches
        for m, training in enumerate(trainings):
            self._members.setdefault(training.seed, []).append(m)
        self._most, self._threads = 1, Threads(1)  # 1: threads that PyTorch has
        self._orders: tuple[int, list[tuple[torch.Tensor, ...]]] = (-1, [])

    @property
    def updates_per_epoch(self) -> int:
        """How many updates an epoch makes."""
        return -(-len(self._images) // self._batch_size)

    def advance(self, updates: int, stop: Callable[[], bool] | None = None) -> Costs:
        """Make ``updates`` updates of every training, from one epoch into the next where they lead there.

        Nothing is read back from the device before the last one.

        Parameters
        ----------
        updates : int
            At least 1.
        stop : function, optional
            Asked after each update; True ends the call there.

        Returns
        -------
        Costs
            A row for each update made.
        """
        require_count("updates", updates, least=1)
        E0, penalty = torch.zeros(2, updates, len(self.trainings), dtype=self._dtype, device=self._device).unbind()
        rates, momenta = self._schedules(updates)
        records, before = [CostRecord(group, penalty) for group in self._penalties], self.updates
        with torch.no_grad(), self._one_thread():
            for row in zip(E0.unbind(), rates.unbind(), momenta.unbind(), strict=True):
                self._update(records, *row)
                if stop is not None and stop():
                    break
            for record in records:
                record.write()
        made = self.updates - before
        return Costs(*(curve[:made].cpu().numpy().astype(np.float64) for curve in (E0, penalty)))

    def change(self, trainings: Sequence[Training]) -> None:
        """Let the rates, momenta and penalties of other trainings hold from the next update on; all else stays."""
        self.trainings = tuple(trainings)
        self._penalties = group_penalties([each.penalty for each in trainings], self._dtype, self._device)
        self._proximal = any(group.step == "proximal" for group in self._penalties)

    def epoch(self, chunk: int = 50) -> Iterator[Costs]:
        """Make the remaining updates of the current epoch, ``chunk`` at a time, and yield after each chunk."""
        left = self.updates_per_epoch - self.updates % self.updates_per_epoch
        while left:
            yield self.advance(min(chunk, left))
            left -= min(chunk, left)

    def params(self, training: int = 0) -> Tensors:
        """Return copies of one training's newest parameters."""
        return {name: stacked[training] for name, stacked in self._weights.read().items()}

    def state(self) -> dict[str, np.ndarray]:
        """Return all that decides what comes next: an engine that loads it by `load_state` resumes bit for bit.

        Returns
        -------
        dict of ndarray
            ``updates``, and for each of ``K1 … b`` the arrays ``weights/K1`` and ``velocity/K1`` with the training as
            first axis. They are copies.
        """
        state = {"updates": np.array(self.updates)}
        for kind, numbers in self._kept().items():
            state |= {f"{kind}/{name}": tensor.cpu().numpy() for name, tensor in numbers.read().items()}
        return state

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over the state of another engine with the same arguments; raise ``ValueError`` if it does not fit."""
        expected = {f"{kind}/{name}": shape for kind in self._kept() for name, shape in PARAMETER_SHAPES.items()}
        if set(state) != {"updates", *expected}:
            raise unexpected(
                "the entries of the state", sorted(state), f"it must have {sorted(['updates', *expected])}"
            )
        for name, shape in expected.items():
            whole = (len(self.trainings), *shape)
            if state[name].shape != whole:
                raise unexpected(f"the shape of state[{name!r}]", state[name].shape, f"here it must be {whole}")
        for kind, numbers in self._kept().items():
            arrays = {name: state[f"{kind}/{name}"] for name in PARAMETER_SHAPES}
            numbers.write({name: torch.as_tensor(array, device=self._device) for name, array in arrays.items()})
        self.updates = int(state["updates"])

    @torch.no_grad()
    def predict(self, x: torch.Tensor, prepared: bool = False) -> torch.Tensor:
        """Return the scores of the ten classes from every training's newest parameters.

        Parameters
        ----------
        x : Tensor, shape (N, 1, 28, 28)
            Of the dtype of the training images.
        prepared : bool
            ``x`` comes from `prepare`, which pays where it is used again and again.

        Returns
        -------
        Tensor, shape (M, N, 10)
        """
        images = x if prepared else self.prepare(x)
        scores = torch.empty(len(self.trainings), len(images), CLASSES, dtype=self._dtype, device=self._device)
        with self._one_thread():
            self._predict(images, scores)
        return scores

    @abstractmethod
    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Return images ``(N, 1, 28, 28)`` as this engine reads them."""

    @abstractmethod
    def _predict(self, images: torch.Tensor, scores: torch.Tensor) -> None:
        """Write the scores ``(M, N, 10)`` of images that are prepared."""

    @abstractmethod
    def _gradients(self, chosen: Sequence[torch.Tensor], E0: torch.Tensor) -> None:
        """Write each training's error of its batch into ``E0 (M,)``, and its gradient into ``self._gradient``.

        ``chosen`` has the numbers of the batch's images, in the order of ``self._members``: for each seed.
        """

    @property
    def _dtype(self) -> torch.dtype:
        return self._weights.flat.dtype

    @property
    def _device(self) -> torch.device:
        return self._weights.flat.device

    def _kept(self) -> dict[str, Weights]:
        return {"weights": self._weights, "velocity": self._velocity}

    def _schedules(self, updates: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the rates and momenta of the coming updates, ``(updates, M, 1)`` each."""
        coming = range(self.updates, self.updates + updates)
        rates = [[LearningRate.of(training.lr).at(u) for training in self.trainings] for u in coming]
        momenta = [[training.momentum.at(u) for training in self.trainings] for u in coming]
        return tuple(torch.tensor(t, dtype=self._dtype, device=self._device)[..., None] for t in (rates, momenta))  # type: ignore[return-value]

    def _update(
        self, records: Sequence[CostRecord], E0: torch.Tensor, rate: torch.Tensor, momentum: torch.Tensor
    ) -> None:
        """Make one update of every training; write the errors before it into ``E0 (M,)``."""
        self._gradients(self._batch_orders(), E0)
        weights, gradient, velocity = self._weights, self._gradient, self._velocity
        for group, record in zip(self._penalties, records, strict=True):
            record.add(group.apply(weights.U, gradient.U))
        if self._present is not None:
            gradient.flat.mul_(self._present.flat)
        before = weights.U.clone() if self._proximal else weights.U
        velocity.flat.mul_(momentum).addcmul_(gradient.flat, rate, value=-1)
        weights.flat.add_(velocity.flat)
        for group in self._penalties:
            if group.step == "proximal":
                group.shrink(weights.U, before, velocity.U, rate)
        self.updates += 1

    def _batch_orders(self) -> list[torch.Tensor]:
        """Return which images the current batch holds, for each seed."""
        epoch, number = divmod(self.updates, self.updates_per_epoch)
        if self._orders[0] != epoch:
            count = len(self._images)
            orders = [torch.from_numpy(epoch_order(seed, epoch, count)).to(self._device) for seed in self._members]
            self._orders = (epoch, [order.split(self._batch_size) for order in orders])
        return [batches[number] for batches in self._orders[1]]

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """Let one thread do all but what `Threads` shares out among those that PyTorch has now."""
        with one_thread() as most:
            if most != self._most:
                self._most, self._threads = most, Threads(most)
            yield


def _present(trainings: Sequence[Training], dtype: torch.dtype, device: torch.device) -> Weights | None:
    """Return 1 for each parameter that is trained and 0 for each that is removed; None if no training removes any."""
    if all(training.removed is None for training in trainings):
        return None
    present = Weights(len(trainings), dtype, device)
    nothing = {name: torch.zeros(shape, dtype=torch.bool, device=device) for name, shape in PARAMETER_SHAPES.items()}
    removed = stack([nothing if training.removed is None else training.removed for training in trainings])
    present.write({name: ~mask for name, mask in removed.items()})
    return present
