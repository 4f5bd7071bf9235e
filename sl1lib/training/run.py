"""One training, done: its configuration, history and parameters, in memory and in a file."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from .. import fast
from .._version import __version__
from ..architecture import check_parameters
from ..data.dataset import as_images, as_labels, require_counts
from ..engine import images_to_tensor, predict
from ..engine.threads import one_thread
from ..errors import TrainingError, require_choice, require_number, unexpected
from ..paths import user_path
from .archive import read_archive, reason, under, write_archive
from .config import RunConfig

FILE_FORMAT: Final = 1


class RunFileError(ValueError):
    """A file that is not a saved run, or no longer one; the message names the file and what is wrong."""


class DivergedError(TrainingError, ArithmeticError):
    """The error became NaN or infinite; ``update`` says at which update, counted from 0.

    From `train_many`, ``runs`` holds the runs of the trainings that did not diverge.
    """

    def __init__(self, update: int, value: float, config: RunConfig) -> None:
        self.update, self.value, self.config = update, value, config
        self.runs: list[Run] = []
        super().__init__(
            f"the error is {value} at update {update} ({config.method}, reading {config.reading.name}, "
            f"lr {config.lr:g}); a smaller lr or strength would be right"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is pickled with its message for an argument, and this one takes three: without this, a pool of
        # processes waits for ever for the answer that it cannot read.
        return type(self), (self.update, self.value, self.config), self.__dict__


@dataclass(frozen=True, eq=False)  # equality of arrays is not one truth value
class History:
    r"""What a training recorded: two curves with a value an update, three with a value an epoch.

    Parameters
    ----------
    E0 : ndarray of float64, shape (updates,)
        The configuration's error function, by default the entropy error in nats, of each mini-batch before its update.
    penalty : ndarray of float64, shape (updates,)
        :math:`\lambda \sum h` before each update; zeros without a penalty.
    held_out_E0, held_out_error : ndarray of float64, shape (epochs,)
        Entropy error, and share of wrong answers in [0, 1], on the test images after each epoch, or on the
        validation images where the configuration sets some aside.
    seconds : ndarray of float64, shape (epochs,)
        Duration of each epoch's updates.

    Examples
    --------
    >>> curve = np.array([2.0, 1.0])
    >>> History(curve, curve / 10, curve[:1], curve[:1], curve[:1]).E
    array([2.2, 1.1])
    """

    E0: np.ndarray
    penalty: np.ndarray
    held_out_E0: np.ndarray
    held_out_error: np.ndarray
    seconds: np.ndarray

    def __post_init__(self) -> None:
        for names in (("E0", "penalty"), ("held_out_E0", "held_out_error", "seconds")):
            curves = [getattr(self, name) for name in names]
            if any(curve.dtype != np.float64 or curve.shape != (curves[0].size,) for curve in curves):
                found = [(curve.shape, str(curve.dtype)) for curve in curves]
                raise unexpected(", ".join(names), found, "they must be float64 with one axis, all of one length")

    @property
    def E(self) -> np.ndarray:
        r"""The regularised error :math:`E = E_0 + \lambda \sum h` of each mini-batch."""
        return self.E0 + self.penalty

    def smoothed(self, name: str = "E0", keep: float = 0.99) -> np.ndarray:
        r"""Return a curve's exponential average, :math:`s_t = k s_{t-1} + (1 - k) y_t`, started at the first value.

        Parameters
        ----------
        name : {"E0", "E", "penalty"}
        keep : float
            :math:`k`, in [0, 1). The classic toolbox plots its loss with 0.99.

        Returns
        -------
        ndarray, shape (updates,)

        Examples
        --------
        >>> curve = np.array([1.0, 0.0])
        >>> History(curve, curve, curve, curve, curve).smoothed(keep=0.5).tolist()
        [1.0, 0.5]
        """
        require_choice("name", name, ("E0", "E", "penalty"))
        require_number("keep", keep, least=0)
        if keep >= 1:
            raise unexpected("keep", keep, "it must be below 1")
        smooth = np.empty_like(self.E0)
        level = None
        for t, value in enumerate(getattr(self, name)):
            level = value if level is None else keep * level + (1 - keep) * value
            smooth[t] = level
        return smooth


@dataclass(frozen=True, eq=False)
class Run:
    """A finished training.

    Parameters
    ----------
    config : RunConfig
    params : dict of ndarray
        The final parameters, in the dtype of the training.
    history : History
    held_out : str
        Where ``held_out_error`` was measured: ``"test"`` or ``"validation"``.
    data_name : str
        What the data is called, ``"mnist"`` or ``"digits"`` say: numbers of this run belong to it.
    complete : bool
        False if the training was interrupted before its last update.
    provenance : dict
        Versions, machine, data digest.

    Examples
    --------
    >>> from sl1lib import train
    >>> run = train(RunConfig(data="digits", n_train=100, epochs=1), progress=False)
    >>> run
    Run(none, reading table, digits[100 training, seed 0], 1 epoch, ...)
    """

    config: RunConfig
    params: dict[str, np.ndarray]
    history: History
    held_out: str = "test"
    data_name: str = ""
    complete: bool = True
    provenance: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        epochs = len(self.history.seconds)
        state = "" if self.complete else ", interrupted"
        return (
            f"Run({self.config.method}, reading {self.config.reading.name}, {self.data_name}, "
            f"{epochs} epoch{'s' * (epochs != 1)}, {self.held_out} error {100 * self.held_out_error:.2f} %{state})"
        )

    @property
    def held_out_error(self) -> float:
        """The last measured share of wrong answers on the held-out images, in [0, 1]; NaN before the first epoch."""
        errors = self.history.held_out_error
        return float(errors[-1]) if len(errors) else float("nan")

    @property
    def test_error(self) -> float:
        """The share of wrong answers on the test images, in [0, 1].

        Raises
        ------
        ValueError
            If the run was measured on validation images: it has not seen the test images. `evaluate` can show them.
        """
        if self.held_out != "test":
            raise ValueError(
                f"this run was measured on {self.config.validation} validation images and has no test error; "
                "use run.evaluate(data.x_test, data.y_test)"
            )
        return self.held_out_error

    @property
    def node_norms(self) -> np.ndarray:
        r"""The length :math:`\lVert u_k \rVert` of the weights leaving each of the 192 nodes, shape (192,)."""
        return np.linalg.norm(self.params["U"].astype(np.float64), axis=0)

    def nodes_below(self, eps: float | None = None) -> int:
        r"""Count the nodes with :math:`\lVert u_k \rVert < \varepsilon`, the ones that the penalty has switched off.

        Parameters
        ----------
        eps : float, optional
            None: the penalty's own :math:`\varepsilon`, or 0.01 without a penalty.
        """
        if eps is None:
            eps = self.config.penalty.eps if self.config.penalty else 0.01
        require_number("eps", eps, least=0)
        return int((self.node_norms < eps).sum())

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the parameters as tensors of their own on the CPU, for the functions of `sl1lib.fast`."""
        return {name: torch.tensor(array) for name, array in self.params.items()}

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the scores of the ten classes.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, 28, 28)

        Returns
        -------
        ndarray, shape (N, 10)
            Before softmax; ``.argmax(axis=1)`` is the answer.

        Raises
        ------
        DataError
            For images of another shape or dtype.
        """
        images = np.ascontiguousarray(as_images("images", images))  # PyTorch takes no flipped view
        x = images_to_tensor(images, getattr(torch, self.config.dtype))
        return predict(self.tensors(), x, self.config.reading).numpy()

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Return entropy error and share of wrong answers on any labelled images.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, 28, 28)
        labels : ndarray of integers, shape (N,)

        Returns
        -------
        E0, error : float

        Raises
        ------
        DataError
            For images or labels of another shape, dtype or range, or of different number.
        """
        labels = as_labels("labels", labels).astype(np.int64)
        require_counts(images, labels, "images", "labels")
        return measure(torch.from_numpy(self.predict(images)), torch.from_numpy(labels))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the run to one file, whole or not at all.

        The file is a NumPy archive of plain arrays and one JSON text. Reading it back runs no code of the file's.

        Parameters
        ----------
        path : path
            ``.npz`` is added where it is missing; folders are made.

        Returns
        -------
        Path
            What was written.

        Raises
        ------
        IsADirectoryError
            If ``path`` is a folder.
        """
        path = run_path(path)
        about = {
            "format": FILE_FORMAT,
            "config": self.config.to_dict(),
            "held_out": self.held_out,
            "data_name": self.data_name,
            "complete": self.complete,
            "provenance": self.provenance,
        }
        arrays = {f"params/{name}": array for name, array in self.params.items()}
        arrays |= {f"history/{f.name}": getattr(self.history, f.name) for f in fields(History)}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_archive(path, about, arrays, compressed=True)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Run:
        """Read a run that `save` wrote.

        Parameters
        ----------
        path : path

        Returns
        -------
        Run

        Raises
        ------
        RunFileError
            Naming the file and what is wrong, if it is damaged, incomplete, or something else.
        FileNotFoundError
            If there is no such file.
        """
        path = user_path("path", path)
        try:
            return cls._from_archive(*read_archive(path))
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            raise
        except Exception as error:  # what is read fails in its own ways, and so do the checks
            right = "train and save it again"
            raise RunFileError(f"{path} is not a readable run of sl1lib ({reason(error)}); {right}") from error

    @classmethod
    def _from_archive(cls, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Run:
        if about["format"] != FILE_FORMAT:
            raise unexpected("the file's format", about["format"], f"this version reads format {FILE_FORMAT}")
        config, params = RunConfig.from_dict(about["config"]), under("params", arrays)
        check_parameters(params)
        for name, array in params.items():
            require_choice(f"the dtype of params[{name!r}]", str(array.dtype), (config.dtype,))
        rest = {name: about[name] for name in ("held_out", "data_name", "complete", "provenance")}
        for (name, value), kind in zip(rest.items(), (str, str, bool, dict), strict=True):
            if not isinstance(value, kind):
                raise unexpected(name, value, f"it must be a {kind.__name__}")
        require_choice("held_out", rest["held_out"], ("test", "validation"))
        return cls(config=config, params=params, history=History(**under("history", arrays)), **rest)


def run_path(path: str | os.PathLike[str]) -> Path:
    """Return where `Run.save` writes: ``.npz`` is added where it is missing, and a folder is refused."""
    named = user_path("path", path)
    file = named if named.suffix == ".npz" or not named.name else named.with_name(named.name + ".npz")
    for place in (named, file):
        if os.path.isdir(place):  # Path.is_dir raises for a name that is too long
            raise IsADirectoryError(f"{place} is a folder; give the name of a file in it, {place / 'run.npz'} say")
    return file


def measure(scores: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Return entropy error and share of wrong answers for scores ``(N, 10)`` and labels ``(N,)``."""
    wrong = scores.argmax(dim=1) != labels
    with one_thread():  # a mean of many numbers would be grouped by the number of threads
        return float(fast.cross_entropy(scores, labels)), float(wrong.double().mean())


def provenance(device: str, data_digest: str) -> dict[str, str]:
    """Return what else decides a run's numbers: versions, machine, data."""
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else platform.processor()
    return {
        "sl1lib": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": name or platform.machine(),
        "threads": str(torch.get_num_threads()),
        "data_sha256": data_digest,
    }
