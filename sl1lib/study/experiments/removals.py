"""One stored network and what its prunings leave: by a product of two small matrices each, where that is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch

from ... import fast
from ...architecture import NODES, NODES_PER_MAP
from ...data import Dataset
from ...fast.network import EVALUATION_BATCH
from ...pruning import (
    Floor,
    Pruned,
    Size,
    node_lengths,
    parts_left,
    prune,
    run_onnx,
    short_nodes,
    shortest_nodes,
)
from ...pruning.procedure import default_threshold
from ...pruning.selection import with_floor
from ...training import Run, RunConfig
from ...training.classifier import measure
from ...training.images import Images
from ...training.run import History
from ..record import Record

SMALLEST: Final = float(np.finfo(np.float64).tiny)  # a length below it is 0


@dataclass(frozen=True, eq=False)
class Removals:
    """A stored network on fixed images, ready to lose nodes: its features are computed once.

    Those of the held-out images are ``features`` (N, 192); ``means`` (192,) are over the training images.
    """

    record: Record | Run
    features: torch.Tensor
    labels: torch.Tensor
    means: torch.Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, record: Record | Run, images: Images) -> Removals:
        """Compute features and means."""
        params = {name: torch.tensor(array) for name, array in record.params.items()}
        full = fast.Network(params, record.config.reading)
        batches = images.x_held_out.split(EVALUATION_BATCH)
        features = torch.cat([full.stages(batch)[1].flatten(start_dim=1) for batch in batches])
        return cls(record, features, images.labels_held_out, full.means(images.x)[1])

    @cached_property
    def params(self) -> dict[str, torch.Tensor]:
        """The full network's parameters."""
        return {name: torch.tensor(array) for name, array in self.record.params.items()}

    @property
    def unit(self) -> int:
        """How many nodes go at once: 16 where the penalty is on whole maps."""
        return NODES_PER_MAP if counted_in(self.record.config) == "map" else 1

    def shortest(self, count: int) -> np.ndarray:
        """Return which nodes go with the ``count`` shortest nodes, or maps."""
        return shortest_nodes(self.record.params["U"], count, counted_in(self.record.config))

    @torch.no_grad()
    def after(self, removed: np.ndarray, fold: bool = True) -> tuple[float, float]:
        """Return entropy error and share of wrong answers without some nodes; ``fold`` keeps their means."""
        gone = torch.from_numpy(removed)
        U, b = fast.remove_inputs(self.params["U"], self.params["b"], gone, self.means if fold else None)
        return measure(fast.dense(self.features[:, ~gone], U, b), self.labels)

    def size(self, removed: np.ndarray) -> Size:
        """Return what is left without the removed nodes, and the maps that only they needed."""
        shapes = parts_left(self.params, removed).shapes
        return Size.of({name: np.broadcast_to(0.0, shape) for name, shape in shapes.items()})

    @cached_property
    def errors(self) -> np.ndarray:
        """The error after 0, 1, … 191 nodes, the shortest first: each from the last by one outer product."""
        order = np.argsort(node_lengths(self.record.params["U"], counted_in(self.record.config)), kind="stable")
        U, x = self.params["U"].T.contiguous(), (self.features - self.means).T.contiguous()
        scores = fast.dense(self.features, self.params["U"], self.params["b"]).T.contiguous()
        found = np.empty(NODES)
        for place, node in enumerate(order):
            found[place] = float((scores.argmax(dim=0) != self.labels).double().mean())
            scores.addr_(U[node], x[node], alpha=-1)
        return found

    def most_within(self, bound: float) -> int | None:
        """Return the largest count of nodes, or maps, without which the error is at most ``bound``; None if none is."""
        bound += 0.5 / len(self.labels)  # it is a sum of shares of images: rounding must not decide
        for count in np.flatnonzero(self.errors[:: self.unit] <= bound)[::-1].tolist():
            if self.after(self.shortest(count))[1] <= bound:  # the sums above may have rounded a tie the other way
                return int(count)
        return None


def counted_in(config: RunConfig) -> str:
    """Return what is removed at once: ``"map"`` where the penalty is on maps, ``"node"`` otherwise."""
    return "map" if config.penalty is not None and config.penalty.grouping == "map" else "node"


def switched_off(U: np.ndarray, config: RunConfig) -> np.ndarray:
    r"""Return which nodes of ``U`` (10, 192) the penalty of a training has switched off.

    They are shorter than :math:`\varepsilon`, without a penalty than 0.01; after proximal steps they are exactly 0. If
    all are, the longest stays.
    """
    penalty = config.penalty
    exact = penalty is not None and penalty.step == "proximal"
    grouping = penalty.grouping if penalty is not None else "node"
    removed = short_nodes(U, SMALLEST if exact else default_threshold(config), grouping)
    return with_floor(removed, node_lengths(U, grouping), Floor(), grouping)


def stored_run(record: Record, data_name: str = "", data_digest: str = "") -> Run:
    """Return a stored training as a `Run`, which `sl1lib.prune` takes. Its history has the values after epochs only.

    Given the digest of its data, `sl1lib.prune` refuses other data.
    """
    nothing = np.zeros(0)
    E0, error = (record.arrays[f"held_out_{name}_epochs"].astype(np.float64) for name in ("E0", "error"))
    E0[-1], error[-1] = record.numbers["held_out_E0"], record.held_out_error  # the curves are kept in float32
    return Run(
        config=record.config,
        params=record.params,
        history=History(nothing, nothing, E0, error, np.full(len(E0), np.nan)),
        held_out="validation" if record.config.validation else "test",
        data_name=data_name,
        provenance={"data_sha256": data_digest} if data_digest else {},
    )


def prune_again(row: Mapping[str, Any], run: Run, data: Dataset) -> Pruned:
    """Prune the `stored_run` of a row of the evidence as the row says, by `sl1lib.prune` itself."""
    if row["kind"] in ("threshold", "tuned"):
        how: dict[str, Any] = {"remove": switched_off(run.params["U"], run.config)}
    elif row["grouping"] == "map":
        how = {"count": NODES // NODES_PER_MAP - int(row["maps"]), "grouping": "map"}
    else:
        how = {"count": NODES - int(row["nodes"])}
    return prune(run, **how, data=data, latency=False)


def onnx_differences(pruned: Pruned, images: np.ndarray) -> float:
    """Count the images, uint8 (N, 28, 28), that ONNX Runtime answers otherwise; NaN where it is not installed."""
    if find_spec("onnx") is None or find_spec("onnxruntime") is None:
        return float("nan")
    with TemporaryDirectory() as folder:
        received = run_onnx(pruned.to_onnx(Path(folder) / "network"), images)
    return float((received.argmax(axis=1) != pruned.predict(images).argmax(axis=1)).sum())
