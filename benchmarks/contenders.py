"""What is timed: the baselines (a)–(d) and the engines (e) and (k), all making the same updates of the same training.

Every contender starts from ``init_params(seed)``, visits the images in the order of ``epoch_order``, keeps learning
rate and momentum constant, and has the same penalty, so that after some updates all must hold the same parameters.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from sl1lib import Dataset, MomentumRamp, Penalty, fast, reference
from sl1lib.architecture import POOL, epoch_order, glorot_uniform
from sl1lib.book.fast_path.shares import Shares
from sl1lib.engine import CompiledEngine, Engine, NotCompiledError, Training, images_to_tensor

LR, MOMENTUM, SEED = 0.1, 0.2, 0
PENALTY = Penalty(strength=3e-4, eps=1e-2)
NAMES = {
    "K1": "conv1.weight",
    "b1": "conv1.bias",
    "K2": "conv2.weight",
    "b2": "conv2.bias",
    "U": "fc.weight",
    "b": "fc.bias",
}


class SkippedError(Exception):
    """A contender that cannot run here; the message says why."""


def require_compiler() -> None:
    """Raise `SkippedError` where torch.compile has no C++ compiler."""
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        raise SkippedError(f"there is no C++ compiler ({compiler})")


@dataclass(frozen=True)
class Case:
    """One setting in which contenders are compared."""

    reading: str
    batch: int
    data: Dataset

    def batches(self, first: int = 0) -> Iterator[np.ndarray]:
        """Yield which images each update sees, epoch after epoch; only full batches, so that all cost the same.

        The ``first`` updates are left out.
        """
        count = len(self.data.x_train)
        epoch, begun = divmod(first, count // self.batch)
        while True:
            order = epoch_order(SEED, epoch, count)[: count // self.batch * self.batch]
            yield from order.reshape(-1, self.batch)[begun:]
            epoch, begun = epoch + 1, 0


@lru_cache(maxsize=1)
def in_memory(data: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images and labels as tensors, one copy for all contenders: together they would fill the memory."""
    return images_to_tensor(data.x_train), torch.tensor(data.y_train)


class Contender:
    """Makes updates when told to, and shows its parameters."""

    models = 1
    label = ""

    def __init__(self, case: Case) -> None:
        self.case = case

    def advance(self, updates: int) -> None:
        raise NotImplementedError

    def params(self) -> dict[str, np.ndarray]:
        raise NotImplementedError


class Network(nn.Module):
    """The network as a textbook writes it."""

    def __init__(self, reading: str, composed: bool = False) -> None:
        super().__init__()
        self.composed = composed  # pooling is part of the kernels
        self.conv1, self.conv2, self.fc = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 12, 5), nn.Linear(192, 10)
        self.pool, self.reading = nn.AvgPool2d(2), reading
        start = glorot_uniform(SEED)
        self.load_state_dict({NAMES[name]: torch.tensor(array, dtype=torch.float32) for name, array in start.items()})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv in (self.conv1, self.conv2):
            if self.composed:
                wide = fast.composed_kernel(conv.weight, POOL)
                x = torch.relu(nn.functional.conv2d(x, wide, conv.bias, stride=POOL))
                continue
            x = conv(x)
            x = torch.relu(self.pool(x)) if self.reading == "table" else self.pool(torch.sigmoid(x))
        return self.fc(x.flatten(1))


def textbook_error(net: nn.Module, x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return E = E0 + λ Σ h, the penalty through autograd."""
    norms = weight.norm(dim=0)
    h = torch.where(norms > PENALTY.eps, norms, norms**2 / (2 * PENALTY.eps) + PENALTY.eps / 2)
    return nn.functional.cross_entropy(net(x), y) + PENALTY.strength * h.sum()


class _Autograd(Contender):
    """What (a), (b) and (c) share: autograd and torch.optim.SGD."""

    def __init__(self, case: Case, composed: bool = False) -> None:
        super().__init__(case)
        self.net = Network(case.reading, composed)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=LR, momentum=MOMENTUM)
        self.error: Any = textbook_error

    def step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.optimizer.zero_grad()
        error = self.error(self.net, x, y, self.net.fc.weight)
        error.backward()
        self.optimizer.step()
        self.last = error.item()  # every loop looks at its error

    def params(self) -> dict[str, np.ndarray]:
        named = dict(self.net.named_parameters())
        return {name: named[long].detach().numpy().copy() for name, long in NAMES.items()}


class _Images(TorchDataset):
    """One image at a time, a picture that is turned into a tensor when it is asked for, as torchvision's MNIST does."""

    def __init__(self, data: Dataset) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data.x_train)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return to_tensor(Image.fromarray(self.data.x_train[i])), int(self.data.y_train[i])


def to_tensor(picture: Image.Image) -> torch.Tensor:
    """Turn a picture into a tensor (1, 28, 28) in [0, 1], by the steps of torchvision's ToTensor."""
    grey = torch.from_numpy(np.array(picture, np.uint8, copy=True))
    return grey.view(picture.size[1], picture.size[0], 1).permute(2, 0, 1).contiguous().to(torch.float32).div(255)


class Textbook(_Autograd):
    """(a) Dataset and DataLoader with a transform for each image, nn.Module, autograd penalty, torch.optim.SGD."""

    label = "a: textbook loop"

    def __init__(self, case: Case, composed: bool = False) -> None:
        super().__init__(case, composed)
        self.loader = iter(DataLoader(_Images(case.data), batch_sampler=_lists(case)))

    def advance(self, updates: int) -> None:
        for _ in range(updates):
            self.step(*next(self.loader))


def _lists(case: Case) -> Iterator[list[int]]:
    for chosen in case.batches():
        yield chosen.tolist()


class InMemory(_Autograd):
    """(b) The same with the data set in memory as one tensor, and index batches."""

    label = "b: in memory"

    def __init__(self, case: Case, composed: bool = False) -> None:
        super().__init__(case, composed)
        self.x, self.y = in_memory(case.data)
        self.batches = case.batches()

    def advance(self, updates: int) -> None:
        for _ in range(updates):
            chosen = torch.from_numpy(next(self.batches))
            self.step(self.x[chosen], self.y[chosen])


class Compiled(InMemory):
    """(c) The same with torch.compile around network, error and penalty."""

    label = "c: torch.compile"

    def __init__(self, case: Case, composed: bool = False) -> None:
        require_compiler()
        super().__init__(case, composed)
        self.error = torch.compile(textbook_error)


class Reference(Contender):
    """(d) The NumPy reference, in float64."""

    label = "d: NumPy reference"

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        x, labels = case.data.x_train[:, None] / 255, case.data.y_train
        full = len(x) - len(x) % case.batch
        self._full, self._batch = full, case.batch
        self.steps = reference.train(
            reference.init_params(SEED), x, labels, epochs=10**6, lr=LR, momentum=MomentumRamp(MOMENTUM, MOMENTUM, 0),
            reading=case.reading, penalty=PENALTY, batch_size=case.batch, seed=SEED,
        )  # fmt: skip

    def advance(self, updates: int) -> None:
        for _ in range(updates):
            self.last = next(self.steps)

    def params(self) -> dict[str, np.ndarray]:
        return self.last.params


class Batched(Contender):
    """(e) The engine with M models, which share their batches as a comparison of methods does."""

    letter, what = "e", "Engine"

    def __init__(self, case: Case, models: int) -> None:
        super().__init__(case)
        self.models, self.label = models, f"{self.letter}: {self.what}, M = {models}"
        trainings = [
            Training(fast.init_params(SEED), LR, MomentumRamp(MOMENTUM, MOMENTUM, 0), PENALTY, SEED)
            for _ in range(models)
        ]
        x = torch.tensor(case.data.x_train).unsqueeze(1)
        labels = torch.tensor(case.data.y_train)
        self.engine = self.start(trainings, x, labels, reading=case.reading, batch_size=case.batch)

    def start(self, *given: Any, **settings: Any) -> Any:
        return Engine(*given, **settings)

    def advance(self, updates: int) -> None:
        self.engine.advance(updates)

    def params(self) -> dict[str, np.ndarray]:
        return {name: tensor.numpy() for name, tensor in self.engine.params(self.models - 1).items()}


class InC(Batched):
    """(k) The engine in C, with as many threads as PyTorch has."""

    letter, what = "k", "loops in C"

    def start(self, *given: Any, **settings: Any) -> Any:
        try:
            return CompiledEngine(*given, **settings)
        except NotCompiledError as why:
            raise SkippedError(str(why)) from None


class Parallel(Batched):
    """(p) The same in several processes, a thread for each."""

    letter, what = "p", "processes"

    def start(self, *given: Any, **settings: Any) -> Any:
        return Shares(*given, processes=min(torch.get_num_threads(), self.models), **settings)
