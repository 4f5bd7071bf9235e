"""A claim as it is declared: what is compared, in which direction, and by which rule it is decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import require_choice, require_count, require_number, unexpected
from .measures import MEASURES


@dataclass(frozen=True)
class Claim:
    """A statement that can fail, and how it is decided: a table ``[[claims]]`` of a declaration.

    Notes
    -----
    The rule, for every claim: in each family, Holm's correction over all comparisons, at 5 %. If all comparisons of
    all families are in favour, the claim *holds*; if some are, it *holds in part*; if none is, it *does not hold*.
    A claim whose families have no pair *cannot be tested*; one with missing trainings *is not decided yet*.
    """

    number: int  #: by which pages and results call it
    statement: str  #: what is claimed, in a sentence
    stages: tuple[str, ...] = ()  #: whose trainings decide it; each stage is a family of comparisons of its own
    measures: tuple[str, ...] = ()  #: of `sl1lib.study.MEASURES`, those that trainings have
    better: str = "lower"  #: or ``"higher"``
    #: The column that tells the two sides of a comparison apart: ``"method"``, ``"momentum"``, ``"loss"``.
    vary: str = "method"
    favoured: str = ""  #: its value on the side that the claim is for
    against: tuple[str, ...] = ()  #: its values on the other sides
    #: Columns that must agree within a pair, beside the seed: a comparison for each of their values.
    each: tuple[str, ...] = ()
    #: Compares not the measure, but the difference between its largest and smallest value along this column: how much
    #: it depends on a setting; with ``held_out_error``. ``"seed"`` compares distances from the method's median instead.
    spread_over: str = ""
    #: Differences within it are called equivalent where a test shows them to be; 0 asks for none.
    margin: float = 0.0
    #: Instead of all that: the experiment, one of `sl1lib.study.EXPERIMENTS`, by whose ``rule`` the claim is decided.
    experiment: str = ""
    rule: str = ""  #: the name of the rule
    settings: Mapping[str, Any] = field(default_factory=dict)  #: the rule's bounds, and what it looks at, by name
    #: The rule in words; ``{name}`` stands for one of the settings. Without an experiment: what would decide it.
    words: str = ""
    untested: str = ""  #: instead of all that: why nothing can decide it
    topic: str = ""  #: what it is about, in a word by which pages find it
    headline: str = ""  #: the measure that stands for the claim where there is room for one; empty: the first

    def __post_init__(self) -> None:
        require_count("the number of a claim", self.number, least=1)
        for name in ("stages", "measures", "against", "each"):
            values = as_tuple(f"{name} of claim {self.number}", getattr(self, name))
            object.__setattr__(self, name, values)
            if repeated := [value for i, value in enumerate(values) if value in values[:i]]:
                raise unexpected(f"{name} of claim {self.number}", values, f"it has {repeated[0]!r} twice")
        require_choice(f"better of claim {self.number}", self.better, ("lower", "higher"))
        require_number(f"margin of claim {self.number}", self.margin, least=0)
        known = [name for name, measure in MEASURES.items() if measure.of_trainings]
        for measure in self.measures:
            require_choice(f"a measure of claim {self.number}", measure, known)
        if self.headline:
            require_choice(f"headline of claim {self.number}", self.headline, self.measures)
        if self.spread_over not in ("", "seed") and self.measures != ("held_out_error",):
            raise unexpected(f"measures of claim {self.number}", self.measures, "a spread needs ('held_out_error',)")
        for one, other in (("experiment", "rule"), ("rule", "experiment"), ("rule", "words")):
            if getattr(self, one) and not getattr(self, other):
                raise ValueError(
                    f"claim {self.number} has {one} {getattr(self, one)!r} and no {other!r}; it needs both"
                )
        require_table(f"settings of claim {self.number}", self.settings)
        try:
            _ = self.rule_in_words
        except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
            right = f"each name in braces must be one of the settings ({type(error).__name__}: {error})"
            raise unexpected(f"words of claim {self.number}", self.words, right) from error
        needed = ("stages", "measures", "favoured", "against")
        if self.by_trainings and (missing := [name for name in needed if not getattr(self, name)]):
            raise unexpected(f"{missing[0]} of claim {self.number}", (), "a claim that is tested needs it")
        if self.favoured in self.against:
            right = f"{self.favoured!r} is favoured, and is no other side"
            raise unexpected(f"against of claim {self.number}", self.against, right)

    @property
    def by_trainings(self) -> bool:
        """Whether comparisons of trainings decide it."""
        return not (self.untested or self.words)

    @property
    def rule_in_words(self) -> str:
        """The rule as a sentence, with the settings in their places."""
        return self.words.format_map(self.settings)

    def check(self, stage: str, columns: Mapping[str, Sequence[Any]], settings: Iterable[str]) -> None:
        """Raise unless the trainings of a stage can decide the claim.

        ``columns`` tell its trainings apart, beside the seed, and have their values; ``settings`` are all columns that
        a stage may have.

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
    """Return a list as a tuple; raise ``ValueError`` for a text, whose letters would be taken, and for a number."""
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        raise unexpected(what, values, "it must be a list")
    return tuple(values)


def require_table(what: str, found: object) -> None:
    """Raise unless ``found`` is a table."""
    if not isinstance(found, Mapping):
        raise unexpected(what, found, "it must be a table of names and values")
