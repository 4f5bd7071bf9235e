"""What the engine of banded products is made of: matrices, penalties of many models, memory."""

import numpy as np
import pytest
import torch
from support import assert_close

from sl1lib import PROFILES, MomentumRamp, Penalty, fast, reference
from sl1lib.engine import Engine, Training
from sl1lib.engine.bands import Bands, pooling_matrix
from sl1lib.engine.penalties import group_penalties
from sl1lib.settings import GROUPINGS

BATCH, CPU = 4, torch.device("cpu")


@pytest.mark.parametrize(("kernel", "stride", "width"), [(6, 2, 12), (5, 1, 12), (5, 1, 8)])
@pytest.mark.parametrize("channels", [1, 6])
def test_a_banded_product_is_the_convolution(kernel, stride, width, channels):
    generator = torch.Generator().manual_seed(0)
    bands = Bands(12, channels, 3, kernel, stride, width)
    x = torch.rand(2, 12, width, channels, dtype=torch.float64, generator=generator)
    K = torch.rand(1, kernel, kernel, channels, 3, dtype=torch.float64, generator=generator)
    W = torch.zeros(1, bands.inputs, bands.outputs, dtype=torch.float64)
    bands.band(W).copy_(K[:, :, :, :, None, None])
    assert (W != 0).sum() == bands.columns * K.numel()
    rows = bands.strips_of(x.flatten(2)) @ W
    found = rows.view(bands.strips, 2, bands.parities, -1, 3).permute(1, 4, 0, 3, 2).reshape(2, 3, bands.strips, -1)
    direct = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), K[0].permute(3, 2, 0, 1), stride=stride)
    torch.testing.assert_close(found, direct)


def test_the_pooling_matrix_composes_as_the_function_does():
    kernel = torch.rand(2, 3, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = (kernel.flatten(2) @ pooling_matrix(torch.float64, CPU).T).view(2, 3, 6, 6)
    torch.testing.assert_close(found, fast.composed_kernel(kernel, 2))


@pytest.mark.parametrize("step", ["gradient", "proximal"])
@pytest.mark.parametrize("grouping", GROUPINGS)
@pytest.mark.parametrize("profile", PROFILES)
def test_penalties_at_zeros_and_at_corners(profile, grouping, step):
    """Groups of zeros, groups at exactly eps, and a rate of 0: the reference's numbers, and never a NaN."""
    if (profile, step) == ("sqrt_quartic", "proximal"):
        pytest.skip("that map is refused")
    penalty = Penalty(0.3, eps=0.5, profile=profile, grouping=grouping, step=step)
    U = np.random.default_rng(0).normal(size=(10, 192)) * np.repeat([0, 1e-9, 0.01, 0.1, 1, 10], 32)
    U[:, 40] = 0.5 * np.eye(10)[3]
    inner = torch.tensor(U).view(1, 10, 12, 4, 4).permute(0, 3, 4, 2, 1).contiguous()
    (group,) = group_penalties([penalty], torch.float64, CPU)

    def outer(tensor):
        return tensor.permute(0, 4, 3, 1, 2).reshape(10, 192).numpy()

    dU = torch.zeros_like(inner)
    costs = group.costs(group.apply(inner, dU)[None])
    shape = (penalty.eps, profile, grouping)
    assert_close(costs.item(), 0.3 * reference.penalty(U, *shape), 1e-12)
    if step == "gradient":
        assert_close(outer(dU), 0.3 * reference.penalty_grad(U, *shape), 1e-12)
        return
    assert not dU.any()
    for rate in (0.0, 1e-20, 0.1, 3.0):
        moved, velocity = inner.clone(), torch.zeros_like(inner)
        group.shrink(moved, inner, velocity, torch.full((1, 1), rate, dtype=torch.float64))
        assert_close(outer(moved), reference.penalty_prox(U, 0.3 * rate, *shape), 1e-12)
        torch.testing.assert_close(velocity, moved - inner)


@pytest.mark.parametrize("reading", ["table", "text"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_stated_memory_of_a_training_covers_what_it_holds(reading, dtype):
    """What an engine holds for good grows with each training by less than is stated, which counts the rest too."""
    held = [numbers_held(engine_of(models, reading, dtype)) for models in (1, 5)]
    each = (held[1] - held[0]) / 4 * dtype.itemsize
    stated = Engine.bytes_per_training(BATCH, reading, dtype, predicted=0)
    assert 0.4 * stated < each <= stated


def engine_of(models, reading, dtype):
    start = fast.init_params(0, dtype)
    trainings = [Training(start, 0.1, MomentumRamp(), Penalty(0.01, 0.05), seed=n) for n in range(models)]
    x, labels = torch.zeros(BATCH, 1, 28, 28, dtype=dtype), torch.arange(BATCH)
    return Engine(trainings, x, labels, reading=reading, batch_size=BATCH)


def numbers_held(engine):
    engine.advance(1)
    matrices = engine._matrices
    owners = (
        engine._weights, engine._velocity, engine._gradient, matrices, *matrices.layers, *engine._penalties
    )  # fmt: skip
    tensors = [value for owner in owners for value in vars(owner).values() if isinstance(value, torch.Tensor)]
    return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}.values()) / (
        engine._weights.flat.itemsize
    )


def test_a_shape_that_gives_other_bits_in_shares_is_found(monkeypatch):
    """A product that is grouped by its shares: the check before sharing sees it, and the engine stays with one."""
    engine = engine_of(1, "table", torch.float32)
    engine.advance(1)
    (batch,) = engine._batches.values()
    assert batch.keeps_bits(1)
    bmm = torch.bmm

    def grouped(left, right, *, out):
        bmm(left, right, out=out)
        return out.mul_(1 + 1e-6) if torch.get_num_threads() > 1 else out

    monkeypatch.setattr(torch, "bmm", grouped)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert not batch.keeps_bits(2)
    finally:
        torch.set_num_threads(before)
