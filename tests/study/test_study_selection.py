"""Which candidate a tuning stage takes: the rule, ties, edges, divergence."""

import numpy as np
import pytest
from study_support import imagined, small_study

from sl1lib.study import Record, select

STUDY = small_study()
TUNING = STUDY.stages[0]
CELLS = STUDY.cells(TUNING)


def records(error, **numbers):
    return {
        cell.key: imagined(cell.config, error(cell), **{name: of(cell) for name, of in numbers.items()})
        for cell in CELLS
    }


def choice(found, method):
    return next(each for each in select(TUNING, CELLS, found).choices if each.method == method)


def strength(cell):
    return cell.config.penalty.strength if cell.config.penalty else 0


def test_the_smallest_mean_over_seeds_wins():
    # lr 0.1 is best with one seed; 0.3 is best on the average.
    found = records(
        lambda cell: {0.1: (0.01, 0.09), 0.3: (0.04, 0.04)}.get(cell.config.lr, (0.5, 0.5))[cell.config.seed - 100]
    )
    best = choice(found, "none")
    assert best.values == {"lr": 0.3}
    assert best.error == pytest.approx(0.04)
    assert (best.candidates, best.ties, best.at_edge, best.failed) == (4, 0, ("lr",), 0)


def test_every_method_is_chosen_for_by_itself():
    found = records(lambda cell: abs(cell.config.lr - (0.1 if cell.method == "L2" else 0.3)) + strength(cell))
    assert choice(found, "L2").values == {"lr": 0.1, "strength": 1e-4}
    assert choice(found, "SL1").values == {"lr": 0.3, "strength": 3e-4}
    assert set(choice(found, "SL1").at_edge) == {"lr", "strength"}


def test_between_equal_errors_the_entropy_error_decides_and_the_tie_is_told():
    found = records(lambda cell: 0.02, held_out_E0=lambda cell: abs(cell.config.lr - 0.15))
    best = choice(found, "none")
    assert best.values == {"lr": 0.15}
    assert (best.ties, best.at_edge) == (3, ())


def test_a_candidate_that_diverged_with_one_seed_is_out():
    found = records(lambda cell: cell.config.lr)
    broken = next(cell for cell in CELLS if cell.method == "none" and cell.config.lr == 0.1)
    found[broken.key] = Record.of_divergence(broken.config, 7)
    best = choice(found, "none")
    assert best.values == {"lr": 0.15}
    assert best.failed == 1


def test_nothing_to_choose_from_is_an_error():
    found = {cell.key: Record.of_divergence(cell.config, 7) for cell in CELLS}
    with pytest.raises(ValueError, match=r"stage 'tuning': every candidate of none diverged"):
        select(TUNING, CELLS, found)
    assert np.isnan(found[CELLS[0].key].held_out_error)
