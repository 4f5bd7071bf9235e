"""The loops in C at the width of a network that has lost maps, as an engine and as a network that answers."""

import numpy as np
import pytest
import torch
from support import assert_close, has_compiled_loops

from sl1lib import MomentumRamp, Penalty, fast
from sl1lib.engine import CompiledEngine, CompiledNetwork, Engine, NotCompiledError, Training, choice, make_network

pytestmark = pytest.mark.skipif(not has_compiled_loops(), reason="there is no C compiler")
TOLERANCES = {torch.float32: 1e-4, torch.float64: 1e-10}  # sums in another order; some updates carry it on
LEFT = {  # maps of layer 1 and of layer 2 that stay, and nodes of a map that stays
    "half": ([0, 2, 5], [0, 1, 4, 7, 8, 11], 16),
    "between": ([1, 2, 3, 5], [0, 3, 4, 9, 10], 7),
    "one": ([4], [6], 1),
    "all": ([0, 1, 2, 3, 4, 5], list(range(12)), 16),
}
every_width = pytest.mark.parametrize("left", LEFT.values(), ids=LEFT.keys())
both_readings = pytest.mark.parametrize("reading", ["table", "text"])
both_dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def images(count=37, dtype=torch.uint8):
    grey = torch.randint(256, (count, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    return grey.to(torch.uint8) if dtype == torch.uint8 else (grey / 255).to(dtype)


def removed_but(maps1, maps2, nodes):
    """Return masks of what is gone if only these maps are left, and of each of them so many nodes."""
    gone = {name: torch.zeros(tensor.shape, dtype=torch.bool) for name, tensor in fast.init_params().items()}
    lost1, lost2 = ([m for m in range(count) if m not in maps] for count, maps in ((6, maps1), (12, maps2)))
    for name in ("K1", "b1"):
        gone[name][lost1] = True
    gone["K2"][lost2], gone["b2"][lost2] = True, True
    gone["K2"][:, lost1] = True
    by_map = gone["U"].view(10, 12, 16)
    by_map[:, lost2] = True
    by_map[:, :, nodes:] = True
    return gone


@every_width
@both_readings
@both_dtypes
def test_a_training_without_some_maps_has_the_other_engines_numbers(left, reading, dtype):
    engines = []
    for kind in (CompiledEngine, Engine):
        trainings = [
            Training(fast.init_params(n, dtype), 0.1, MomentumRamp(), Penalty(0.01, 0.1), n, removed)
            for n, removed in enumerate([removed_but(*left), None, removed_but(*LEFT["half"])])
        ]
        engines.append(kind(trainings, images(), torch.arange(37) % 10, reading=reading, batch_size=20))
    one, other = engines
    assert one._models[0].loops.layout.maps == tuple(-(-len(maps) // 3) * 3 for maps in left[:2])
    assert_close(one.advance(9).E0, other.advance(9).E0, TOLERANCES[dtype])
    for m in range(3):
        found, expected = ({n: t.numpy() for n, t in each.params(m).items()} for each in engines)
        assert_close(found, expected, TOLERANCES[dtype])
    torch.testing.assert_close(one.predict(images()), other.predict(images()), rtol=0, atol=10 * TOLERANCES[dtype])


def test_what_was_removed_stays_zero_and_the_neighbours_bits_stay_theirs():
    removed = removed_but(*LEFT["between"])
    pruned = Training(fast.init_params(0), 0.1, MomentumRamp(), removed=removed)
    full = Training(fast.init_params(1), 0.1, MomentumRamp())
    together = CompiledEngine([pruned, full], images(), torch.arange(37) % 10, batch_size=20)
    together.advance(5)
    for m, alone in enumerate((pruned, full)):
        single = CompiledEngine([alone], images(), torch.arange(37) % 10, batch_size=20)
        single.advance(5)
        for name, tensor in single.params().items():
            assert torch.equal(together.params(m)[name], tensor)  # exact: repeated on one machine
    for name, mask in removed.items():
        assert not together.params(0)[name][mask].any()


def smaller(maps1, maps2, nodes, dtype):
    """Return parameters and columns of a network that has these maps only."""
    params = fast.init_params(3, dtype)
    columns = torch.arange(16 * len(maps2)).view(-1, 16)[:, :nodes].flatten()
    U = params["U"].view(10, 12, 16)[:, maps2].flatten(1)[:, columns]
    kept = {"K1": params["K1"][maps1], "K2": params["K2"][maps2][:, maps1], "U": U, "b": params["b"] + 0.1}
    return kept | {"b1": params["b1"][maps1] + 0.1, "b2": params["b2"][maps2] - 0.1}, columns


@every_width
@both_readings
@both_dtypes
def test_a_network_of_any_width_answers_as_the_functions_do(left, reading, dtype):
    params, columns = smaller(*left, dtype)
    network, expected = (kind(params, reading, columns) for kind in (CompiledNetwork, fast.Network))
    for count in (1, 37, 1300):
        for x in (images(count), images(count, dtype)):
            found = network(x)
            assert found.dtype == dtype
            torch.testing.assert_close(found, expected.predict(x), rtol=0, atol=TOLERANCES[dtype])
    # exact: an image's scores hang on no other image
    assert torch.equal(network.predict(images(1300))[:5], network(images(5)))
    torch.testing.assert_close(network.means(images()), expected.means(images()))


def test_images_as_they_come_are_read_right():
    network = make_network(fast.init_params())
    assert type(network) is CompiledNetwork
    x = images(20, torch.float32)
    for given in (x.double(), x.expand(20, 1, 28, 28), x.transpose(2, 3).contiguous().transpose(2, 3)):
        torch.testing.assert_close(network(given), network(x))
    with pytest.raises(ValueError, match="the shape of x"):
        network(torch.zeros(2, 1, 27, 28))


def test_labels_as_they_come_are_read_right():
    start = [Training(fast.init_params(), 0.1, MomentumRamp())]
    expected = CompiledEngine(start, images(), torch.arange(37) % 10).advance(2).E0
    for labels in ((torch.arange(37) % 10).int(), torch.arange(74).view(37, 2)[:, 0] // 2 % 10):
        found = CompiledEngine(start, images(), labels).advance(2).E0
        np.testing.assert_array_equal(found, expected)  # exact: repeated on one machine


def test_where_there_are_no_loops_the_network_of_torch_answers(monkeypatch):
    def refuse(*given):
        raise NotCompiledError("not here; elsewhere")

    monkeypatch.setattr(choice, "CompiledNetwork", refuse)
    assert type(make_network(fast.init_params())) is fast.Network
    monkeypatch.undo()
    assert type(make_network(fast.init_params(0, torch.bfloat16))) is fast.Network


def small_numbers_count():
    """Return whether numbers below the smallest normal one still count in this thread."""
    return bool(np.float32(1e-38) * np.float32(0.01) > 0) and bool(torch.tensor([1e-38]) * 0.01 > 0)


def test_small_numbers_count_again_afterwards():
    """The loops take numbers too small for the usual format for 0; whoever calls must not notice, error or not."""
    assert small_numbers_count()
    engine = CompiledEngine([Training(fast.init_params(), 0.1, MomentumRamp())], images(), torch.arange(37) % 10)
    engine.advance(2)
    assert small_numbers_count()

    def stop():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        engine.advance(2, stop=stop)
    engine.predict(images())
    CompiledNetwork(fast.init_params())(images())
    assert small_numbers_count()


def test_whoever_flushes_them_goes_on_flushing():
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot")
    try:
        CompiledNetwork(fast.init_params())(images())
        assert not small_numbers_count()
    finally:
        torch.set_flush_denormal(False)
    assert small_numbers_count()
