"""Ledger entries of the chapter *The fast path*."""

from __future__ import annotations

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
from ...readings import READINGS, find_reading
from ...settings import GROUPINGS, MomentumRamp, Penalty
from ..entry import Chapter, Checks
from ..measure import EQUAL, SAME, normal, random_images, tensor
from .counts import banded_work, block_reads, epoch_operations, im2col_work
from .machine import Machine
from .steps import band_matrix, bands_for, conv2d_banded, conv2d_im2col, cut_tiles, im2col

chapter = Chapter("training/fast-path")
CPU = torch.device("cpu")
LAYERS = (Bands(28, 1, 6, 5, 1, 12), Bands(12, 6, 12, 5, 1, 8))
EPS = (0.01, 0.2, 1.5)  # widths of three models; their lengths are of the order of 1


def case(size: int = 8, k: int = 3) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Return images (2,3,size,size), kernels (4,3,k,k), both random, and what the reference makes of them."""
    x, kernel = normal(31, (2, 3, size, size), (4, 3, k, k))
    return tensor(x), tensor(kernel), reference.conv2d(x, kernel)


@chapter.equation("eq-fast-im2col", "all windows as columns, and the convolution as one product", im2col, conv2d_im2col)
def columns(check: Checks) -> None:
    x, kernel, y = case()
    windows = im2col(x, 3, 2).view(2, 3, 3, 2, 6, 7)
    for m, l in np.ndindex(3, 2):
        found, expected = windows[:, :, m, l], x[:, :, m : m + 6, l : l + 7]
        check("every entry of the columns against the image", EQUAL, found, expected)
    check("the product against the reference's convolution", SAME, conv2d_im2col(x, kernel), y)


@chapter.equation("eq-fast-copies", "how often a pixel is copied, on average", im2col, im2col_work)
def copies(check: Checks) -> None:
    """Count how often each pixel stands in the columns, by giving every pixel a number of its own."""
    for bands in LAYERS:
        pixels = torch.arange(float(bands.channels * bands.rows**2))
        columns = im2col(pixels.view(1, bands.channels, bands.rows, bands.rows), bands.kernel, bands.kernel)
        seen = columns.flatten().long().bincount().double().mean()
        formula = (bands.kernel * bands.strips / bands.rows) ** 2
        check("against counting the pixels of both layers' columns", SAME, seen, formula)


@chapter.equation("eq-fast-band", "the banded matrix", band_matrix)
def band(check: Checks) -> None:
    _, kernel, _ = case()
    for width, stride in product((3, 5, 6), (1, 2)):
        W = band_matrix(kernel, width, stride).view(3, width, 3, -1, 4)
        expected = torch.zeros_like(W)
        for m, q, c, j, f in np.ndindex(*W.shape):
            l = q - stride * j
            expected[m, q, c, j, f] = kernel[f, c, m, l] if 0 <= l < 3 else 0.0
        check("every entry against the kernel, three widths, two strides", EQUAL, W, expected)


@chapter.equation("eq-fast-banded", "the convolution as a product of strips with the banded matrix", conv2d_banded)
def banded(check: Checks) -> None:
    x, kernel, y = case()
    for width in (3, 4, 5, 8):
        what = "against the reference, four widths"
        check.fast(conv2d_banded, x.numpy(), kernel.numpy(), width, expected=y, what=what)
    found = conv2d_banded(x, kernel, 8, stride=2)
    check("stride 2 against every second place of the reference", SAME, found, y[:, :, ::2, ::2])


@chapter.equation("eq-fast-share", "the share of the matrix that is not 0", band_matrix, banded_work)
def share(check: Checks) -> None:
    for bands in LAYERS:
        kernel = torch.ones(bands.maps, bands.channels, bands.kernel, bands.kernel)
        for width in range(bands.kernel, bands.rows + 1):
            counted = (band_matrix(kernel, width) != 0).double().mean()
            check("against counting, every width of both layers", SAME, counted, bands.kernel / width)


@chapter.equation("eq-fast-overlap", "how many numbers the tiles hold for each pixel", conv2d_banded, banded_work)
def overlap(check: Checks) -> None:
    """Lay an image out in tiles and count its numbers, for every tile that fits without a rest."""
    k = 5
    for bands, width in product(LAYERS, (6, 8, 12)):
        x = torch.zeros(1, bands.channels, bands.rows, bands.rows)
        tile = bands_for(x, torch.zeros(bands.maps, bands.channels, k, k), width)
        counted = cut_tiles(x, tile).numel() / x.numel()
        formula = width * (bands.rows - k + 1) / (bands.rows * (width - k + 1))
        check("against laying images out, three widths of both layers", SAME, counted, formula)


@chapter.equation("eq-fast-compose", "pooling on both sides of a kernel", Engine, fast.composed_kernel)
def compose(check: Checks) -> None:
    """Compare with the reference's composed kernel, which hands out quarters, and with the two steps."""
    (kernel,), A = normal(32, (4, 3, 5, 5)), pooling_matrix(torch.float64, CPU)
    found = (kernel.reshape(-1, 25) @ A.numpy().T).reshape(4, 3, 6, 6)
    check("A ⊗ A against the reference's composed kernel", SAME, found, reference.composed_kernel(kernel, POOL))

    x, taps, y = case(size=12, k=5)
    composed = (A @ taps.flatten(2)[..., None]).view(4, 3, 6, 6)
    found = conv2d_banded(x, composed, 12, stride=2)
    averaged = y.reshape(2, 4, 4, 2, 4, 2).mean((3, 5))
    check("banded with stride 2 against convolving, then averaging", SAME, found, averaged)


def gradient_parts() -> tuple[torch.Tensor, torch.Tensor, Bands, torch.Tensor, tuple[np.ndarray, ...]]:
    """Return strips, the matrix, its sizes, a gradient of the rows of output, and the reference's gradients."""
    x, kernel, y = case()
    bands = bands_for(x, kernel, 4)
    (d,) = normal(33, y.shape)
    rows = tensor(d).unfold(3, bands.columns, bands.columns)  # (N, M, strips, tiles, columns)
    D = rows.permute(2, 0, 3, 4, 1).reshape(bands.strips, -1, bands.outputs)
    strips = bands.strips_of(cut_tiles(x, bands))
    gradients = reference.conv2d_backward(d, x.numpy(), kernel.numpy())
    return strips, band_matrix(kernel, 4), bands, D, gradients


@chapter.equation("eq-fast-matrix-grad", "the kernel's gradient: the matrix's, added up along the band", Engine)
def matrix_gradient(check: Checks) -> None:
    strips, _, bands, D, (_, dkernel, _) = gradient_parts()
    dW = (strips.transpose(1, 2) @ D).sum(0).view(3, bands.width, 3, bands.columns, 4)
    found = np.zeros_like(dkernel)
    for m, l, j in np.ndindex(3, 3, bands.columns):
        found[:, :, m, l] += dW[m, j + l, :, j].T.numpy()
    check("against the reference's gradient for the kernel", SAME, found, dkernel)


@chapter.equation("eq-fast-strip-grad", "the gradient for the strips, and for what they share", Engine)
def strip_gradient(check: Checks) -> None:
    """Add up what the strips say about the pixels they share."""
    _, W, bands, D, (dx, _, _) = gradient_parts()
    strips = (D @ W.T).view(bands.strips, 2, bands.tiles, 3, bands.width, 3)
    found = np.zeros_like(dx)
    for s, t in np.ndindex(bands.strips, bands.tiles):
        first = t * bands.tile_step
        found[:, :, s : s + 3, first : first + bands.width] += strips[s, :, t].permute(0, 3, 1, 2).numpy()
    check("against the reference's gradient for the input", SAME, found, dx)


def matrices_and_weights(reading: str, models: int) -> tuple[Matrices, Weights]:
    """Return an engine's matrices and the weights they are written from."""
    return Matrices(models, find_reading(reading), 1.0, torch.float64, CPU), Weights(models, torch.float64, CPU)


@chapter.equation("eq-fast-adjoint", "folding is the adjoint of writing", Engine)
def adjoint(check: Checks) -> None:
    """Compare ⟨write(K), G⟩ with ⟨K, fold(G)⟩ for random kernels and a random gradient of every matrix."""
    for reading in READINGS:
        generator = torch.Generator().manual_seed(34)
        matrices, weights = matrices_and_weights(reading, models=2)
        gradient = Weights(2, torch.float64, CPU)
        held = [vars(layer) for layer in matrices.layers]
        for numbers in (weights.flat, *(each[name] for name in ("dW", "dbias") for each in held)):
            numbers.normal_(generator=generator)
        matrices.write(weights)
        written = sum(float((each[name] * each[f"d{name}"]).sum()) for name in ("W", "bias") for each in held)
        matrices.fold(gradient)
        names = ("K1", "K2", "b1", "b2")
        folded = sum(float((getattr(weights, n) * getattr(gradient, n)).sum()) for n in names)
        check(f"both sides for random numbers, reading {reading}", SAME, written, folded)


@chapter.equation("eq-fast-backward", "the whole way back, without a graph", Engine)
def backward(check: Checks) -> None:
    """Send a batch forward and backward through the engine's products."""
    (x, labels), params = random_images(np.random.default_rng(35), 7), reference.init_params(4)
    for reading in READINGS:
        matrices, weights = matrices_and_weights(reading, models=1)
        weights.write(stack([tensor(params)]))
        gradient = Weights(1, torch.float64, CPU)
        matrices.write(weights)
        batch, views = Batch(7, find_reading(reading), matrices), ModelViews.of(0, matrices, weights, gradient)
        batch.load(tile_images(tensor(x)), tensor(labels), torch.arange(7))
        batch.errors(batch.forward(views), torch.zeros(10, 7, dtype=torch.float64))
        batch.backward(views)
        matrices.fold(gradient)
        found, (_, expected) = gradient.read(), reference.backward(params, x, labels, reading)
        for name in expected:
            check(f"all gradients against reference.backward, reading {reading}", SAME, found[name][0], expected[name])


@chapter.equation("eq-fast-operations", "the necessary operations of an update, for one image", epoch_operations)
def operations(check: Checks) -> None:
    """Let PyTorch count the products of an update by autograd; composed kernels are handed to it as they are."""
    for reading in READINGS:
        first = find_reading(reading).pool_first
        k, stride = (6, 2) if first else (5, 1)
        K1, K2 = (torch.zeros(shape, requires_grad=True) for shape in ((6, 1, k, k), (12, 6, k, k)))
        U = torch.zeros(10, 192, requires_grad=True)
        with FlopCounterMode(display=False) as counter:
            h = F.conv2d(torch.zeros(1, 1, 28, 28), K1, stride=stride)
            h = F.conv2d(h if first else F.avg_pool2d(h, POOL), K2, stride=stride)
            ((h if first else F.avg_pool2d(h, POOL)).flatten(1) @ U.T).sum().backward()
        stated, counted = epoch_operations(reading, 1), counter.get_total_flops()
        check("against PyTorch's count of what autograd does", EQUAL, stated, counted)


@chapter.equation("eq-fast-block", "what a block of results reads for each multiply-add", block_reads)
def block(check: Checks) -> None:
    """Count in the order of the loops: each weight once for all places of the block, each number once for all maps."""
    for places, maps in product((1, 2, 4), (1, 3, 6)):
        read, made = set(), 0
        for place, f in np.ndindex(places, maps):
            read |= {("number", place), ("weight", f)}
            made += 1
        check("against what is read in a block's loops, counted", SAME, block_reads(places, maps), len(read) / made)


@chapter.equation("eq-fast-models", "many trainings at once", Engine)
def models(check: Checks) -> None:
    """Train three networks side by side for 6 updates, and each by itself with the reference."""
    x, labels = random_images(np.random.default_rng(35), 20)
    rates = (0.1, 0.2, 0.05)
    penalties = (None, Penalty(0.01, 0.05), Penalty(0.02, 0.2, "abs", step="proximal"))
    for reading in READINGS:
        trainings = [
            Training(fast.init_params(seed, dtype=torch.float64), rates[seed], MomentumRamp(), penalty, seed)
            for seed, penalty in enumerate(penalties)
        ]
        engine = Engine(trainings, tensor(x), tensor(labels), reading=reading, batch_size=8)
        engine.advance(6)
        for seed, penalty in enumerate(penalties):
            *_, last = reference.train(
                reference.init_params(seed), x, labels, epochs=2, lr=rates[seed], momentum=MomentumRamp(),
                reading=reading, penalty=penalty, batch_size=8, seed=seed,
            )  # fmt: skip
            for name, found in engine.params(seed).items():
                what = "three trainings, 6 updates, against the reference alone"
                check(what, 1e-9, found, last.params[name])


def last_layers() -> tuple[Weights, list[np.ndarray]]:
    """Return the last layers of three models, each with lengths on both sides of its width, and the same as U."""
    weights = Weights(3, torch.float64, CPU)
    weights.flat.normal_(generator=torch.Generator().manual_seed(36))
    weights.U.mul_(torch.logspace(-2, 0.5, 12, dtype=torch.float64)[:, None])
    return weights, [U.numpy() for U in weights.read()["U"]]


@chapter.equation(
    "eq-fast-penalty", "the penalty's gradient with a width for each model", Engine, reference.penalty_grad
)
def penalty_gradient(check: Checks) -> None:
    what = "against the reference, every profile and grouping"
    weights, layers = last_layers()
    gradient = Weights(3, torch.float64, CPU)
    for profile, grouping in product(fast.PROFILES, GROUPINGS):
        penalties = [Penalty(0.1 + m, eps, profile, grouping) for m, eps in enumerate(EPS)]
        gradient.flat.zero_()
        group = PenaltyGroup(penalties, kind_of(penalties[0]), torch.float64, CPU)
        costs = group.costs(group.apply(weights.U, gradient.U)[None])[0]
        found = gradient.read()["U"]
        for m, (U, p) in enumerate(zip(layers, penalties, strict=True)):
            check(what, SAME, found[m], reference.penalty_grad(U, p))
            check(what, SAME, costs[m], reference.penalty(U, p))


@chapter.equation("eq-fast-prox", "the proximal step with a width for each model", Engine, reference.penalty_prox)
def proximal_step(check: Checks) -> None:
    """Compare every profile that has a proximal map, and what the velocity becomes."""
    what = "against the reference, every profile that has one"
    rate = tensor(np.array([[0.1], [0.5], [1.0]]))
    convex = [name for name, profile in fast.PROFILES.items() if profile.convex]
    for profile, grouping in product(convex, GROUPINGS):
        penalties = [Penalty(0.3 + m, eps, profile, grouping, "proximal") for m, eps in enumerate(EPS)]
        (weights, layers), velocity = last_layers(), Weights(3, torch.float64, CPU)
        before = weights.U - 1
        group = PenaltyGroup(penalties, kind_of(penalties[0]), torch.float64, CPU)
        group.shrink(weights.U, before, velocity.U, rate)
        for m, (U, p) in enumerate(zip(layers, penalties, strict=True)):
            expected = reference.penalty_prox(U, p, lr=float(rate[m]))
            check(what, 1e-10, weights.read()["U"][m], expected)
            check(what, 1e-10, velocity.read()["U"][m], expected - U + 1)


chapter.definition(
    "eq-fast-roofline",
    "the roof",
    Machine,
    because="two measured limits of a machine, of which the lower one counts",
)
