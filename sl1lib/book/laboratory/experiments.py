"""Five short experiments: what each sets up and does, what there is to see, and the chapter that explains it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

_SL1: Final = {"profile": "huber", "grouping": "node", "step": "gradient", "eps": 1e-2, "lr": 0.1, "momentum": 0.2}
#: A node that the digits can do without, and one that they hold on to for a while.
_SPARE, _HELD = 80, 172
_FOUR_EPOCHS: Final = {"type": "start", "updates": 4 * 29}


@dataclass(frozen=True)
class Experiment:
    """What a click sets up: values of the model, then commands to the trainer, which begins with the stored weights."""

    name: str
    see: str
    chapter: str
    page: str
    values: dict[str, Any]
    commands: list[dict[str, Any]] = field(default_factory=list)


def _looking_at(node: int) -> dict[str, Any]:
    return {"node": node, "chosen": {"field": "lengths", "at": node}, "shift": 0}


_EXPERIMENTS: Final = (
    Experiment(
        "chatter of plain L1",
        "The ten weights of a node that the digits do not need reach 0 and jump around it for ever, by about ηλ/(1+μ): "
        "press start, and halve η.",
        "The corner",
        "../smoothing/the-corner",
        {**_SL1, "profile": "abs", "grouping": "weight", "strength": 1e-2, **_looking_at(_SPARE)},
        [_FOUR_EPOCHS],
    ),
    Experiment(
        "ε too small",
        "The corner is rounded, but too narrowly for steps of this length, and the weights jump as before: press "
        "start, and raise ε above ηλ/(2(1+μ)).",
        "Convergence",
        "../smoothing/convergence",
        {**_SL1, "strength": 1e-2, "eps": 1e-4, **_looking_at(_SPARE)},
        [_FOUR_EPOCHS],
    ),
    Experiment(
        "a node dies",
        "The ten weights of a node shrink together, at an even pace, until their length is below ε, where the pull of "
        "the penalty slackens.",
        "Gradients",
        "../smoothing/gradients",
        {**_SL1, "strength": 1e-2, **_looking_at(_HELD)},
        [_FOUR_EPOCHS],
    ),
    Experiment(
        "folding matters",
        "After one epoch about two thirds of the nodes are removed, and the last column of the table says what the "
        "biases save when they take over what these nodes gave on average.",
        "From near-zero norms to a smaller network",
        "../findings/pruning",
        {**_SL1, "strength": 3e-3, **_looking_at(_SPARE), "shift": 35},
        [{"type": "epoch"}, {"type": "remove", "threshold": 1e-2 * 10 ** (35 / 20), "fold": False}],
    ),
    Experiment(
        "a penalty that hurts",
        "The penalty outweighs the digits: nodes die by the dozen, needed or not, and the error rises; press start, "
        "lower λ, and see how much of the network comes back.",
        "Comparing fairly",
        "../findings/comparison",
        {**_SL1, "strength": 0.3, "eps": 2e-2, **_looking_at(_SPARE)},
        [_FOUR_EPOCHS],
    ),
)


def experiments(ending: str = ".html") -> list[dict[str, Any]]:
    """Return the experiments as the page's model has them; ``ending`` is that of the chapters' files."""
    return [{**asdict(each), "page": each.page + ending} for each in _EXPERIMENTS]
