"""The engine in several processes: each trains a share of the networks, on a share of the cores.

A second core inside one update gains less than it could: the products are small, its threads wait for one another, and
the numbers have to travel from one core's cache to the other's. Whole trainings have nothing to say to one another, so
that each core may have its own. Threads would not do, since the interpreter lets one of them run at a time.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import subprocess
import sys
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, TypeAlias

import numpy as np
import torch

from ..errors import TrainingError, require_count, unexpected
from ..fast.network import Tensors
from ..readings import Reading
from .banded import Costs, Training

PIECE: Final = 100  # updates between two looks at ``stop``: at each, the processes wait for the slowest

PATIENCE: Final = 5.0  # seconds in which the processes may end by themselves

Call: TypeAlias = tuple[str, tuple[Any, ...], Mapping[str, Any]]  # a method's name and arguments


class ParallelEngine:
    """`Engine`, spread over processes: the same methods and the same numbers, bit for bit.

    Parameters
    ----------
    trainings, x, labels, reading, loss, batch_size
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
        From any method, if one of the processes has ended, or a call was broken off by Ctrl-C. The others end then.

    Notes
    -----
    A process starts in about the time that importing PyTorch takes, and ends with `close`, at the end of a ``with``
    block, when nobody refers to the engine any more, or when the process that made it ends, in whatever way.

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
        loss: str = "cross_entropy",
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
        self._workers: list[_Worker] = []
        weakref.finalize(self, _close, self._workers)
        try:
            self._workers += (_Worker(threads=max(cores // count, 1)) for _ in self._slices)
        except BaseException:
            _kill(self._workers)
            raise
        sizes = {"reading": reading, "loss": loss, "batch_size": batch_size}
        starts = [("start", (self.trainings[share], x, labels), sizes) for share in self._slices]
        self.updates_per_epoch = int(self._exchange(self._workers, starts)[0])
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
                found: Tensors
                (found,) = self._exchange([worker], [("params", (training - share.start,), {})])
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
        parts = [
            {name: array if name == "updates" else array[share] for name, array in state.items()}
            for share in self._slices
        ]
        self._exchange(self._workers, [("load_state", (part,), {}) for part in parts])
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
        return self._exchange(self._workers, [(method, arguments, named)] * len(self._workers))

    def _exchange(self, workers: Sequence[_Worker], calls: Sequence[Call]) -> list[Any]:
        """Send every call, then take every answer, and only then raise what one of them raised."""
        try:
            for worker, call in zip(workers, calls, strict=True):
                worker.send(call)
            answers = [worker.receive() for worker in workers]
        except BaseException:  # Ctrl-C is one: an answer left in a pipe would be taken for that to the next call
            _kill(self._workers)
            raise
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers


class WorkerError(TrainingError, RuntimeError):
    """A process of a `ParallelEngine` has ended."""


class _Worker:
    """A process that answers calls through its standard input and output."""

    def __init__(self, threads: int) -> None:
        # A fresh interpreter, unlike a fork, has no half-copied thread pools; unlike multiprocessing's, it does not run
        # the user's script again. It finds the same library, and Ctrl-C in the terminal does not reach it.
        places = [place for place in sys.path if isinstance(place, str)]  # Python passes over all others, too
        # An interpreter may print as it starts, as a sitecustomize does: answers begin after the greeting.
        self._greeting = f"{uuid.uuid4().hex}\n".encode()
        self._greeted = False
        start = f"from {__package__}.parallel_worker import main; main({threads}, {self._greeting!r})"
        code = f"import sys; sys.path[:] = {places!r}; {start}"
        windows = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        flags: dict[str, Any] = {"creationflags": windows} if windows else {"process_group": 0}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
            **flags,
        )

    def send(self, call: Call) -> None:
        assert self.process.stdin is not None
        try:
            pickle.dump(call, self.process.stdin, pickle.HIGHEST_PROTOCOL)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:  # ValueError: closed
            raise self._ended() from error

    def receive(self) -> Any:
        assert self.process.stdout is not None
        try:
            while not self._greeted:
                line = self.process.stdout.readline()
                if not line:
                    raise EOFError
                self._greeted = line.endswith(self._greeting)
            return pickle.load(self.process.stdout)
        except (EOFError, pickle.UnpicklingError, ValueError) as error:
            raise self._ended() from error

    def _ended(self) -> WorkerError:
        if self.process.stdin is None or self.process.stdin.closed:
            return WorkerError("the engine is closed, or was broken off; make it again, and load_state goes on")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)  # a pipe closes a moment before its process has ended
        code = self.process.poll()
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return WorkerError(
            f"a process of the engine {how}; if memory was short, use fewer processes; from a checkpoint or a state "
            "the training goes on"
        )

    def hang_up(self) -> None:
        """Close the pipes: without input the process has nothing to do, and ends."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def _shares(trainings: int, count: int) -> list[slice]:
    """Divide the trainings, in order, into ``count`` shares that differ by one at most."""
    ends = [trainings * i // count for i in range(count + 1)]
    return [slice(first, end) for first, end in itertools.pairwise(ends)]


def _close(workers: Sequence[_Worker]) -> None:
    """Let all processes end by themselves; kill those that do not."""
    for worker in workers:
        worker.hang_up()
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(max(deadline - time.monotonic(), 0))
    _kill(workers)


def _kill(workers: Sequence[_Worker]) -> None:
    """End all processes at once, whatever they do."""
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.wait()
        worker.hang_up()  # only now: what a process does not read must not be waited for
