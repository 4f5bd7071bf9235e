"""Ledger entries of the chapter *The fast path*."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from ... import fast, reference
from ...architecture import POOL
from ...engine import Engine, Training, tile_images
from ...engine.bands import Bands, pooling_matrix
from ...engine.passes import Batch, Matrices, ModelViews
from ...engine.penalties import PenaltyGroup, kind_of
from ...engine.weights import Weights, stack
from ...readings import find_reading
from ...settings import GROUPINGS, PROFILES, MomentumRamp, Penalty
from ..entry import Check, Entry
from ..measure import SAME, deviation
from .counts import epoch_operations
from .steps import band_matrix, bands_for, conv2d_banded, conv2d_im2col, cut_tiles, im2col

CHAPTER = "training/fast-path"
READINGS = ("table", "text")
CPU = torch.device("cpu")
FIRST, SECOND = Bands(28, 1, 6, 5, 1, 12), Bands(12, 6, 12, 5, 1, 8)
EPS = (0.01, 0.2, 1.5)  # widths of three models; their lengths are of the order of 1


def _case(size: int = 8, k: int = 3) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Return images (2,3,size,size), kernels (4,3,k,k), both random, and what the reference makes of them."""
    rng = np.random.default_rng(31)
    x, kernel = rng.normal(size=(2, 3, size, size)), rng.normal(size=(4, 3, k, k))
    return torch.tensor(x), torch.tensor(kernel), reference.conv2d(x, kernel)


def _columns() -> float:
    """Look up every entry of the columns in the image."""
    x, _, _ = _case()
    columns, wrong = im2col(x, 3, 2), 0.0
    windows = columns.view(2, 3, 3, 2, 6, 7)
    for n, c, m, l, i, j in np.ndindex(*windows.shape):  # noqa: E741  # the book's letter
        wrong += abs(float(windows[n, c, m, l, i, j] - x[n, c, i + m, j + l]))
    return wrong


def _im2col() -> float:
    x, kernel, y = _case()
    return deviation(conv2d_im2col(x, kernel).numpy(), y)


def _copies() -> float:
    """Count how often each pixel stands in the columns, by giving every pixel a number of its own."""
    wrong = 0.0
    for bands in (FIRST, SECOND):
        pixels = torch.arange(float(bands.channels * bands.rows**2))
        columns = im2col(pixels.view(1, bands.channels, bands.rows, bands.rows), bands.kernel, bands.kernel)
        seen = columns.flatten().long().bincount().double().mean()
        wrong += abs(float(seen) - (bands.kernel * bands.strips / bands.rows) ** 2)
    return wrong


def _band() -> float:
    """Compare each entry of the matrix with its formula."""
    _, kernel, _ = _case()
    wrong = 0.0
    for width, stride in product((3, 5, 6), (1, 2)):
        W = band_matrix(kernel, width, stride).view(3, width, 3, -1, 4)
        for m, q, c, j, f in np.ndindex(*W.shape):
            l = q - stride * j  # noqa: E741  # the book's letter
            wrong += abs(float(W[m, q, c, j, f] - (kernel[f, c, m, l] if 0 <= l < 3 else 0.0)))
    return wrong


def _banded(dtype: torch.dtype) -> float:
    x, kernel, y = _case()
    found = [conv2d_banded(x.to(dtype), kernel.to(dtype), width) for width in (3, 4, 5, 8)]
    return max(deviation(y_found.double().numpy(), y) for y_found in found)


def _banded_stride() -> float:
    x, kernel, y = _case()
    return deviation(conv2d_banded(x, kernel, 8, stride=2).numpy(), y[:, :, ::2, ::2])


def _share() -> float:
    """Count the entries that are not 0 in the matrices of both layers, for every tile that fits."""
    wrong = 0.0
    for bands in (FIRST, SECOND):
        kernel = torch.ones(bands.maps, bands.channels, bands.kernel, bands.kernel)
        for width in range(bands.kernel, bands.rows + 1):
            W = band_matrix(kernel, width)
            wrong += abs(float((W != 0).double().mean()) - bands.kernel / width)
    return wrong


def _overlap() -> float:
    """Lay an image out in tiles and count its numbers, for every tile that fits without a rest."""
    wrong = 0.0
    for bands, k in ((FIRST, 5), (SECOND, 5)):
        x = torch.zeros(1, bands.channels, bands.rows, bands.rows)
        for width in (6, 8, 12):
            tile = bands_for(x, torch.zeros(bands.maps, bands.channels, k, k), width)
            laid_out = cut_tiles(x, tile).numel() / x.numel()
            wrong += abs(laid_out - width * (bands.rows - k + 1) / (bands.rows * (width - k + 1)))
    return wrong


def _composed_matrix() -> float:
    """Compare A ⊗ A with the reference's composed kernel, which hands out quarters."""
    kernel = np.random.default_rng(32).normal(size=(4, 3, 5, 5))
    A = pooling_matrix(torch.float64, CPU).numpy()
    return deviation((kernel.reshape(-1, 25) @ A.T).reshape(4, 3, 6, 6), reference.composed_kernel(kernel, POOL))


def _composed() -> float:
    """Compare banded products of stride 2 with the convolution and then the means of 2×2 blocks."""
    x, kernel, y = _case(size=12, k=5)
    composed = (pooling_matrix(torch.float64, CPU) @ kernel.flatten(2)[..., None]).view(4, 3, 6, 6)
    found = conv2d_banded(x, composed, 12, stride=2).numpy()
    return deviation(found, y.reshape(2, 4, 4, 2, 4, 2).mean((3, 5)))


def _gradient_parts() -> tuple[torch.Tensor, torch.Tensor, Bands, torch.Tensor, tuple[np.ndarray, ...]]:
    """Return strips, the matrix, its sizes, a gradient of the rows of output, and the reference's gradients."""
    x, kernel, y = _case()
    bands = bands_for(x, kernel, 4)
    d = np.random.default_rng(33).normal(size=y.shape)
    rows = torch.tensor(d).unfold(3, bands.columns, bands.columns)  # (N, M, strips, tiles, columns)
    D = rows.permute(2, 0, 3, 4, 1).reshape(bands.strips, -1, bands.outputs)
    strips = bands.strips_of(cut_tiles(x, bands))
    gradients = reference.conv2d_backward(d, x.numpy(), kernel.numpy())
    return strips, band_matrix(kernel, 4), bands, D, gradients


def _matrix_gradient() -> float:
    """Add up the matrix's gradient along the band, place by place, and compare with the kernel's."""
    strips, _, bands, D, (_, dkernel, _) = _gradient_parts()
    dW = (strips.transpose(1, 2) @ D).sum(0).view(3, bands.width, 3, bands.columns, 4)
    found = np.zeros_like(dkernel)
    for m, l, j in np.ndindex(3, 3, bands.columns):  # noqa: E741  # the book's letter
        found[:, :, m, l] += dW[m, j + l, :, j].T.numpy()
    return deviation(found, dkernel)


def _strip_gradient() -> float:
    """Add up what the strips say about the pixels they share, and compare with the input's gradient."""
    _, W, bands, D, (dx, _, _) = _gradient_parts()
    strips = (D @ W.T).view(bands.strips, 2, bands.tiles, 3, bands.width, 3)
    found = np.zeros_like(dx)
    for s, t in np.ndindex(bands.strips, bands.tiles):
        first = t * bands.tile_step
        found[:, :, s : s + 3, first : first + bands.width] += strips[s, :, t].permute(0, 3, 1, 2).numpy()
    return deviation(found, dx)


def _matrices(reading: str, models: int = 2) -> tuple[Matrices, Weights]:
    return Matrices(models, find_reading(reading), 1.0, torch.float64, CPU), Weights(models, torch.float64, CPU)


def _adjoint(reading: str) -> float:
    """Compare ⟨write(K), G⟩ with ⟨K, fold(G)⟩ for random kernels and a random gradient of every matrix."""
    generator = torch.Generator().manual_seed(34)
    matrices, weights = _matrices(reading)
    gradient = Weights(2, torch.float64, CPU)
    for numbers in (weights.flat, matrices.dW1, matrices.dW2, matrices.dbias1, matrices.dbias2):
        numbers.normal_(generator=generator)
    matrices.write(weights)
    pairs = ((matrices.W1, matrices.dW1), (matrices.W2, matrices.dW2))
    bias = ((matrices.bias1, matrices.dbias1), (matrices.bias2, matrices.dbias2))
    written = sum(float((W * G).sum()) for W, G in (*pairs, *bias))
    matrices.fold(gradient)
    names = ("K1", "K2", "b1", "b2")
    folded = sum(float((getattr(weights, n) * getattr(gradient, n)).sum()) for n in names)
    return abs(written - folded) / abs(folded)


def _samples(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(35)
    return rng.uniform(size=(count, 1, 28, 28)), rng.integers(10, size=count)


def _gradients(reading: str) -> float:
    """Send a batch forward and backward through the engine's products, and compare every gradient."""
    (x, labels), params = _samples(7), reference.init_params(4)
    matrices, weights = _matrices(reading, models=1)
    weights.write(stack([{name: torch.tensor(array) for name, array in params.items()}]))
    gradient = Weights(1, torch.float64, CPU)
    matrices.write(weights)
    batch, views = Batch(7, find_reading(reading), matrices), ModelViews.of(0, matrices, weights, gradient)
    batch.load(tile_images(torch.tensor(x)), torch.tensor(labels), torch.arange(7))
    batch.errors(batch.forward(views), torch.zeros(10, 7, dtype=torch.float64))
    batch.backward(views)
    matrices.fold(gradient)
    found = {name: tensor[0].numpy() for name, tensor in gradient.read().items()}
    _, expected = reference.backward(params, x, labels, reading)
    return max(deviation(found[name], expected[name]) for name in expected)


def _operations() -> float:
    """Let PyTorch count the products of an update by autograd; composed kernels are handed to it as they are."""
    wrong = 0.0
    for reading in READINGS:
        first = find_reading(reading).pool_first
        k, stride = (6, 2) if first else (5, 1)
        K1, K2 = (torch.zeros(shape, requires_grad=True) for shape in ((6, 1, k, k), (12, 6, k, k)))
        U = torch.zeros(10, 192, requires_grad=True)
        with FlopCounterMode(display=False) as counter:
            h = F.conv2d(torch.zeros(1, 1, 28, 28), K1, stride=stride)
            h = F.conv2d(h if first else F.avg_pool2d(h, POOL), K2, stride=stride)
            ((h if first else F.avg_pool2d(h, POOL)).flatten(1) @ U.T).sum().backward()
        wrong += abs(epoch_operations(reading, 1) - counter.get_total_flops())
    return wrong


def _models() -> float:
    """Train three networks side by side for 6 updates, and each by itself with the reference."""
    x, labels = _samples(20)
    penalties = (None, Penalty(0.01, 0.05), Penalty(0.02, 0.2, "abs", step="proximal"))
    rates, worst = (0.1, 0.2, 0.05), 0.0
    for reading in READINGS:
        trainings = [
            Training(fast.init_params(seed, dtype=torch.float64), rates[seed], MomentumRamp(), penalty, seed)
            for seed, penalty in enumerate(penalties)
        ]
        engine = Engine(trainings, torch.tensor(x), torch.tensor(labels), reading=reading, batch_size=8)
        engine.advance(6)
        for seed, penalty in enumerate(penalties):
            *_, last = reference.train(
                reference.init_params(seed), x, labels, epochs=2, lr=rates[seed], momentum=MomentumRamp(),
                reading=reading, penalty=penalty, batch_size=8, seed=seed,
            )  # fmt: skip
            found = {name: tensor.numpy() for name, tensor in engine.params(seed).items()}
            worst = max(worst, *(deviation(found[name], last.params[name]) for name in found))
    return worst


def _last_layers() -> tuple[Weights, list[np.ndarray]]:
    """Return the last layers of three models, each with lengths on both sides of its width, and the same as U."""
    weights = Weights(3, torch.float64, CPU)
    weights.flat.normal_(generator=torch.Generator().manual_seed(36))
    weights.U.mul_(torch.logspace(-2, 0.5, 12, dtype=torch.float64)[:, None])
    return weights, [U.numpy() for U in weights.read()["U"]]


def _penalty_gradients() -> float:
    """Compare every profile and grouping, each model with its own width and strength."""
    weights, layers = _last_layers()
    gradient, costs, worst = Weights(3, torch.float64, CPU), torch.zeros(3, dtype=torch.float64), 0.0
    for profile, grouping in product(PROFILES, GROUPINGS):
        penalties = [Penalty(0.1 + m, eps, profile, grouping) for m, eps in enumerate(EPS)]
        gradient.flat.zero_()
        PenaltyGroup(penalties, kind_of(penalties[0]), torch.float64, CPU).apply(weights.U, gradient.U, costs)
        found = gradient.read()["U"].numpy()
        for m, (U, p) in enumerate(zip(layers, penalties, strict=True)):
            expected = p.strength * reference.penalty_grad(U, p.eps, profile, grouping)
            value = p.strength * reference.penalty(U, p.eps, profile, grouping)
            worst = max(worst, deviation(found[m], expected), abs(float(costs[m]) / value - 1))
    return worst


def _proximal_steps() -> float:
    """Compare every profile that has a proximal map, and what the velocity becomes."""
    worst, rate = 0.0, torch.tensor([[0.1], [0.5], [1.0]], dtype=torch.float64)
    for profile, grouping in product(PROFILES, GROUPINGS):
        if profile == "sqrt_quartic":  # it is not convex: there is no such map
            continue
        penalties = [Penalty(0.3 + m, eps, profile, grouping, "proximal") for m, eps in enumerate(EPS)]
        (weights, layers), velocity = _last_layers(), Weights(3, torch.float64, CPU)
        before = weights.U - 1
        group = PenaltyGroup(penalties, kind_of(penalties[0]), torch.float64, CPU)
        group.shrink(weights.U, before, velocity.U, rate)
        for m, (U, p) in enumerate(zip(layers, penalties, strict=True)):
            expected = reference.penalty_prox(U, float(rate[m]) * p.strength, p.eps, profile, grouping)
            worst = max(worst, deviation(weights.read()["U"][m].numpy(), expected))
            worst = max(worst, deviation(velocity.read()["U"][m].numpy(), expected - U + 1))
    return worst


def entries() -> Iterator[Entry]:
    """Yield the chapter's entries in the order of its equations."""
    for label, title, functions, checks in (
        (
            "im2col",
            "all windows as columns, and the convolution as one product",
            ("book.fast_path.steps.im2col", "book.fast_path.steps.conv2d_im2col"),
            (
                Check("every entry of the columns against the image", 0.0, _columns),
                Check("the product against the reference's convolution", SAME, _im2col),
            ),
        ),
        (
            "copies",
            "how often a pixel is copied, on average",
            ("book.fast_path.steps.im2col", "book.fast_path.counts.im2col_work"),
            (Check("against counting the pixels of both layers' columns", SAME, _copies),),
        ),
        (
            "band",
            "the banded matrix",
            ("book.fast_path.steps.band_matrix",),
            (Check("every entry against the kernel, three widths, two strides", 0.0, _band),),
        ),
        (
            "banded",
            "the convolution as a product of strips with the banded matrix",
            ("book.fast_path.steps.conv2d_banded",),
            (
                Check("against the reference, four widths, float64", SAME, lambda: _banded(torch.float64)),
                Check("against the reference, four widths, float32", 1e-5, lambda: _banded(torch.float32)),
                Check("stride 2 against every second place of the reference", SAME, _banded_stride),
            ),
        ),
        (
            "share",
            "the share of the matrix that is not 0",
            ("book.fast_path.steps.band_matrix", "book.fast_path.counts.banded_work"),
            (Check("against counting, every width of both layers", SAME, _share),),
        ),
        (
            "overlap",
            "how many numbers the tiles hold for each pixel",
            ("book.fast_path.steps.conv2d_banded", "book.fast_path.counts.banded_work"),
            (Check("against laying images out, three widths of both layers", SAME, _overlap),),
        ),
        (
            "compose",
            "pooling on both sides of a kernel",
            ("engine.Engine", "fast.composed_kernel"),
            (
                Check("A ⊗ A against the reference's composed kernel", SAME, _composed_matrix),
                Check("banded with stride 2 against convolving, then averaging", SAME, _composed),
            ),
        ),
        (
            "matrix-grad",
            "the kernel's gradient: the matrix's, added up along the band",
            ("engine.Engine",),
            (Check("against the reference's gradient for the kernel", SAME, _matrix_gradient),),
        ),
        (
            "strip-grad",
            "the gradient for the strips, and for what they share",
            ("engine.Engine",),
            (Check("against the reference's gradient for the input", SAME, _strip_gradient),),
        ),
        (
            "adjoint",
            "folding is the adjoint of writing",
            ("engine.Engine",),
            tuple(
                Check(f"both sides for random numbers, reading {r}", SAME, lambda r=r: _adjoint(r))  # type: ignore[misc]
                for r in READINGS
            ),
        ),
        (
            "backward",
            "the whole way back, without a graph",
            ("engine.Engine",),
            tuple(
                Check(f"all gradients against reference.backward, reading {r}", SAME, lambda r=r: _gradients(r))  # type: ignore[misc]
                for r in READINGS
            ),
        ),
        (
            "operations",
            "the necessary operations of an update, for one image",
            ("book.fast_path.counts.epoch_operations",),
            (Check("against PyTorch's count of what autograd does", 0.0, _operations),),
        ),
        (
            "models",
            "many trainings at once",
            ("engine.Engine",),
            (Check("three trainings, 6 updates, against the reference alone", 1e-9, _models),),
        ),
        (
            "penalty",
            "the penalty's gradient with a width for each model",
            ("engine.Engine", "reference.penalty_grad"),
            (Check("against the reference, every profile and grouping", SAME, _penalty_gradients),),
        ),
        (
            "prox",
            "the proximal step with a width for each model",
            ("engine.Engine", "reference.penalty_prox"),
            (Check("against the reference, every profile that has one", 1e-10, _proximal_steps),),
        ),
    ):
        yield Entry(f"eq-fast-{label}", title, CHAPTER, functions, checks)
    yield Entry(
        "eq-fast-roofline",
        "the roof",
        CHAPTER,
        ("book.fast_path.machine.Machine",),
        because="two measured limits of a machine, of which the lower one counts",
    )
