"""The engine in several processes: each trains a share of the networks, on a share of the cores.

A second core inside one update gains little: the products are small, and between them the numbers have to travel from
one core's cache to the other's. Whole trainings have nothing to say to one another, so that each core may have its own.
Threads would not do, since the interpreter lets one of them run at a time.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final

import numpy as np
import torch

from ...errors import require_count, unexpected
from ...readings import Reading
from ..network import Tensors
from .core import Costs, Training

PIECE: Final = 100  # updates between two looks at ``stop``: at each, the processes wait for the slowest


class ParallelEngine:
    """`Engine`, spread over processes: the same methods and, but for rounding, the same numbers.

    Parameters
    ----------
    trainings, x, labels, reading, batch_size
        As for `Engine`. The parameters must be on the CPU.
    processes : int, optional
        No more than there are trainings. None: one for each thread that PyTorch would use. The threads are divided
        among them.

    Attributes
    ----------
    updates, updates_per_epoch, trainings
        As for `Engine`.

    Raises
    ------
    ValueError
        As `Engine`; for parameters on another device.
    WorkerError
        From any method, if one of the processes has ended.

    Notes
    -----
    A process starts in about the time that importing PyTorch takes, and ends with `close`, at the end of a ``with``
    block, when nobody refers to the engine any more, or when the process that made it ends, in whatever way.

    The last bits of a result depend on how many threads multiply and which trainings go through one operation. With
    as many processes as before, they are the same as before.

    Chapter *The fast path*.

    Examples
    --------
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.fast import init_params
    >>> x, labels = torch.zeros(4, 1, 28, 28), torch.arange(4)
    >>> pair = [Training(init_params(), lr, MomentumRamp()) for lr in (1.0, 0.0001)]
    >>> with ParallelEngine(pair, x, labels, processes=2) as engine:
    ...     engine.advance(2).E0.round(3)
    array([[2.303, 2.303],
           [2.16 , 2.303]])
    """

    def __init__(
        self,
        trainings: Sequence[Training],
        x: torch.Tensor,
        labels: torch.Tensor,
        *,
        reading: str | Reading = "table",
        batch_size: int = 50,
        processes: int | None = None,
    ) -> None:
        if processes is not None:
            require_count("processes", processes, least=1)
        for tensor in (x, *(tensor for training in trainings for tensor in training.params.values())):
            if tensor.device.type != "cpu":
                raise unexpected("the device", str(tensor.device), "several processes share the cores of a CPU")
        self.trainings = tuple(trainings)
        cores = torch.get_num_threads()
        count = max(min(processes or cores, len(trainings)), 1)
        self._slices = _shares(len(trainings), count)
        self._workers = [_Worker(threads=max(cores // count, 1)) for _ in self._slices]
        weakref.finalize(self, _close, self._workers)
        for worker, share in zip(self._workers, self._slices, strict=True):
            worker.send("start", self.trainings[share], x, labels, reading=reading, batch_size=batch_size)
        self.updates_per_epoch = int(self._received()[0])
        self.updates = 0
        self._shown: weakref.ref[torch.Tensor] | None = None

    @property
    def processes(self) -> int:
        """How many processes there are."""
        return len(self._workers)

    def advance(self, updates: int, stop: Callable[[], bool] | None = None) -> Costs:
        """Make ``updates`` updates of every training; ``stop`` is asked every few of them."""
        require_count("updates", updates, least=1)
        parts: list[Costs] = []
        for first in range(0, updates, PIECE if stop is not None else updates):
            piece = min(PIECE, updates - first) if stop is not None else updates
            costs = self._ask("advance", piece)
            parts.append(Costs(*(np.concatenate([getattr(c, name) for c in costs], 1) for name in ("E0", "penalty"))))
            self.updates += piece
            if stop is not None and stop():
                break
        return Costs(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("E0", "penalty")))

    def epoch(self, chunk: int = 50) -> Iterator[Costs]:
        """Make the updates that are left of the present epoch, ``chunk`` at a time, and yield after each chunk."""
        left = self.updates_per_epoch - self.updates % self.updates_per_epoch
        while left:
            yield self.advance(min(chunk, left))
            left -= min(chunk, left)

    def params(self, training: int = 0) -> Tensors:
        """Return copies of one training's newest parameters."""
        training = range(len(self.trainings))[training]
        for worker, share in zip(self._workers, self._slices, strict=True):
            if training < share.stop:
                worker.send("params", training - share.start)
                found: Tensors = worker.receive()
                return found
        raise AssertionError("the shares hold every training")

    def predict(self, x: torch.Tensor, tiled: bool = False) -> torch.Tensor:
        """Return the scores of the ten classes from every training's newest parameters, shape (M, N, 10)."""
        known = self._shown is not None and self._shown() is x  # they have it already: it need not travel again
        scores = self._ask("predict", None if known else x, tiled=tiled)
        self._shown = weakref.ref(x)
        return torch.cat(scores)

    def state(self) -> dict[str, np.ndarray]:
        """Return all that decides what comes next, as `Engine.state` does: either engine can load it."""
        states = self._ask("state")
        whole = {name: np.concatenate([state[name] for state in states]) for name in states[0] if name != "updates"}
        return {"updates": np.array(self.updates), **whole}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back, or forth, to where an engine with the same arguments was."""
        for name, array in state.items():
            if name != "updates" and len(array) != len(self.trainings):
                raise unexpected(f"the length of state[{name!r}]", len(array), f"here it must be {len(self.trainings)}")
        for worker, share in zip(self._workers, self._slices, strict=True):
            part = {name: array if name == "updates" else array[share] for name, array in state.items()}
            worker.send("load_state", part)
        self._received()
        self.updates = int(state["updates"])

    def close(self) -> None:
        """End the processes; the engine cannot be used after that."""
        _close(self._workers)

    def __enter__(self) -> ParallelEngine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, method: str, *arguments: Any, **named: Any) -> list[Any]:
        """Call a method of every share's engine, all at once, and return the results in order."""
        for worker in self._workers:
            worker.send(method, *arguments, **named)
        return self._received()

    def _received(self) -> list[Any]:
        """Take every worker's answer, and only then raise what one of them raised: nothing is left in the pipes."""
        answers = [worker.receive(raising=False) for worker in self._workers]
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers


class WorkerError(RuntimeError):
    """A process of a `ParallelEngine` has ended."""


class _Worker:
    """A process that answers calls through its standard input and output."""

    def __init__(self, threads: int) -> None:
        # A fresh interpreter, unlike a fork, has no half-copied thread pools; unlike multiprocessing's, it does not run
        # the user's script again. It finds the same library, and Ctrl-C in the terminal does not reach it.
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__package__}.worker import main; main({threads})"
        windows = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        flags: dict[str, Any] = {"creationflags": windows} if windows else {"process_group": 0}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
            **flags,
        )

    def send(self, method: str, *arguments: Any, **named: Any) -> None:
        assert self.process.stdin is not None
        try:
            pickle.dump((method, arguments, named), self.process.stdin, pickle.HIGHEST_PROTOCOL)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:  # ValueError: closed
            raise self._ended() from error

    def receive(self, raising: bool = True) -> Any:
        assert self.process.stdout is not None
        try:
            answer = pickle.load(self.process.stdout)
        except (EOFError, pickle.UnpicklingError, ValueError):
            answer = self._ended()
        if raising and isinstance(answer, BaseException):
            raise answer
        return answer

    def _ended(self) -> WorkerError:
        code = self.process.poll()
        how = "was closed" if code in (None, 0) else f"ended with code {code}"
        return WorkerError(
            f"a process of the engine {how}; make the engine again, with fewer processes if memory was short"
        )

    def close(self) -> None:
        """Let the process end by itself: without input it has nothing to do."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _shares(trainings: int, count: int) -> list[slice]:
    """Divide the trainings, in order, into ``count`` shares that differ by one at most."""
    ends = [trainings * i // count for i in range(count + 1)]
    return [slice(first, end) for first, end in itertools.pairwise(ends)]


def _close(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.close()
