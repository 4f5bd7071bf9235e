"""Clocks and counts: what is counted is compared with other ways to count; of times only that they are sensible."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from sl1lib import MomentumRamp, Penalty, fast
from sl1lib.book.fast_path.counts import banded_work, direct_work, epoch_operations, im2col_work
from sl1lib.book.fast_path.machine import Machine
from sl1lib.book.fast_path.parts import PARTS, update_parts
from sl1lib.book.fast_path.steps import band_matrix, conv2d_banded, im2col
from sl1lib.clock import Timing, time_side_by_side
from sl1lib.engine import Engine, Training
from sl1lib.engine.bands import Bands

FIRST, SECOND = Bands(28, 1, 6, 5, 1, 12), Bands(12, 6, 12, 5, 1, 8)


def counted(function):
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


@pytest.mark.parametrize(("bands", "images"), [(FIRST, 3), (SECOND, 5)])
def test_operations_are_those_that_torch_counts(bands, images):
    x = torch.rand(images, bands.channels, bands.rows, bands.rows)
    kernel = torch.rand(bands.maps, bands.channels, bands.kernel, bands.kernel)
    useful = counted(lambda: torch.nn.functional.conv2d(x, kernel))
    made = counted(lambda: conv2d_banded(x, kernel, bands.width))
    assert direct_work(bands, images).operations == im2col_work(bands, images).operations == useful
    work = banded_work(bands, images)
    assert (work.operations, work.useful) == (made, useful)
    assert work.waste == pytest.approx(bands.width / bands.kernel)


def test_bytes_are_those_of_the_arrays():
    x, kernel = torch.rand(4, 6, 12, 12), torch.rand(12, 6, 5, 5)
    y, columns = fast.conv2d(x, kernel), im2col(x, 5, 5)
    direct = x.nbytes + kernel.nbytes + y.nbytes
    assert direct_work(SECOND, 4).moved == direct
    assert im2col_work(SECOND, 4).moved == direct + 2 * columns.nbytes
    tiles = torch.rand(4 * SECOND.tiles, 12, SECOND.width * 6)
    matrix = band_matrix(kernel, SECOND.width)
    assert banded_work(SECOND, 4).moved == tiles.nbytes + matrix.nbytes + y.nbytes


@pytest.mark.parametrize("reading", ["table", "text"])
def test_an_epochs_operations_are_those_of_autograd(reading):
    """torch counts the products of an update; composed kernels are handed to it as they are."""
    images, pool_first = 4, reading == "table"
    shapes = ((6, 1, 6, 6), (12, 6, 6, 6)) if pool_first else ((6, 1, 5, 5), (12, 6, 5, 5))
    K1, K2 = (torch.rand(shape, requires_grad=True) for shape in shapes)
    U = torch.rand(10, 192, requires_grad=True)
    stride = 2 if pool_first else 1

    def update():
        h = torch.nn.functional.conv2d(torch.rand(images, 1, 28, 28), K1, stride=stride)
        h = h if pool_first else torch.nn.functional.avg_pool2d(h, 2)
        h = torch.nn.functional.conv2d(h, K2, stride=stride)
        h = h if pool_first else torch.nn.functional.avg_pool2d(h, 2)
        (h.flatten(1) @ U.T).sum().backward()

    assert epoch_operations(reading, images) == counted(update)


def test_functions_take_turns_and_are_warmed_up():
    calls = []
    found = time_side_by_side({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3, turn=1e-9)
    assert {name: len(t.seconds) for name, t in found.items()} == {"a": 3, "b": 3}
    assert calls[:4] == ["a", "a", "b", "b"]  # a warm-up, and one call that tells how long it takes
    turns = [calls[4:][i : i + 2] for i in range(0, 12, 2)]  # in each turn one call warms up, one is timed
    assert all(first == second for first, second in turns)
    assert [{first for first, _ in turns[i : i + 2]} for i in (0, 2, 4)] == [{"a", "b"}] * 3


def test_a_timing_knows_its_median_and_its_quartiles():
    timing_ = Timing((4.0, 1.0, 2.0, 3.0, 100.0))
    assert (timing_.median, timing_.least, timing_.quartiles) == (3.0, 1.0, (2.0, 4.0))


@pytest.mark.parametrize(("arguments", "message"), [({"rounds": 0}, "rounds is 0"), ({"turn": 0.0}, r"turn is 0\.0")])
def test_no_rounds_and_no_time_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        time_side_by_side({"a": int}, **arguments)


def test_a_roof_has_a_slope_and_a_flat_part():
    machine = Machine("x", 1, operations=100.0, memory=10.0, cache=50.0)
    assert [machine.roof(i) for i in (1.0, 10.0, 20.0)] == [10.0, 100.0, 100.0]
    assert machine.roof(1.0, within_cache=True) == 50.0  # exact: whole numbers
    with pytest.raises(ValueError, match="intensity is 0"):
        machine.roof(0)
    for count in (direct_work, im2col_work, banded_work):
        with pytest.raises(ValueError, match="images is 0"):
            count(FIRST, 0)


def engine(models=2):
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.integers(0, 256, (60, 1, 28, 28)), dtype=torch.uint8)
    trainings = [Training(fast.init_params(m), 0.1, MomentumRamp(), Penalty(1e-3, 0.01)) for m in range(models)]
    return Engine(trainings, x, torch.tensor(rng.integers(0, 10, 60)), batch_size=20)


def test_every_part_of_an_update_takes_time_and_the_training_is_as_without_clocks():
    measured = engine()
    found = update_parts(measured, updates=3, rounds=2)
    assert tuple(found) == PARTS
    assert all(seconds > 0 for seconds in found.values())
    untouched = engine()
    untouched.advance(measured.updates)
    for name, tensor in measured.params(1).items():
        assert torch.equal(tensor, untouched.params(1)[name])  # exact: repeated on one machine
