"""Studies: declared grids of trainings, run where they are missing, kept with their provenance, judged by rules.

- `load_study` and `Study` declare; `run` trains what is missing; `load_table` gives the results.
- `audit` trains some of it again; `judge` decides a claim by the rule that was declared with it.
"""

from ..training.processes import Processes
from .auditing import Finding, audit
from .claim import Claim
from .declaration import STUDIES, Cell, Stage, Study, load_study
from .record import Record, curve_updates
from .runner import Layout, Outcome, run
from .statistics import (
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
from .table import Table, load_table
from .tuning import Choice, Selection, select
from .verdicts import Comparison, Estimate, Judgement, Verdict, judge

__all__ = [
    "STUDIES",
    "Cell",
    "Choice",
    "Claim",
    "Comparison",
    "Effect",
    "Equivalence",
    "Estimate",
    "Finding",
    "Judgement",
    "Layout",
    "Outcome",
    "Processes",
    "Record",
    "Selection",
    "Stage",
    "Store",
    "StoreError",
    "Study",
    "Table",
    "Verdict",
    "audit",
    "curve_updates",
    "equivalence",
    "holm",
    "judge",
    "load_study",
    "load_table",
    "mean_interval",
    "paired_difference",
    "paired_times",
    "proportion",
    "run",
    "select",
]
