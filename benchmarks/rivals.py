"""What else a user would pick: `torch.func.vmap` over models side by side, JAX, several loops in several processes.

All make the updates of the contenders (a)–(d). A name that ends in ``+`` composes pooling into the convolution, as the
engines do in the reading ``table``; so nobody is ahead for arithmetic that the others could leave out as well.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
import weakref
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import torch
import torch.nn.functional as F

from sl1lib import fast
from sl1lib.architecture import POOL

from .contenders import (
    LR,
    MOMENTUM,
    PENALTY,
    SEED,
    Case,
    Contender,
    InMemory,
    SkippedError,
    in_memory,
    require_compiler,
)

SCANNED: Final = 5  # updates in one call of `lax.scan`: another number would be compiled anew


class Vmapped(Contender):
    """(v) torch.func: one function of a model's parameters, `vmap` over M models, gradients by `grad`."""

    letter = "v"

    def __init__(self, case: Case, models: int, composed: bool) -> None:
        super().__init__(case)
        self.models = models
        start = fast.init_params(SEED)
        self._params = {name: torch.stack([tensor] * models) for name, tensor in start.items()}
        self._velocity = {name: torch.zeros_like(tensor) for name, tensor in self._params.items()}
        self._x, self._y = in_memory(case.data)
        self._batches = case.batches()
        self._step = self._build(composed)

    def _build(self, composed: bool) -> Any:
        error = partial(model_error, reading=self.case.reading, composed=composed)
        both = torch.func.vmap(torch.func.grad_and_value(error), in_dims=(0, None, None))

        def step(params: Any, velocity: Any, x: torch.Tensor, y: torch.Tensor) -> Any:
            gradients, errors = both(params, x, y)
            moved = {name: MOMENTUM * velocity[name] - LR * gradients[name] for name in params}
            return {name: params[name] + moved[name] for name in params}, moved, errors

        return step

    def advance(self, updates: int) -> None:
        for _ in range(updates):
            chosen = torch.from_numpy(next(self._batches))
            self._params, self._velocity, errors = self._step(
                self._params, self._velocity, self._x[chosen], self._y[chosen]
            )
            self.last = errors.tolist()  # every loop looks at its errors

    def params(self) -> dict[str, np.ndarray]:
        return {name: tensor[-1].numpy().copy() for name, tensor in self._params.items()}


class CompiledVmap(Vmapped):
    """(w) The same with torch.compile around gradients and update."""

    letter = "w"

    def __init__(self, case: Case, models: int, composed: bool) -> None:
        require_compiler()
        super().__init__(case, models, composed)

    def _build(self, composed: bool) -> Any:
        return torch.compile(super()._build(composed))


def model_error(
    params: dict[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor, reading: str, composed: bool
) -> torch.Tensor:
    """Return E = E0 + λ Σ h of one model, as operations that `vmap` and autograd understand."""
    for kernel, bias in (("K1", "b1"), ("K2", "b2")):
        if composed:
            x = torch.relu(F.conv2d(x, fast.composed_kernel(params[kernel], POOL), params[bias], stride=POOL))
        elif reading == "table":
            x = torch.relu(F.avg_pool2d(F.conv2d(x, params[kernel], params[bias]), POOL))
        else:
            x = F.avg_pool2d(torch.sigmoid(F.conv2d(x, params[kernel], params[bias])), POOL)
    error = F.cross_entropy(F.linear(x.flatten(1), params["U"], params["b"]), y)
    norms = params["U"].norm(dim=0)
    h = torch.where(norms > PENALTY.eps, norms, norms**2 / (2 * PENALTY.eps) + PENALTY.eps / 2)
    return error + PENALTY.strength * h.sum()


class Jax(Contender):
    """(j) JAX: `vmap` over M models within one `jit`, update included; as many threads as JAX takes."""

    letter = "j"

    def __init__(self, case: Case, models: int, composed: bool) -> None:
        try:
            import jax
        except ImportError as missing:
            raise SkippedError(f"JAX is not installed ({missing.name}); pip install jax") from None
        super().__init__(case)
        self.models, self._jax = models, jax
        numbers = jax.numpy
        start = {name: tensor.numpy() for name, tensor in fast.init_params(SEED).items()}
        self._state = tuple(
            {name: numbers.asarray(np.stack([array * scale] * models)) for name, array in start.items()}
            for scale in (1, 0)
        )
        self._x, self._y = (numbers.asarray(tensor.numpy()) for tensor in in_memory(case.data))
        self._batches = case.batches()
        self._step = jax.jit(partial(jax_step, jax, case.reading, composed))

    def advance(self, updates: int) -> None:
        for _ in range(updates):
            self._state, errors = self._step(self._state, next(self._batches), self._x, self._y)
            self.last = errors.tolist()  # every loop looks at its errors

    def params(self) -> dict[str, np.ndarray]:
        return {name: np.array(array[-1]) for name, array in self._state[0].items()}


class JaxScan(Jax):
    """(s) The same, several updates in one `lax.scan`."""

    letter = "s"

    def __init__(self, case: Case, models: int, composed: bool) -> None:
        super().__init__(case, models, composed)
        step = partial(jax_step, self._jax, case.reading, composed)

        def several(state: Any, batches: Any, x: Any, y: Any) -> Any:
            return self._jax.lax.scan(lambda now, chosen: step(now, chosen, x, y), state, batches)

        self._several = self._jax.jit(several)

    def advance(self, updates: int) -> None:
        for _ in range(updates // SCANNED):
            batches = np.stack([next(self._batches) for _ in range(SCANNED)])
            self._state, errors = self._several(self._state, batches, self._x, self._y)
            self.last = errors.tolist()
        super().advance(updates % SCANNED)


def jax_step(jax: Any, reading: str, composed: bool, state: Any, chosen: Any, images: Any, labels: Any) -> Any:
    """Return the next parameters and velocities of all models, and their errors."""
    params, velocity = state
    x, y = images[chosen], labels[chosen]
    error = partial(jax_error, jax, reading, composed)
    errors, gradients = jax.vmap(jax.value_and_grad(error), in_axes=(0, None, None))(params, x, y)
    moved = {name: MOMENTUM * velocity[name] - LR * gradients[name] for name in params}
    return ({name: params[name] + moved[name] for name in params}, moved), errors


def jax_error(jax: Any, reading: str, composed: bool, params: Any, x: Any, y: Any) -> Any:
    """Return E = E0 + λ Σ h of one model, in JAX."""
    numbers = jax.numpy
    for kernel, bias in (("K1", "b1"), ("K2", "b2")):
        weights, add = params[kernel], params[bias][:, None, None]
        if composed:
            wide = pooled(numbers.pad(weights, ((0, 0), (0, 0), (1, 1), (1, 1))), stride=1)
            x = jax.nn.relu(jax.lax.conv_general_dilated(x, wide, (POOL, POOL), "VALID") + add)
            continue
        x = jax.lax.conv_general_dilated(x, weights, (1, 1), "VALID") + add
        x = jax.nn.relu(pooled(x)) if reading == "table" else pooled(jax.nn.sigmoid(x))
    scores = x.reshape(len(x), -1) @ params["U"].T + params["b"]
    error = -numbers.take_along_axis(jax.nn.log_softmax(scores), y[:, None].astype(int), axis=1).mean()
    norms = numbers.sqrt((params["U"] ** 2).sum(axis=0))
    h = numbers.where(norms > PENALTY.eps, norms, norms**2 / (2 * PENALTY.eps) + PENALTY.eps / 2)
    return error + PENALTY.strength * h.sum()


def pooled(x: Any, stride: int = POOL) -> Any:
    """Return the means over 2×2 places, by adding up four views: any array library has them."""
    ends = [(first, size - POOL + first + 1) for size in x.shape[2:] for first in range(POOL)]
    rows, columns = ends[:POOL], ends[POOL:]
    return sum(x[:, :, a:b:stride, c:d:stride] for a, b in rows for c, d in columns) / POOL**2


class Joblib(Contender):
    """(l) joblib: (b) for each of M models, divided among processes with a thread each."""

    letter = "l"

    def __init__(self, case: Case, models: int, composed: bool) -> None:
        super().__init__(case)
        self.models = models
        folder = tempfile.mkdtemp(prefix="sl1lib-bench-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._path = Path(folder) / "case"
        joblib.dump((case, composed), self._path)
        self._processes = min(torch.get_num_threads(), models)
        self._pool = joblib.Parallel(n_jobs=self._processes)
        first = InMemory(case, composed)
        start = 0, first.net.state_dict(), first.optimizer.state_dict(), first.params()
        self._states = [start] * models

    def advance(self, updates: int) -> None:
        threads = 1 if self._processes > 1 else torch.get_num_threads()
        several = joblib.delayed(_advanced)
        self._states = self._pool(several(str(self._path), threads, state, updates) for state in self._states)

    def params(self) -> dict[str, np.ndarray]:
        return self._states[-1][-1]


@cache
def _loop(path: str, threads: int) -> InMemory:
    """Return this process's loop."""
    torch.set_num_threads(threads)
    case, composed = joblib.load(path)
    return InMemory(case, composed)


def _advanced(path: str, threads: int, state: Any, updates: int) -> Any:
    """Return what a model's loop is after so many more updates: how many it has made, network, optimiser, parameters.

    A process has whichever model is next, so a model's state travels: some kilobytes, in a turn of many updates.
    """
    loop = _loop(path, threads)
    made, net, optimizer, _ = state
    loop.net.load_state_dict(net)
    loop.optimizer.load_state_dict(optimizer)
    loop.batches = loop.case.batches(first=made)
    loop.advance(updates)
    # A copy: where there is one process, the next model has this loop next.
    return copy.deepcopy((made + updates, loop.net.state_dict(), loop.optimizer.state_dict(), loop.params()))


RIVALS: Final = {kind.letter: kind for kind in (Vmapped, CompiledVmap, Jax, JaxScan, Joblib)}
