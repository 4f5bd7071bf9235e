"""A pruned network: smaller arrays that answer as a run does, in memory, in a file, and for other programs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import torch

from ..architecture import check_parameters
from ..engine import make_network
from ..errors import FileError, unexpected
from ..fast import Network
from ..training import RunConfig
from ..training.archive import under
from ..training.classifier import Classifier
from ..training.images import find_device
from .latency import ROUNDS, compare_latency
from .report import Report, Size
from .smaller_network import Parts

BATCHES: Final = (1, 500)  # images at once, for times: an answer that somebody waits for, and work in bulk


class PrunedFileError(FileError):
    """A file that is not a saved pruned network, or no longer one; the message names the file and what is wrong."""


@dataclass(frozen=True, eq=False)
class Pruned(Classifier):
    """A network that is smaller than the one that was trained.

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

    KIND: ClassVar = "pruned network"
    ERROR: ClassVar = PrunedFileError
    REMEDY: ClassVar = "prune the run and save it again"

    config: RunConfig  #: of the run that it was pruned from
    #: ``K1 (m1,1,5,5)``, ``b1 (m1,)``, ``K2 (m2,m1,5,5)``, ``b2 (m2,)``, ``U (10,n)``, ``b (10,)`` for ``m1`` and
    #: ``m2`` maps and ``n`` nodes, in the dtype of the training.
    params: dict[str, np.ndarray]
    parts: Parts  #: which nodes and maps of the full network these are
    report: Report  #: sizes, errors and times before and after; printed, a table
    provenance: dict[str, str] = field(default_factory=dict)  #: the run's: versions, machine, data digest

    def __post_init__(self) -> None:
        check_parameters(self.params, self.parts.shapes)

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

    def network(self, device: str | torch.device = "cpu") -> Network:
        """Return the network, ready to answer on a device; on a CPU by the loops in C, at its own width."""
        return make_network(self.tensors(device), self.config.reading, self.parts.columns)

    def with_latency(
        self, images: np.ndarray, batches: Sequence[int] = BATCHES, rounds: int = ROUNDS, device: str = "cpu"
    ) -> Pruned:
        """Return the same network, its report with measured times.

        This network and the full one, with zeros where something was removed, compute one function: they must answer
        alike before anything is timed.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, 28, 28)
            Repeated where a batch needs more of them.
        batches : sequence of int
            How many images at once.
        rounds : int
            How often both networks have their turn.
        device : str

        Raises
        ------
        DifferentAnswersError
            If the answers differ by more than rounding.
        """
        where = find_device(device)
        full = {name: torch.tensor(array, device=where) for name, array in self.full_params().items()}
        before, after = make_network(full, self.config.reading), self.network(where)
        x = self._tensor_of(images).to(where)
        found = [
            compare_latency(before, after, x[torch.arange(batch, device=where) % len(x)], rounds) for batch in batches
        ]
        return replace(self, report=self.report.replace(latency=tuple(found)))

    def to_onnx(self, path: str | os.PathLike[str]) -> Path:
        """Write the network as an ONNX model: `sl1lib.pruning.write_onnx`."""
        from .onnx_model import write_onnx

        return write_onnx(self, path)

    def _scores(self, x: torch.Tensor) -> torch.Tensor:
        return self.network().predict(x)

    def _rest(self) -> tuple[dict[str, Any], dict[str, Mapping[str, np.ndarray]]]:
        return {"kind": self.KIND, "report": self.report.to_dict()}, {"parts": vars(self.parts)}

    @classmethod
    def _restored(
        cls, config: RunConfig, params: dict[str, np.ndarray], about: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> Pruned:
        report = Report.from_dict(about["report"])
        pruned = cls(config, params, Parts(**under("parts", arrays)), report, about["provenance"])
        if report.after != Size.of(params):
            raise unexpected("the report's size", report.after, f"the parameters' is {Size.of(params)}")
        return pruned
