"""A pruned network: smaller arrays that answer as a run does, in memory, in a file, and for other programs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from ..data.dataset import as_images, as_labels, require_counts
from ..engine import images_to_tensor
from ..errors import require_choice, unexpected
from ..paths import user_path
from ..training import RunConfig
from ..training.archive import read_archive, reason, under, write_archive
from ..training.images import find_device
from ..training.run import measure, run_path
from .latency import ROUNDS, compare_latency
from .network import Network, Parts
from .report import Report, Size

FILE_FORMAT: Final = 1
KIND: Final = "pruned network"
BATCHES: Final = (1, 500)  # images at once, for times: an answer that somebody waits for, and work in bulk


class PrunedFileError(ValueError):
    """A file that is not a saved pruned network, or no longer one; the message names the file and what is wrong."""


@dataclass(frozen=True, eq=False)
class Pruned:
    """A network that is smaller than the one that was trained.

    Parameters
    ----------
    config : RunConfig
        Of the run that it was pruned from.
    params : dict of ndarray
        ``K1 (m1,1,5,5)``, ``b1 (m1,)``, ``K2 (m2,m1,5,5)``, ``b2 (m2,)``, ``U (10,n)``, ``b (10,)`` for ``m1`` and
        ``m2`` maps and ``n`` nodes, in the dtype of the training.
    parts : Parts
        Which nodes and maps of the full network these are.
    report : Report
        Sizes, errors and times before and after; printed, a table.
    provenance : dict
        The run's: versions, machine, data digest.

    Raises
    ------
    ValueError
        If the parameters are not in the shapes of the parts.

    Examples
    --------
    >>> from sl1lib import Penalty, RunConfig, prune, train
    >>> config = RunConfig(data="digits", penalty=Penalty(0.03, eps=0.05), epochs=4)
    >>> pruned = prune(train(config, progress=False), latency=False)
    >>> len(pruned.kept) == pruned.params["U"].shape[1] < 192
    True
    """

    config: RunConfig
    params: dict[str, np.ndarray]
    parts: Parts
    report: Report
    provenance: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parts.check(self.params)

    def __repr__(self) -> str:
        report = self.report
        errors = " → ".join(f"{100 * score.error:.2f} %" for score in (report.scores[0], report.scores[-1]))
        return (
            f"Pruned({self.config.method}, reading {self.config.reading.name}, {report.data_name}, "
            f"{report.after.nodes} of {report.before.nodes} nodes, {report.after.maps1} + {report.after.maps2} of "
            f"{report.before.maps1} + {report.before.maps2} maps, {report.held_out} error {errors})"
        )

    @property
    def kept(self) -> np.ndarray:
        """The numbers of the nodes that are left, shape (n,), ascending; node ``k = 16·map + 4·row + column``."""
        return self.parts.nodes

    def full_params(self) -> dict[str, np.ndarray]:
        """Return the same function in the shapes of the full network: zeros where something was removed."""
        return self.parts.widen(self.params)

    def tensors(self, device: str | torch.device = "cpu") -> dict[str, torch.Tensor]:
        """Return the parameters as tensors of their own."""
        return {name: torch.tensor(array, device=device) for name, array in self.params.items()}

    def network(self, device: str | torch.device = "cpu") -> Network:
        """Return the network, ready to answer on a device."""
        return Network(self.tensors(device), self.config.reading, self.parts)

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
        return self.network().predict(self._numbers(images)).numpy()

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

    def with_latency(
        self,
        images: np.ndarray,
        batches: Sequence[int] = BATCHES,
        rounds: int = ROUNDS,
        device: str = "cpu",
    ) -> Pruned:
        """Return the same network, its report with measured times.

        What is compared computes one function: this network, and the full one with zeros where something was removed.
        Both ways of writing it must answer alike before anything is timed.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, 28, 28)
            Repeated where a batch needs more of them.
        batches : sequence of int
            How many images at once.
        rounds : int
            How often both networks have their turn.
        device : str

        Returns
        -------
        Pruned

        Raises
        ------
        DifferentAnswersError
            If the answers differ by more than rounding.
        """
        where = find_device(device)
        full = {name: torch.tensor(array, device=where) for name, array in self.full_params().items()}
        before, after = Network(full, self.config.reading), self.network(where)
        x = self._numbers(images).to(where)
        found = [
            compare_latency(before, after, x[torch.arange(batch, device=where) % len(x)], rounds) for batch in batches
        ]
        return replace(self, report=self.report.replace(latency=tuple(found)))

    def to_onnx(self, path: str | os.PathLike[str]) -> Path:
        """Write the network as an ONNX model, whole or not at all; see `sl1lib.pruning.write_onnx`.

        Parameters
        ----------
        path : path
            ``.onnx`` is added where it is missing; folders are made.

        Returns
        -------
        Path
            What was written.

        Raises
        ------
        ImportError
            If the package onnx is not installed, saying how to install it.
        """
        from .onnx_model import write_onnx

        return write_onnx(self, path)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the network to one file, whole or not at all.

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
            "kind": KIND,
            "format": FILE_FORMAT,
            "config": self.config.to_dict(),
            "report": self.report.to_dict(),
            "provenance": self.provenance,
        }
        arrays = {f"params/{name}": array for name, array in self.params.items()}
        arrays |= {f"parts/{name}": array for name, array in vars(self.parts).items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_archive(path, about, arrays, compressed=True)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Pruned:
        """Read a network that `save` wrote.

        Parameters
        ----------
        path : path

        Returns
        -------
        Pruned

        Raises
        ------
        PrunedFileError
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
            right = "prune the run and save it again"
            raise PrunedFileError(
                f"{path} is not a readable pruned network of sl1lib ({reason(error)}); {right}"
            ) from error

    @classmethod
    def _from_archive(cls, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Pruned:
        if about.get("kind") != KIND:
            raise unexpected("what it holds", about.get("kind", "a run"), f"it must be a {KIND}")
        if about["format"] != FILE_FORMAT:
            raise unexpected("the file's format", about["format"], f"this version reads format {FILE_FORMAT}")
        config, params = RunConfig.from_dict(about["config"]), under("params", arrays)
        for name, array in params.items():
            require_choice(f"the dtype of params[{name!r}]", str(array.dtype), (config.dtype,))
        if not isinstance(about["provenance"], dict):
            raise unexpected("provenance", about["provenance"], "it must be a dict")
        report = Report.from_dict(about["report"])
        pruned = cls(config, params, Parts(**under("parts", arrays)), report, about["provenance"])
        if report.after != Size.of(params):
            raise unexpected("the report's size", report.after, f"the parameters' is {Size.of(params)}")
        return pruned

    def _numbers(self, images: np.ndarray) -> torch.Tensor:
        images = np.ascontiguousarray(as_images("images", images))  # PyTorch takes no flipped view
        return images_to_tensor(images, getattr(torch, self.config.dtype))
