"""A claim as it is declared: what is compared, in which direction, and by which rule it is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..errors import require_choice, require_count, require_number, unexpected

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
        `sl1lib.study.EXPERIMENTS`. Empty: nothing here does.
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
        require_count("the number of a claim", self.number, least=1)
        for name in ("stages", "measures", "against", "each"):
            values = as_tuple(f"{name} of claim {self.number}", getattr(self, name))
            object.__setattr__(self, name, values)
            if repeated := [value for i, value in enumerate(values) if value in values[:i]]:
                raise unexpected(f"{name} of claim {self.number}", values, f"it has {repeated[0]!r} twice")
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
        if self.favoured in self.against:
            right = f"{self.favoured!r} is favoured, and is no other side"
            raise unexpected(f"against of claim {self.number}", self.against, right)

    def check(self, stage: str, columns: Mapping[str, Sequence[Any]], settings: Iterable[str]) -> None:
        """Raise unless the trainings of a stage can decide the claim.

        Parameters
        ----------
        stage : str
            One of the claim's.
        columns : mapping of str to sequence
            The columns that tell the trainings of the stage apart, beside the seed, and the values in them.
        settings : iterable of str
            All columns that a stage may have.

        Raises
        ------
        ValueError
            Naming the value and what would be right.

        Examples
        --------
        >>> claim = Claim(3, "It helps.", ["finals"], ["gap"], favoured="SL1", against=["none"])
        >>> claim.check("finals", {"method": ["none", "SL2"]}, ["method"])
        Traceback (most recent call last):
        ...
        ValueError: favoured of claim 3 is 'SL1'; stage 'finals' has 'none', 'SL2' in column 'method'
        """
        of = f"of claim {self.number}"
        require_choice(f"vary {of}, in stage {stage!r},", self.vary, columns)
        present = columns[self.vary]
        for name, sides in (("favoured", (self.favoured,)), ("against", self.against)):
            if absent := [side for side in sides if side not in present]:
                has = ", ".join(map(repr, present))
                raise unexpected(f"{name} {of}", absent[0], f"stage {stage!r} has {has} in column {self.vary!r}")
        for name in self.each:
            require_choice(f"a column in 'each' {of}", name, sorted({*settings, *columns} - {self.vary}))
        if self.spread_over not in ("", "seed"):
            require_choice(f"spread_over {of}, in stage {stage!r},", self.spread_over, sorted({*columns} - {self.vary}))
        paired = {self.vary, self.spread_over, *self.each}
        if several := [name for name, values in columns.items() if len(values) > 1 and name not in paired]:
            right = f"stage {stage!r} has several trainings of one seed that differ in {several[0]!r}; add it"
            raise unexpected(f"each {of}", self.each, right)


def as_tuple(what: str, values: Any) -> tuple[Any, ...]:
    """Return a list as a tuple; raise ``ValueError`` for a text, whose letters would be taken, and for a number.

    Examples
    --------
    >>> as_tuple("methods", ["none", "SL1"])
    ('none', 'SL1')
    >>> as_tuple("methods", "SL1")
    Traceback (most recent call last):
    ...
    ValueError: methods is 'SL1'; it must be a list
    """
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        raise unexpected(what, values, "it must be a list")
    return tuple(values)
