"""What a training gives, and pruning: parameters that answer for images, and one file that keeps them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
import torch

from .. import fast
from ..data.dataset import as_images, as_labels, require_counts
from ..engine import images_to_tensor
from ..engine.threads import one_thread
from ..errors import FileError, require_choice, unexpected
from ..paths import file_path, user_path
from .archive import read_archive, reason, side_by_side, under, write_archive
from .cohorts import training_dtype
from .config import RunConfig

FILE_FORMAT: Final = 1


class Classifier(ABC):
    """A network that was trained: what `sl1lib.Run` and `sl1lib.Pruned` have in common.

    A subclass names what its files are (``KIND``, ``ERROR``, ``REMEDY``), gives scores, and puts what it has besides
    ``config``, ``params`` and ``provenance`` into a file and takes it out again.
    """

    KIND: ClassVar[str]
    ERROR: ClassVar[type[FileError]]
    REMEDY: ClassVar[str]

    config: RunConfig
    params: dict[str, np.ndarray]
    provenance: dict[str, str]

    @abstractmethod
    def _scores(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores ``(N, 10)`` of images ``(N, 1, 28, 28)``."""

    @abstractmethod
    def _rest(self) -> tuple[dict[str, Any], dict[str, Mapping[str, np.ndarray]]]:
        """Return what else is saved: facts that JSON can hold, and kinds of arrays by name."""

    @classmethod
    @abstractmethod
    def _restored(
        cls, config: RunConfig, params: dict[str, np.ndarray], about: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> Self:
        """Check and put together what was saved."""

    def tensors(self, device: str | torch.device = "cpu") -> dict[str, torch.Tensor]:
        """Return copies of the parameters as tensors, for the functions of `sl1lib.fast`."""
        return {name: torch.tensor(array, device=device) for name, array in self.params.items()}

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the scores of the ten classes; others than such images raise `DataError`.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, 28, 28)

        Returns
        -------
        ndarray, shape (N, 10)
            Before softmax; ``.argmax(axis=1)`` is the answer.
        """
        return self._scores(self._tensor_of(images)).numpy()

    def evaluate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
        """Return entropy error and share of wrong answers on any labelled images; others raise `DataError`.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, 28, 28)
        labels : ndarray of integers, shape (N,)

        Returns
        -------
        E0, error : float
        """
        labels = as_labels("labels", labels).astype(np.int64)
        require_counts(images, labels, "images", "labels")
        return measure(torch.from_numpy(self.predict(images)), torch.from_numpy(labels))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write to one file, whole or not at all.

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
        path = saved_path(path)
        rest, arrays = self._rest()
        about = {"format": FILE_FORMAT, "config": self.config.to_dict(), "provenance": self.provenance, **rest}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_archive(path, about, side_by_side(params=self.params, **arrays), compressed=True)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Parameters
        ----------
        path : path

        Returns
        -------
        Run or Pruned
            The class that was asked.

        Raises
        ------
        RunFileError, PrunedFileError
            Naming the file and what is wrong, if it is damaged, incomplete, or something else.
        FileNotFoundError
            If there is no such file.
        """
        path = user_path("path", path)
        try:
            about, arrays = read_archive(path)
            return cls._checked(about, arrays)
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            raise
        except Exception as error:  # what is read fails in its own ways, and so do the checks
            why = f"is not a readable {cls.KIND} of sl1lib ({reason(error)})"
            raise cls.ERROR(path, why, cls.REMEDY) from error

    @classmethod
    def _checked(cls, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
        kind = about.get("kind", "run")  # a run's file says none
        if kind != cls.KIND:
            raise unexpected("what it holds", kind, f"it must be a {cls.KIND}")
        if about["format"] != FILE_FORMAT:
            raise unexpected("the file's format", about["format"], f"this version reads format {FILE_FORMAT}")
        if not isinstance(about["provenance"], dict):
            raise unexpected("provenance", about["provenance"], "it must be a dict")
        config = RunConfig.from_dict(about["config"])
        restored = cls._restored(config, under("params", arrays), about, arrays)
        for name, array in restored.params.items():
            require_choice(f"the dtype of params[{name!r}]", str(array.dtype), (config.dtype,))
        return restored

    def _tensor_of(self, images: np.ndarray) -> torch.Tensor:
        images = np.ascontiguousarray(as_images("images", images))  # PyTorch takes no flipped view
        return images_to_tensor(images, training_dtype(self.config))


def saved_path(path: str | os.PathLike[str]) -> Path:
    """Return where `Classifier.save` writes."""
    return file_path(path, ".npz", "run.npz")


def measure(scores: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Return entropy error and share of wrong answers for scores ``(N, 10)`` and labels ``(N,)``."""
    wrong = scores.argmax(dim=1) != labels
    with one_thread():  # a mean of many numbers would be grouped by the number of threads
        return float(fast.cross_entropy(scores, labels)), float(wrong.double().mean())
