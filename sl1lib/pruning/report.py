"""What a pruning did: sizes, errors and times, before and after."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

from .._output import aligned
from ..errors import unexpected
from ..fast import Network
from ..training.classifier import measure
from .latency import Latency, quartiles
from .smaller_network import multiply_adds, parameter_count


@dataclass(frozen=True)
class Size:
    """What a network has, and what an image costs it."""

    nodes: int  #: feature nodes
    maps1: int  #: maps of layer 1
    maps2: int  #: maps of layer 2
    parameters: int  #: numbers in all arrays
    multiply_adds: int  #: products of a weight and an activation for one image, layer by layer
    composed: int  #: the same where each convolution and its pooling are one: only a reading that pools first allows it

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Size:
        """Read the sizes off the shapes of a network's arrays."""
        return cls(
            nodes=int(params["U"].shape[1]),
            maps1=int(params["K1"].shape[0]),
            maps2=int(params["K2"].shape[0]),
            parameters=parameter_count(params),
            multiply_adds=multiply_adds(params),
            composed=multiply_adds(params, composed=True),
        )


# The fields of a Size in words; the last is shown only where the reading allows it.
_SIZES: Final = (
    *("nodes", "maps of layer 1", "maps of layer 2", "parameters", "multiply-adds"),
    "multiply-adds, pooling composed",
)


@dataclass(frozen=True)
class Score:
    """How well a network does at one stage of the pruning."""

    stage: str  #: ``"before"``, ``"removed"``, or what was done after that
    E0: float  #: the entropy error, in nats
    error: float  #: the share of wrong answers, in [0, 1]

    @classmethod
    def of(cls, stage: str, network: Network, x: torch.Tensor, labels: torch.Tensor) -> Score:
        """Measure a network on images ``x`` as `fast.Network.predict` takes them."""
        return cls(stage, *measure(network.predict(x), labels))


@dataclass(frozen=True)
class Report:
    """What a pruning did; printed, a table.

    Examples
    --------
    >>> size = Size(192, 6, 12, 3898, 203520, 74496)
    >>> scores = (Score("before", 0.1, 0.02), Score("removed", 0.2, 0.04))
    >>> print(Report("‖u_k‖ < 0.01", True, False, "digits", "test", 382, True, size, size, scores))
    ‖u_k‖ < 0.01: 0 of 192 nodes removed, their means folded into the biases
    on digits, 382 test images
                                      before    after
    nodes                                192      192
    maps of layer 1                        6        6
    maps of layer 2                       12       12
    parameters                         3,898    3,898
    multiply-adds                    203,520  203,520
    multiply-adds, pooling composed   74,496   74,496
    E0, nats                          0.1000   0.2000
    error                             2.00 %   4.00 %
    """

    criterion: str  #: what was selected
    folded: bool  #: whether the mean of what was removed went into the biases
    interrupted: bool  #: whether the run was interrupted before its last update
    data_name: str  #: of which data the images are that the scores are from
    held_out: str  #: which of them: ``"test"`` or ``"validation"``
    images: int  #: how many
    pools_first: bool  #: whether the reading allows convolution and pooling to be one
    before: Size  #: of the full network
    after: Size  #: of the pruned one
    scores: tuple[Score, ...]  #: before, after the removal, and after each fine-tuning
    latency: tuple[Latency, ...] = ()  #: empty if no times were taken

    def __post_init__(self) -> None:
        if len(self.scores) < 2:
            raise unexpected("the number of scores", len(self.scores), "there must be one before and one after")

    @property
    def error_before(self) -> float:
        """The full network's share of wrong answers, in [0, 1]."""
        return self.scores[0].error

    @property
    def error_after(self) -> float:
        """The pruned network's share of wrong answers as it is now, in [0, 1]."""
        return self.scores[-1].error

    def rows(self) -> list[list[str]]:
        """Return the table: what, before, after, as text."""
        labels = _SIZES if self.pools_first else _SIZES[:-1]
        sizes = zip(labels, dataclasses.astuple(self.before), dataclasses.astuple(self.after), strict=False)
        rows = [[label, f"{before:,}", f"{after:,}"] for label, before, after in sizes]
        first, *later = self.scores
        for score in later:
            suffix = "" if score.stage == "removed" else f", {score.stage}"
            rows.append([f"E0, nats{suffix}", f"{first.E0:.4f}", f"{score.E0:.4f}"])
            rows.append([f"error{suffix}", f"{100 * first.error:.2f} %", f"{100 * score.error:.2f} %"])
        for found in self.latency:
            images = f"{found.batch} image{'s' if found.batch > 1 else ''}"
            medians = [f"{1e6 * quartiles(seconds)[1]:,.0f} µs" for seconds in (found.before, found.after)]
            rows.append([f"time of {images}", *medians])
        return rows

    def notes(self) -> list[str]:
        """Return what the times in the table are to be read with; empty without times."""
        if not self.latency:
            return []
        found = self.latency[0]
        where = f"{found.device}, {found.threads} thread{'s' if found.threads > 1 else ''}, {found.dtype}"
        return ["times are medians [quartiles]:", *map(str, self.latency), where]

    def __str__(self) -> str:
        gone = self.before.nodes - self.after.nodes
        fold = "their means folded into the biases" if self.folded else "nothing folded into the biases"
        head = [
            f"{self.criterion}: {gone} of {self.before.nodes} nodes removed, {fold}",
            f"on {self.data_name}, {self.images:,} {self.held_out} images"
            + ("; the run was INTERRUPTED" if self.interrupted else ""),
        ]
        return "\n".join([*head, *aligned([["", "before", "after"], *self.rows()]), *self.notes()])

    def replace(self, **changes: Any) -> Report:
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, strings, lists and dicts, ready for JSON; `from_dict` reads them back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Report:
        """Build the report that `to_dict` took apart; a ``ValueError`` for fields that are missing or unknown."""
        try:
            parts = dict(fields)
            parts["before"], parts["after"] = Size(**parts["before"]), Size(**parts["after"])
            parts["scores"] = tuple(Score(**score) for score in parts["scores"])
            parts["latency"] = tuple(Latency(**each) for each in parts["latency"])
            return cls(**parts)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the fields of a Report ({error})") from error
