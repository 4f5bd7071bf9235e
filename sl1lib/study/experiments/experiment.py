"""What an experiment beside the trainings is: it measures a table, knows whether one is its own, and has rules."""

from __future__ import annotations

import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._output import bar
from ...clock import processor_name
from ...data import load_data
from ...errors import require_choice, unexpected
from ...training.run import provenance
from ..claim import Claim
from ..statistics import proportion
from ..table import Table
from ..verdicts import Answer, Number, Rule, UndecidedError, Verdict
from ..worker import Clock

if TYPE_CHECKING:
    from ..results import Results  # which imports the experiments


@dataclass(frozen=True)
class Experiment(ABC):
    """An experiment.

    Parameters
    ----------
    name : str
        By which claims ask for it.
    rules : mapping of str to function
        By name. A rule takes the table and the settings that its claim declares; it returns the answer, comparisons and
        numbers, or raises `UndecidedError`.
    """

    name: str
    rules: Mapping[str, Rule]

    @abstractmethod
    def measure(self, results: Results, progress: bool = True) -> Table:
        """Measure; with a bar, if ``progress``."""

    @abstractmethod
    def is_current(self, table: Table, results: Results) -> bool:
        """Return whether a table is what `measure` would give now, as far as its provenance tells."""

    def decide(self, claim: Claim, table: Table) -> Verdict:
        """Decide a claim by the rule that it names, whose settings must be the claim's."""
        require_choice(f"rule of claim {claim.number}", claim.rule, self.rules)
        rule = self.rules[claim.rule]
        names = list(inspect.signature(rule).parameters)[1:]
        if sorted(names) != sorted(claim.settings):
            right = f"rule {claim.rule!r} takes {', '.join(names) or 'none'}"
            raise unexpected(f"settings of claim {claim.number}", sorted(claim.settings), right)
        try:
            answer, comparisons, numbers = rule(table, **claim.settings)
        except UndecidedError as error:
            return Verdict(claim, Answer.OPEN, waiting=str(error))
        return Verdict(claim, answer, tuple(comparisons), {number.key: number for number in numbers})


@dataclass(frozen=True)
class DigitsExperiment(Experiment):
    """An experiment on the embedded digits, without trainings: instance after instance, each with images of its own.

    Parameters
    ----------
    design : mapping
        All that decides the numbers; ``"instances"`` is how many there are.
    rows : function
        Takes the number of an instance and returns its rows.
    """

    design: Mapping[str, Any]
    rows: Callable[[int], Iterable[Mapping[str, Any]]]

    def measure(self, results: Results | None = None, progress: bool = True) -> Table:
        """Measure every instance. No results of trainings are asked for."""
        facts = provenance("cpu", load_data("digits").digest) | {"processor": processor_name(), "data": "digits"}
        clock, rows = Clock(), list[Mapping[str, Any]]()
        instances = range(self.design["instances"])
        for instance in bar(instances, desc=self.name, unit="instance", leave=False, shown=progress):
            rows += self.rows(instance)
        facts |= {"design": self._plain_design} | clock.facts()
        return Table.of_rows(rows, name=self.name, provenance=facts)

    def is_current(self, table: Table, results: Results | None = None) -> bool:
        """Return whether a table comes from this design, whatever the trainings are."""
        return bool(table.provenance.get("design") == self._plain_design)

    @property
    def _plain_design(self) -> Any:
        """The design as it comes back from a file."""
        return json.loads(json.dumps(self.design))


def share_of_instances(key: str, right: np.ndarray) -> Number:
    """Return the share of instances that are as they should be, with its exact interval."""
    return Number(key, *proportion(int(right.sum()), len(right)), len(right), "instances")


def by_instance(table: Table) -> list[Table]:
    """Return the rows of each instance, in the order of their numbers."""
    return [table.where(instance=instance) for instance in np.unique(table["instance"])]
