"""Studies: declared grids of trainings, run where they are missing, kept with their provenance, decided by rules.

- `load_study` and `Study` declare; `run` trains what is missing; `audit` trains some of it again.
- `Results.open` reads what there is: trainings, experiments beside them, and verdicts on the claims by the rules that
  were declared with them.
"""

from typing import TYPE_CHECKING

from .._later import later
from ..training.processes import Processes
from .claim import Claim
from .declaration import STUDIES, Cell, Choice, Selection, Stage, Study, load_study
from .evidence import NotMeasuredError
from .layout import Layout
from .measures import MEASURES, Measure, Unit
from .record import Record, curve_updates
from .results import Results
from .statistics import (
    ALPHA,
    Effect,
    Equivalence,
    equivalence,
    holm,
    mean_interval,
    paired_difference,
    paired_times,
    proportion,
)
from .store import Store, StoreError
from .table import Table
from .tuning import select
from .verdicts import Answer, Comparison, Number, Verdict, compare_trainings

if TYPE_CHECKING:  # the same for type checkers and editors
    from .auditing import Repeat, audit
    from .experiments import EXPERIMENTS
    from .experiments.experiment import Experiment
    from .runner import Outcome, run

__getattr__ = later(
    __name__,
    {
        "auditing": ("Repeat", "audit"),
        "experiments": ("EXPERIMENTS",),
        "experiments.experiment": ("Experiment",),
        "runner": ("Outcome", "run"),
    },
)

__all__ = [
    "ALPHA",
    "EXPERIMENTS",
    "MEASURES",
    "STUDIES",
    "Answer",
    "Cell",
    "Choice",
    "Claim",
    "Comparison",
    "Effect",
    "Equivalence",
    "Experiment",
    "Layout",
    "Measure",
    "NotMeasuredError",
    "Number",
    "Outcome",
    "Processes",
    "Record",
    "Repeat",
    "Results",
    "Selection",
    "Stage",
    "Store",
    "StoreError",
    "Study",
    "Table",
    "Unit",
    "Verdict",
    "audit",
    "compare_trainings",
    "curve_updates",
    "equivalence",
    "holm",
    "load_study",
    "mean_interval",
    "paired_difference",
    "paired_times",
    "proportion",
    "run",
    "select",
]
