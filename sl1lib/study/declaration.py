"""A study, declared: methods, stages, claims; each stage is a grid of configurations, some tuned by another stage."""

from __future__ import annotations

import itertools
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from importlib import resources
from typing import Any, Final, TypeVar

import tomli_w

from ..errors import require_choice, require_count, require_number, unexpected
from ..paths import user_path
from ..readings import Reading
from ..settings import MOMENTUM_READINGS, MomentumRamp, Penalty
from ..training.config import RunConfig, method_name
from .claim import Claim, as_tuple, require_table
from .record import config_key

_RUN_FIELDS: Final = {each.name for each in fields(RunConfig)} - {"penalty", "seed"}
_PENALTY_FIELDS: Final = {"strength", "eps"}
_AXES: Final = _RUN_FIELDS | _PENALTY_FIELDS
_SELECTED: Final = _PENALTY_FIELDS | {"lr", "lr_end", "epochs", "batch_size"}  # numbers, of which one can be at an edge
_SCALED: Final = _PENALTY_FIELDS | {"lr", "lr_end"}
_DIGITS: Final = 6  # of a scaled value: enough to tell strengths apart, few enough to be read, and the same everywhere
_Kind = TypeVar("_Kind", "Stage", Claim, Penalty, "Study")


@dataclass(frozen=True)
class Cell:
    """One training of a study."""

    stage: str  #: the name of its stage
    method: str  #: the name of its method
    config: RunConfig  #: everything that decides its result
    #: Where in the stage's grid it lies: a value for each axis, with ``strength_factor`` for a scaled strength.
    point: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What the training is known by, in every stage and every file: a hash of its whole configuration."""
        return config_key(self.config)


@dataclass(frozen=True)
class Stage:
    """A grid of trainings that answers one question: a table ``[[stages]]`` of a declaration.

    Raises
    ------
    ValueError
        Naming the value and what would be right; for a tuning stage without validation images.
    """

    name: str  #: by which claims, tables and files call it
    question: str  #: what it is to answer
    methods: tuple[str, ...]  #: names of methods of the study
    seeds: tuple[int, ...]  #: each point of the grid is trained with each of them
    #: What this stage sets in every `RunConfig`, beside ``penalty`` and ``seed``.
    fields: Mapping[str, Any] = field(default_factory=dict)
    #: Values of fields, ``"strength"`` and ``"eps"`` of the penalty among them; all combinations are trained.
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    #: The same, as factors of what the method, or the stage that tuned it, has.
    scale: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    #: For some methods, a grid in place of ``grid`` and ``scale``.
    instead: Mapping[str, Mapping[str, tuple[Any, ...]]] = field(default_factory=dict)
    #: Makes it a tuning stage: these fields, each a number, are chosen for each method, and for each value of the
    #: other axes, by the smallest mean error on the validation images.
    select: tuple[str, ...] = ()
    tuned_by: str = ""  #: the tuning stage from which methods take what was selected; empty for none
    keep_params: bool = False  #: store the final parameters too

    def __post_init__(self) -> None:
        for name in ("methods", "seeds", "select"):
            object.__setattr__(self, name, as_tuple(f"{name} of stage {self.name!r}", getattr(self, name)))
        for name in ("fields", "grid", "scale", "instead"):
            require_table(f"{name} of stage {self.name!r}", getattr(self, name))
        for method, grid in self.instead.items():
            require_table(f"{method!r} in 'instead' of stage {self.name!r}", grid)
        for name in ("grid", "scale"):
            object.__setattr__(self, name, _tuples(getattr(self, name)))
        object.__setattr__(self, "instead", {method: _tuples(grid) for method, grid in self.instead.items()})
        self._check()

    def _check(self) -> None:
        _require_text("the name of a stage", self.name)
        where = f"of stage {self.name!r}"
        _require_text(f"tuned_by {where}", self.tuned_by)
        for method in self.methods:
            _require_text(f"a method {where}", method)
        for seed in self.seeds:
            require_count(f"a seed {where}", seed, least=0)
        for name in ("methods", "seeds"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise unexpected(f"{name} {where}", values, "it must have one entry at least, and each only once")
        for name in self.fields:
            require_choice(f"a field {where}", name, _RUN_FIELDS)
        for axis in itertools.chain(self.grid, *self.instead.values()):
            require_choice(f"an axis {where}", axis, _AXES)
        for axis, factors in self.scale.items():
            require_choice(f"a scaled axis {where}", axis, sorted(_SCALED))
            for factor in factors:
                require_number(f"a factor of {axis!r} {where}", factor, least=0)
        for name in self.select:
            require_choice(f"a selected field {where}", name, sorted(_SELECTED))
        if both := set(self.grid) & set(self.scale):
            raise unexpected(f"an axis {where}", min(both), "it stands in grid and in scale; one of them is enough")
        for method in self.instead:
            require_choice(f"a method in 'instead' {where}", method, self.methods)
        if self.select and not self.fields.get("validation"):
            raise unexpected(f"validation {where}", self.fields.get("validation", 0), "tuning needs validation images")

    def points(self, method: str, penalised: bool) -> Iterator[dict[str, Any]]:
        """Yield the points of a method's grid: a value an axis; scaled axes end in ``_factor``."""
        scaled = {f"{axis}_factor": factors for axis, factors in self.scale.items()}
        axes = dict(self.instead[method]) if method in self.instead else {**self.grid, **scaled}
        if not penalised:  # a network without penalty has no strength to vary
            axes = {axis: values for axis, values in axes.items() if _field(axis) not in _PENALTY_FIELDS}
        for values in itertools.product(*axes.values()):
            yield dict(zip(axes, values, strict=True))

    def others(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of a tuning stage's point that is not selected, but selected for."""
        return {axis: value for axis, value in point.items() if _field(axis) not in self.select}


@dataclass(frozen=True)
class Choice:
    """What was chosen for a method."""

    method: str  #: for which it was chosen
    others: Mapping[str, Any]  #: the values of the axes that were not selected, but selected for
    values: Mapping[str, float]  #: the chosen fields, by name; without a penalty, ``strength`` is missing
    error: float  #: the mean error on the validation images over the seeds, in [0, 1]
    candidates: int  #: among how many it was chosen
    #: How many others had the same mean error; the smaller validation :math:`E_0` decided, then the order of the grid.
    ties: int
    #: The fields whose chosen value is the smallest or the largest of several: a better one may lie outside.
    at_edge: tuple[str, ...]
    failed: int  #: how many candidates diverged with some seed, and were out


@dataclass(frozen=True)
class Selection:
    """The choices of one tuning stage."""

    stage: Stage
    choices: tuple[Choice, ...]

    def of(self, method: str, point: Mapping[str, Any]) -> dict[str, float]:
        """Return the chosen fields for a method at a point of another stage's grid."""
        for choice in self.choices:
            if choice.method == method and all(point.get(axis) == value for axis, value in choice.others.items()):
                return dict(choice.values)
        raise ValueError(f"stage {self.stage.name!r} selected nothing for {method} at {dict(point)}")


@dataclass(frozen=True)
class Study:
    """A declared grid of trainings, in stages of which later ones may be tuned by earlier ones.

    Parameters
    ----------
    name, question : str
    methods : mapping of str to Penalty or None
        Each under the name that `sl1lib.method_name` gives it.
    stages : sequence of Stage
    base : mapping
        What every `RunConfig` of the study has in common.
    claims : sequence of Claim
        What is to be decided, by which rule, written down before there are results.

    Raises
    ------
    ValueError
        Naming the value and what would be right; for a tuning stage that trains one method more often than another.

    Examples
    --------
    >>> study = Study(
    ...     "two", "Does SL1 help?", {"none": None, "SL1": Penalty(1e-3)},
    ...     [Stage("finals", "Which is better?", ["none", "SL1"], seeds=[0, 1, 2])], base={"data": "digits"},
    ... )
    >>> [(cell.method, cell.config.seed) for cell in study.cells(study.stages[0])][:4]
    [('none', 0), ('SL1', 0), ('none', 1), ('SL1', 1)]
    >>> Study.from_toml(study.to_toml()) == study
    True
    """

    name: str
    question: str
    methods: Mapping[str, Penalty | None]
    stages: tuple[Stage, ...]
    base: Mapping[str, Any] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        for name in ("stages", "claims"):
            object.__setattr__(self, name, as_tuple(f"{name} of the study", getattr(self, name)))
        require_table("base", self.base)
        _require_text("the name of a study", self.name)
        if not self.name or set(self.name) & set("/\\") or self.name.startswith("."):
            raise unexpected("the name of a study", self.name, "it names a folder, and must not be a path")
        for name, penalty in self.methods.items():
            if method_name(penalty) != name:
                raise unexpected("the name of a method", name, f"tables will call it {method_name(penalty)!r}")
        for name in self.base:
            require_choice("a field of the base", name, _RUN_FIELDS)
        self._check_stages()
        self._check_claims()

    def _check_stages(self) -> None:
        before: dict[str, Stage] = {}
        for stage in self.stages:
            self._check_name(stage, before)
            for method in stage.methods:
                require_choice(f"a method of stage {stage.name!r}", method, self.methods)
            if stage.select:
                self._check_budget(stage)
            self._check_scaled(stage, before)
            if stage.tuned_by:
                tuning = [name for name, each in before.items() if each.select]
                require_choice(f"tuned_by of stage {stage.name!r}", stage.tuned_by, tuning)
                self._check_tuned(stage, before[stage.tuned_by])
            before[stage.name] = stage

    def _check_name(self, stage: Stage, before: Iterable[str]) -> None:
        if not (file := file_name(stage.name)):
            raise unexpected("the name of a stage", stage.name, "it names a file, and needs a letter or a digit")
        for name in before:
            if name == stage.name:
                raise unexpected("the name of a stage", name, "another stage has it already")
            if file_name(name) == file:
                right = f"its results would be in the file {file!r}, where those of stage {name!r} are"
                raise unexpected("the name of a stage", stage.name, right)

    def _check_claims(self) -> None:
        numbers = [claim.number for claim in self.claims]
        if repeated := [number for number in numbers if numbers.count(number) > 1]:
            raise unexpected("the number of a claim", repeated[0], "another claim has it already")
        for claim in self.claims:
            for name in claim.stages:
                require_choice(f"a stage of claim {claim.number}", name, [stage.name for stage in self.stages])
                if claim.by_trainings:
                    stage = self.stage(name)
                    sides = (claim.favoured, *claim.against) if claim.vary == "method" else stage.methods
                    claim.check(name, self._columns(stage, sides), {*_AXES, "method"})

    def _columns(self, stage: Stage, methods: Iterable[str]) -> dict[str, list[Any]]:
        """Return the columns that tell the trainings of some of a stage's methods apart, and their values."""
        columns: dict[str, list[Any]] = {"method": list(stage.methods)}
        points = itertools.chain(*(self._points(stage, method) for method in stage.methods if method in methods))
        for axis, value in itertools.chain(*(point.items() for point in points)):
            values = columns.setdefault(axis, [])
            if (setting := _setting(axis, value)) not in values:
                values.append(setting)
        return columns

    def _check_scaled(self, stage: Stage, before: Mapping[str, Stage]) -> None:
        """Raise unless each number that is scaled has a value: its own, the penalty's, or a selected one."""
        given = {**self.base, **stage.fields}
        selected = before[stage.tuned_by].select if stage.tuned_by in before else ()
        for name in stage.scale:
            if name in given:
                require_number(f"{name!r}, which stage {stage.name!r} scales,", given[name], least=0)
            elif name not in (*_PENALTY_FIELDS, *selected):
                raise ValueError(
                    f"{name!r}, which stage {stage.name!r} scales, has no value; set it in the base or in the stage's "
                    "fields"
                )

    def _check_budget(self, stage: Stage) -> None:
        sizes = {name: len(self._points(stage, name)) for name in stage.methods}
        if len(set(sizes.values())) > 1:
            what = f"how many points each method has in stage {stage.name!r}"
            raise unexpected(what, sizes, "an equal budget has the same for each")

    def _check_tuned(self, stage: Stage, tuning: Stage) -> None:
        for method in stage.methods:
            require_choice(f"a method of stage {stage.name!r}, tuned by {tuning.name!r}", method, tuning.methods)
            tuned, here = (self._points(each, method)[0] for each in (tuning, stage))
            if missing := set(tuning.others(tuned)) - set(here):
                right = f"stage {tuning.name!r} selects for each value of it"
                raise unexpected(
                    f"the axes of stage {stage.name!r}", sorted(here), f"{min(missing)!r} is missing: {right}"
                )

    def stage(self, name: str) -> Stage:
        """Return the stage of this name."""
        stages = {stage.name: stage for stage in self.stages}
        require_choice("stage", name, stages)
        return stages[name]

    def _points(self, stage: Stage, method: str) -> list[dict[str, Any]]:
        return list(stage.points(method, self.methods[method] is not None))

    def cells(self, stage: Stage, selection: Selection | None = None) -> list[Cell]:
        """Return the trainings of a stage, seed after seed, so that those which share their batches stand together.

        A stage that is tuned by another one needs what that one selected. ``ValueError`` if that is missing, or if the
        declaration gives no valid `RunConfig`.
        """
        if stage.tuned_by and selection is None:
            raise unexpected("selection", None, f"stage {stage.name!r} is tuned by {stage.tuned_by!r}")
        cells = []
        for method in stage.methods:
            for point in self._points(stage, method):
                try:
                    config = self._config(stage, method, point, selection)
                except (ValueError, TypeError) as error:
                    raise ValueError(f"stage {stage.name!r}, {method}: {error}") from error
                cells.append(Cell(stage.name, method, config, point))
        return [replace(cell, config=cell.config.replace(seed=seed)) for seed in stage.seeds for cell in cells]

    def _config(self, stage: Stage, method: str, point: Mapping[str, Any], selection: Selection | None) -> RunConfig:
        values = {**self.base, **stage.fields}
        penalty = self.methods[method]
        if stage.tuned_by and selection is not None:
            values |= selection.of(method, point)
        if penalty is not None:
            values = {"strength": penalty.strength, "eps": penalty.eps} | values
        for axis, value in point.items():
            name = _field(axis)
            values[name] = value if name == axis else float(f"{values[name] * value:.{_DIGITS}g}")
        if isinstance(momentum := values.get("momentum"), str):
            values["momentum"] = MOMENTUM_READINGS.get(momentum, momentum)  # RunConfig refuses another text
        if penalty is not None:
            penalty = replace(penalty, **{name: values.pop(name) for name in _PENALTY_FIELDS})
        return RunConfig(penalty=penalty, **values)

    def to_toml(self) -> str:
        """Return the declaration as a text that `from_toml` reads back: what is at its default is left out."""
        parts = _given(self)
        parts["methods"] = {name: asdict(penalty) if penalty else {} for name, penalty in self.methods.items()}
        parts |= {name: list(map(_given, parts.pop(name))) for name in ("stages", "claims") if name in parts}
        try:
            return tomli_w.dumps(parts)
        except TypeError as error:
            right = "each value must be a text, a number, a truth value, or a list or table of them"
            raise ValueError(f"study {self.name!r} cannot be written as TOML ({error}); {right}") from error

    @classmethod
    def from_toml(cls, text: str) -> Study:
        """Read a declaration; ``ValueError`` if the text is no TOML or no study, saying where."""
        parts = tomllib.loads(text)
        for heading, kind in {"stages": Stage, "claims": Claim}.items():
            if not isinstance(given := parts.get(heading, []), list):
                raise unexpected(heading, given, f"each stands in a table of its own, [[{heading}]]")
            if given:
                tables = enumerate(map(_as_now, given), start=1)
                parts[heading] = [_made(kind, f"number {number} of the {heading}", each) for number, each in tables]
        if "methods" in parts:
            require_table("methods", parts["methods"])
            parts["methods"] = {  # an empty table is the network without penalty
                name: None if given == {} else _made(Penalty, f"method {name!r}", given)
                for name, given in parts["methods"].items()
            }
        return _made(cls, "the declaration", parts)


def load_study(name: str | os.PathLike[str]) -> Study:
    """Return a study of the library by its name, or one that a TOML file declares.

    Parameters
    ----------
    name : str or path
        One of `STUDIES`, or a file that ends in ``.toml``.

    Raises
    ------
    ValueError
        For another name, or a file that declares no study.

    Examples
    --------
    >>> load_study("smoke").name
    'smoke'
    """
    text = os.fspath(name)
    if text.endswith(".toml"):
        try:
            # Some editors write a mark first.
            return Study.from_toml(user_path("study", text).read_text(encoding="utf-8-sig"))
        except ValueError as error:
            raise ValueError(f"{text}: {error}") from error
    if text not in STUDIES:
        raise unexpected("study", text, f"it must be one of {', '.join(STUDIES)}, or a file that ends in .toml")
    return Study.from_toml((_DECLARED / f"{text}.toml").read_text(encoding="utf-8"))


_DECLARED: Final = resources.files(__package__) / "declared"
STUDIES: Final = tuple(
    sorted(each.name.removesuffix(".toml") for each in _DECLARED.iterdir() if each.name[-5:] == ".toml")
)


def _given(part: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their default."""
    given = {}
    for each in fields(part):
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if (value := getattr(part, each.name)) != default:
            given[each.name] = value
    return given


def _as_now(given: Any) -> Any:
    """Return a claim of version 0.1 with the names of today: its rule was prose, and nothing here decides it."""
    if not isinstance(given, Mapping) or "elsewhere" not in given:
        return given
    kept = {name: value for name, value in given.items() if name not in ("elsewhere", "experiment")}
    return kept | {"words": given["elsewhere"]}


def _made(kind: type[_Kind], what: str, table: Any) -> _Kind:
    """Make a dataclass of a table; raise for a key that it does not know, or one that it needs and that is missing."""
    require_table(what, table)
    known = {each.name: each.default is MISSING and each.default_factory is MISSING for each in fields(kind)}
    for name in table:
        require_choice(f"a key of {what}", name, known)
    if missing := [name for name, needed in known.items() if needed and name not in table]:
        raise ValueError(f"{what} has no {missing[0]!r}; it must be given")
    return kind(**table)


def _require_text(what: str, found: object) -> None:
    if not isinstance(found, str):
        raise unexpected(what, found, "it must be a text")


def file_name(stage: str) -> str:
    """Return what the files of a stage are called: those of ``Table: finals``, ``table-finals``."""
    return "-".join("".join(c if c.isalnum() else " " for c in stage.lower()).split())


def _field(axis: str) -> str:
    return axis.removesuffix("_factor")


def _tuples(axes: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    for axis, values in axes.items():
        if isinstance(values, str) or not hasattr(values, "__iter__") or not len(values):
            raise unexpected(f"the values of axis {axis!r}", values, "it must be a list of one value at least")
        settings = [_setting(axis, value) for value in values]
        if repeated := [value for i, value in enumerate(values) if settings[i] in settings[:i]]:
            right = f"it has {repeated[0]!r} twice, which would count one training as two"
            raise unexpected(f"the values of axis {axis!r}", list(values), right)
    return {axis: tuple(values) for axis, values in axes.items()}


def _setting(axis: str, value: Any) -> Any:
    """Return what the table of a study calls a value of an axis."""
    if axis == "momentum" and isinstance(value, int | float) and 0 <= value < 1:  # others, RunConfig refuses
        value = MomentumRamp(value, value, updates=0)
    if isinstance(value, MomentumRamp):
        return momentum_name(value)
    return value.name if isinstance(value, Reading) else value


def momentum_name(momentum: MomentumRamp) -> str:
    """Return the name of a reading of the momentum, or the number that it always is."""
    names = [name for name, ramp in MOMENTUM_READINGS.items() if ramp == momentum]
    return names[0] if names else f"{momentum.end:g}" if momentum.updates == 0 else repr(momentum)
