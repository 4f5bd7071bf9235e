"""The experiments beside the trainings, by the names under which claims ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import require_choice
from .chatter import CHATTER
from .consistency import CONSISTENCY
from .convergence import CONVERGENCE
from .experiment import Experiment
from .pruned_networks import PRUNING
from .rounding import ROUNDING

EXPERIMENTS: Final[Mapping[str, Experiment]] = {
    each.name: each for each in (PRUNING, CHATTER, CONVERGENCE, CONSISTENCY, ROUNDING)
}


def experiment_of(name: str) -> Experiment:
    """Return an experiment by its name; raise ``ValueError`` if there is none."""
    require_choice("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name]
