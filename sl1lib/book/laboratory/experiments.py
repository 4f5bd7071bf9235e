"""Five short experiments: what each sets up and does, what there is to see, and the chapter that explains it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

_SL1: Final = {"profile": "huber", "grouping": "node", "step": "gradient", "eps": 1e-2, "lr": 0.05, "momentum": 0.2}
#: A node that the digits can do without, one that they hold on to for a while, and one that they bring back.
_SPARE, _HELD, _MISSED = 80, 172, 50
_FOUR_EPOCHS: Final = {"type": "start", "updates": 4 * 29}


@dataclass(frozen=True)
class Experiment:
    """What a click sets up: values of the model, then commands to the trainer, which begins with the stored weights.

    ``see`` says what there is to see and ``then`` what to do next; ``chart`` is what they speak of. A name in braces is
    a number that the page computes from its settings (``experiments.js``).
    """

    name: str
    chart: str
    see: str
    then: str
    chapter: str
    page: str
    values: dict[str, Any]
    commands: list[dict[str, Any]] = field(default_factory=list)


def _looking_at(node: int, *, latest: bool = False) -> dict[str, Any]:
    return {"node": node, "chosen": {"field": "lengths", "at": node}, "shift": 0, "latest": latest}


_EXPERIMENTS: Final = (
    Experiment(
        "chatter of plain L1",
        "weights",
        "The weights’ chart: ten weights that the digits do not need reach 0, and jump around it for ever. Most "
        "end on one of two orbits: of two updates, ηλ/(1+μ) = {two} from end to end, or of four, 2ηλ/(1+μ²) = "
        "{four}. Which of them depends on how they come in.",
        "When it has stopped, halve η and press start: the jumps halve with it, and do not end. Read on in",
        "The corner",
        "../smoothing/the-corner",
        {**_SL1, "profile": "abs", "grouping": "weight", "strength": 2e-2, **_looking_at(_SPARE, latest=True)},
        [_FOUR_EPOCHS],
    ),
    Experiment(
        "ε too small",
        "weights",
        "The weights’ chart: the corner is rounded, but over an ε that steps of this length jump across. The ten "
        "weights of a node are one group now, and jump together.",
        "When it has stopped, raise ε above ηλ/(2(1+μ)) = {rest}, to 0.001, and press start: behind the dotted "
        "line the jumps fade. Read on in",
        "Convergence",
        "../smoothing/convergence",
        {**_SL1, "strength": 2e-2, "eps": 1e-4, **_looking_at(_SPARE, latest=True)},
        [_FOUR_EPOCHS],
    ),
    Experiment(
        "a node dies",
        "weights",
        "The weights’ chart: the ten weights of a node shrink together. Their length (dashed) falls by ηλ/(1−μ) = "
        "{pace} an update, as long as the digits let it, until it is below ε, where the pull of the penalty "
        "slackens.",
        "When it has stopped, click a dark green node in the picture of the lengths, and press start: does it die,"
        " too? Read on in",
        "Gradients",
        "../smoothing/gradients",
        {**_SL1, "strength": 2e-2, **_looking_at(_HELD)},
        [_FOUR_EPOCHS],
    ),
    Experiment(
        "folding matters",
        "table",
        "The table below the charts: after one epoch, all nodes shorter than {threshold} have been removed for "
        "you, and the error was read once with their means folded into the biases and once with them forgotten. "
        "The sentence below the table says what each costs.",
        "Press put them back, move the threshold, and remove with folding: up to which threshold is it free? Read "
        "on in",
        "From near-zero norms to a smaller network",
        "../findings/pruning",
        {**_SL1, "strength": 3e-3, **_looking_at(_SPARE), "shift": 35},
        [{"type": "epoch"}, {"type": "remove", "threshold": 1e-2 * 10 ** (35 / 20), "fold": False}],
    ),
    Experiment(
        "a penalty that hurts",
        "error",
        "The chart of misread images: λ is so large that nodes die by the dozen, needed or not, and the error "
        "rises. The weights’ chart follows one that the digits need.",
        "When it has stopped, lower λ to 0.003, press start, and wait for two epochs: the error comes back, and so"
        " does this node, with a fraction of its length; many of the others stay short. Read on in",
        "Comparing fairly",
        "../findings/comparison",
        {**_SL1, "strength": 0.3, "eps": 2e-2, **_looking_at(_MISSED)},
        [_FOUR_EPOCHS],
    ),
)


def experiments(ending: str = ".html") -> list[dict[str, Any]]:
    """Return the experiments as the page's model has them; ``ending`` is that of the chapters' files."""
    return [{**asdict(each), "page": each.page + ending} for each in _EXPERIMENTS]
