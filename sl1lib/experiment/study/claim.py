"""A claim as it is declared: what is compared, in which direction, and by which rule it is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...errors import require_choice, require_number, unexpected

MEASURES: Final = (
    "held_out_error",
    "held_out_E0",
    "train_error",
    "train_E0",
    "gap",
    "updates_to_0.5",
    "updates_to_0.2",
    "updates_to_0.1",
    "nodes_below",
    "failed",
)


@dataclass(frozen=True)
class Claim:
    """A statement that can fail, and how it is decided.

    Parameters
    ----------
    number : int
    statement : str
    stages : sequence of str
        Whose trainings decide it. Each stage is a family of comparisons of its own.
    measures : sequence of str
        Of `MEASURES`.
    better : {"lower", "higher"}
    vary : str
        The column that tells the two sides of a comparison apart: ``"method"``, ``"momentum"``, ``"loss"``.
    favoured : str
        Its value on the side that the claim is for.
    against : sequence of str
        Its values on the other sides.
    each : sequence of str
        Columns that must agree within a pair, beside the seed: a comparison for each of their values.
    spread_over : str
        Compares not the measure, but the difference between its largest and smallest value along this column: how
        much it depends on a setting; with ``held_out_error``. ``"seed"`` compares distances from the method's median
        instead.
    margin : float
        Differences within it are called equivalent where a test shows them to be; 0 asks for none.
    elsewhere : str
        Instead of all that: what decides the claim, and by which rule, if not a comparison of stored numbers.
    experiment : str
        With ``elsewhere``: the name of the experiment that measures what the rule asks for, one of
        `sl1lib.findings.EXPERIMENTS`. Empty: nothing here does.
    untested : str
        Instead of all that: why nothing can decide it.

    Notes
    -----
    The rule, for every claim: in each family, Holm's correction over all comparisons, at 5 %. If all comparisons of
    all families are in favour, the claim *holds*; if some are, it *holds in part*; if none is, it *does not hold*.
    A claim whose families have no pair *cannot be tested*, nor one of whose trainings some are still to come.
    """

    number: int
    statement: str
    stages: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    better: str = "lower"
    vary: str = "method"
    favoured: str = ""
    against: tuple[str, ...] = ()
    each: tuple[str, ...] = ()
    spread_over: str = ""
    margin: float = 0.0
    elsewhere: str = ""
    experiment: str = ""
    untested: str = ""

    def __post_init__(self) -> None:
        for name in ("stages", "measures", "against", "each"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        require_choice(f"better of claim {self.number}", self.better, ("lower", "higher"))
        require_number(f"margin of claim {self.number}", self.margin, least=0)
        for measure in self.measures:
            require_choice(f"a measure of claim {self.number}", measure, MEASURES)
        if self.spread_over not in ("", "seed") and self.measures != ("held_out_error",):
            raise unexpected(f"measures of claim {self.number}", self.measures, "a spread needs ('held_out_error',)")
        if self.experiment and not self.elsewhere:
            raise unexpected(f"elsewhere of claim {self.number}", "", "an experiment is judged by a rule, in words")
        needed = ("stages", "measures", "favoured", "against")
        if not (self.untested or self.elsewhere) and (missing := [name for name in needed if not getattr(self, name)]):
            raise unexpected(f"{missing[0]} of claim {self.number}", (), "a claim that is tested needs it")
