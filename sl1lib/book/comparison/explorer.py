"""The figure to play with of the chapter *Comparing fairly*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from ...errors import unexpected
from ...training import Run
from ..choices import Made, OneOf, Whole
from ..explorer import Explorer, make_explorer

Values = Mapping[str, Mapping[str, ArrayLike]]

#: What is compared of runs: by name, with its unit, a number of each.
OF_RUNS: Final = {
    "error in %": lambda run: 100 * run.held_out_error,
    "final E0": lambda run: run.history.E0[-1],
    "nodes below 0.01": lambda run: run.nodes_below(0.01),
}


def pair_explorer(values: Values | Sequence[Run], favoured: str = "SL1") -> Explorer:
    """Return a figure in which a reader chooses a quantity, a method and how many seeds, and sees the paired test.

    Parameters
    ----------
    values : mapping of str to mapping of str to array_like, or sequence of Run
        By quantity, with its unit, and by method: a number for each seed, the same seeds for all. Or runs of several
        methods, each with the same seeds.
    favoured : str
        The method that all others are compared with.

    Returns
    -------
    Explorer
        To choose: ``quantity``, ``method``, ``count`` of seeds, and other ``values`` or another one ``favoured``.
        Computed: ``p``, ``mean``, how many seeds are ``lower`` and how many ``higher``. The p is that of
        `sl1lib.study.paired_difference`, with all signs and not a sample of them.

    Raises
    ------
    ValueError
        If ``favoured`` has no numbers, a number is not finite, or methods have different numbers of seeds.

    Examples
    --------
    >>> pair_explorer({"error (%)": {"SL1": [1.1, 1.2, 1.0], "L2": [1.2, 1.2, 1.1]}})
    <pair explorer: 1 quantity, 2 methods, 3 seeds>
    """
    columns = _columns(values)
    methods = _methods(columns)
    others = [name for name in methods if name != favoured]
    quantities = f"{len(columns)} quantit{'y' if len(columns) == 1 else 'ies'}"
    seeds = _seeds(columns)
    return make_explorer(
        __file__,
        f"pair explorer: {quantities}, {len(methods)} methods, {seeds} seeds",
        ("p", "mean", "lower", "higher"),
        values=Made(values, _columns),
        favoured=OneOf(favoured, lambda state: _methods(state["values"])),
        quantity=OneOf(next(iter(columns)), lambda state: state["values"]),
        method=OneOf(next(iter(others), favoured), lambda state: _methods(state["values"])),
        count=Whole(seeds, 2, lambda state: _seeds(state["values"])),
    )


def _methods(columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list(next(iter(columns.values())))


def _seeds(columns: Mapping[str, Mapping[str, Sequence[float]]]) -> int:
    return len(next(iter(next(iter(columns.values())).values())))


def _columns(values: Values | Sequence[Run]) -> dict[str, dict[str, list[float]]]:
    """Return the numbers by quantity and method as the page has them."""
    if not isinstance(values, Mapping):
        values = _of_runs(values)
    columns = {
        quantity: {
            method: [float(f"{value:.7g}") for value in np.asarray(row, np.float64)] for method, row in by.items()
        }
        for quantity, by in values.items()
    }
    counts = {len(row) for by in columns.values() for row in by.values()}
    if len(counts) != 1 or min(counts) < 2:
        raise unexpected("the numbers of seeds", sorted(counts), "all methods must have the same, of at least 2")
    for quantity, by in columns.items():
        if set(by) != set(_methods(columns)):
            raise unexpected(f"the methods of {quantity!r}", list(by), f"they must be {', '.join(_methods(columns))}")
        if not np.isfinite(list(by.values())).all():
            raise unexpected(f"a value of {quantity!r}", "no finite number", "leave out what diverged, for all methods")
    return columns


def _of_runs(runs: Sequence[Run]) -> dict[str, dict[str, list[float]]]:
    """Return the numbers of runs, which each method has with the same seeds."""
    by_method: dict[str, dict[int, Run]] = {}
    for run in runs:
        if not isinstance(run, Run):
            raise unexpected("a run", run, "it must be a Run, as train_many(...) returns them")
        by_method.setdefault(run.config.method, {})[run.config.seed] = run
    seeds = {method: sorted(by_seed) for method, by_seed in by_method.items()}
    if len(set(map(tuple, seeds.values()))) != 1:
        raise unexpected("the seeds of the runs", seeds, "all methods must have the same")
    return {
        name: {method: [measure(by_seed[seed]) for seed in seeds[method]] for method, by_seed in by_method.items()}
        for name, measure in OF_RUNS.items()
    }
