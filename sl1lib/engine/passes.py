"""Forward and backward through the network for one batch: products with banded matrices in buffers made once.

One model at a time goes through the same buffers. They stay in the processor's cache that way, the memory does not
grow with the number of models, and no model's numbers depend on which others are trained beside it. What is done for
all models at once is done in rows that are aligned and padded for each, `padded_rows`, for the same reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch

from ..architecture import CLASSES, IMAGE_SIZE, KERNEL_SIZE, MAPS, NODES, POOL
from ..readings import Reading
from .bands import TILE, Bands, pooling_matrix
from .weights import REGISTERS, Weights, padded_rows

aten = torch.ops.aten
NARROW_TILE: Final = 8
POOLED_SIZE: Final = (IMAGE_SIZE - KERNEL_SIZE + 1) // POOL


class LayerMatrices:
    """The banded matrix and the biases of one layer and their gradients, and the way to them and back, for all models.

    Kernels become those that the band holds by a product with ``compose``, (36 or 25) × 25. Each model's have rows of
    zeros below them, so that they fill whole registers, as in `padded_rows`: products want their results without gaps.
    """

    def __init__(self, bands: Bands, compose: torch.Tensor, models: int) -> None:
        self.bands = bands
        self.W, self.dW = (padded_rows(models, bands.inputs, bands.outputs, like=compose) for _ in range(2))
        # A bias for each number of an image's row: an operation on long rows costs half as much as one on short ones.
        self.bias, self.dbias = (padded_rows(models, bands.tiles * bands.outputs, like=compose) for _ in range(2))
        # Views are made once: one costs as much as a small operation. So does an allocation.
        self.band, self.dband = bands.band(self.W), bands.band(self.dW).permute(4, 5, 0, 1, 2, 3, 6)
        self.spread, self.dspread = (bias.unflatten(1, (-1, bands.maps)) for bias in (self.bias, self.dbias))

        (places, taps), pairs = compose.shape, bands.channels * bands.maps
        whole = REGISTERS // math.gcd(REGISTERS, pairs)  # as many rows fill registers
        more_places, more_taps = (-(-rows // whole) * whole for rows in (places, taps))
        padded = compose.new_zeros(more_places, more_taps)
        padded[:places, :taps] = compose
        self.compose = padded[:, :taps].expand(models, -1, -1)
        self.compose_t = padded[:places].T.expand(models, -1, -1)
        self.composed = compose.new_zeros(models, more_places, pairs)
        self.places = self.composed[:, :places]
        self.kernel = self.places.view(*self.band.shape[:4], 1, 1, -1)
        self.dkernels = compose.new_zeros(models, more_taps, pairs)
        self.taps = self.dkernels[:, :taps]
        self.stacked = compose.new_zeros(self.dband.shape[:2].numel(), models, more_places, pairs)
        self.columns = self.stacked[:, :, :places].view(self.dband.shape)

    @property
    def numbers(self) -> int:
        """How many numbers are held here."""
        held = (self.W, self.dW, self.bias, self.dbias, self.composed, self.dkernels, self.stacked)
        return sum(each.untyped_storage().nbytes() // each.itemsize for each in held)


class Matrices:
    """The matrices that the products need, written from the weights before each update, for all models.

    Pixels are multiplied by ``scale``, 1/255 for grey levels: it goes into the first kernel, not over the images.
    """

    def __init__(self, models: int, reading: Reading, scale: float, dtype: torch.dtype, device: torch.device) -> None:
        kernel, stride = (KERNEL_SIZE + POOL - 1, POOL) if reading.pool_first else (KERNEL_SIZE, 1)
        one = Bands(IMAGE_SIZE, 1, MAPS[0], kernel, stride, TILE)
        # Narrower tiles save layer 2 a third of its products at stride 1; at stride 2 they save no time.
        width = TILE if reading.pool_first else NARROW_TILE
        two = Bands(POOLED_SIZE, MAPS[0], MAPS[1], kernel, stride, width)
        # Composed with pooling, or as they are, and with factors of what a layer reads: of the pixels, and the 1/4 of
        # the mean where pooling comes last.
        self.share = 1.0 if reading.pool_first else 1 / POOL**2
        alone = torch.eye(KERNEL_SIZE**2, dtype=dtype, device=device)
        compose = pooling_matrix(dtype, device) if reading.pool_first else alone
        factors = (one, scale), (two, self.share)
        self.layers = [LayerMatrices(bands, factor * compose, models) for bands, factor in factors]

    @property
    def numbers(self) -> int:
        """How many numbers all matrices hold."""
        return sum(layer.numbers for layer in self.layers)

    def write(self, weights: Weights) -> None:
        """Compose the kernels with pooling where the reading does, and write the banded matrices.

        A kernel goes to each output column: one copy into the band; what is 0 beside it stays 0.

        Equation ``eq-fast-band``, chapter *The fast path*.
        """
        for layer, K, b in zip(self.layers, weights.kernels, weights.biases, strict=True):
            torch.bmm(layer.compose, K, out=layer.composed)
            layer.band.copy_(layer.kernel)
            layer.spread.copy_(b)

    def fold(self, gradient: Weights) -> None:
        """Add up the places where each weight stands in a banded matrix, and go back through the composition.

        Equations ``eq-fast-matrix-grad`` and ``eq-fast-adjoint``, chapter *The fast path*.
        """
        for layer, dK, db in zip(self.layers, gradient.kernels, gradient.biases, strict=True):
            # In order first: the sum over columns then runs through long rows.
            layer.columns.copy_(layer.dband)
            torch.sum(layer.stacked, 0, out=layer.composed)
            torch.bmm(layer.compose_t, layer.places, out=layer.dkernels)
            dK.copy_(layer.taps)
            torch.sum(layer.dspread, 1, keepdim=True, out=db)


@dataclass(frozen=True)
class ModelViews:
    """One model's part of `Matrices` and `Weights`, taken apart once: a view costs as much as a small operation."""

    W1: torch.Tensor
    W2: torch.Tensor
    W2t: torch.Tensor
    bias1: torch.Tensor
    bias2: torch.Tensor
    Ut: torch.Tensor
    b: torch.Tensor
    dW1: torch.Tensor
    dW2: torch.Tensor
    dbias1: torch.Tensor
    dbias2: torch.Tensor
    dU: torch.Tensor
    db: torch.Tensor

    @classmethod
    def of(cls, model: int, matrices: Matrices, weights: Weights, gradient: Weights) -> ModelViews:
        """Take the views of ``model``."""
        names = ("W", "bias", "dW", "dbias")
        views = {f"{name}{i}": getattr(matrices.layers[i - 1], name)[model] for i in (1, 2) for name in names}
        U, dU = (each.U[model].view(NODES, CLASSES) for each in (weights, gradient))
        # A broadcast first axis hands the same matrix to the product for every strip.
        for i, layer in enumerate(matrices.layers, 1):
            views[f"W{i}"] = views[f"W{i}"].expand(layer.bands.strips, -1, -1)
        return cls(
            **views, W2t=views["W2"].transpose(1, 2), Ut=U.T, b=weights.b[model, :, None], dU=dU, db=gradient.b[model]
        )


def share_among(threads: int) -> None:
    """Share what follows among as many threads; for one there is nothing to do."""
    if threads > 1:
        torch.set_num_threads(threads)


def end_sharing(threads: int) -> None:
    """Leave what follows to one thread."""
    if threads > 1:
        torch.set_num_threads(1)


class Layer:
    """One convolutional layer for a batch: product, bias, activation, pooling, and all of it backward.

    Each tile is convolved like an image of its own.
    """

    def __init__(self, bands: Bands, size: int, reading: Reading, like: torch.Tensor) -> None:
        self._relu, self._pool_last = reading.activation == "relu", not reading.pool_first
        rows, tiles = bands.strips // bands.parities, bands.tiles
        width = bands.outputs // bands.parities  # numbers of a row that one tile hands on
        self.Y = like.new_zeros(bands.strips, size * tiles, bands.outputs)
        self._rows = self.Y.view(bands.strips, size, tiles * bands.outputs)
        # What the layer hands on, row by row of each image, and its gradient.
        self.H, self.dH = like.new_zeros(2, size, rows, tiles * width)
        self._pairs = like.new_zeros(rows, size, tiles, bands.outputs)
        # The product orders its results (row, image), the next layer wants (image, row). An operation that reads
        # one order and writes the other costs no more than one that does not.
        outer = (rows, bands.parities, size, tiles, bands.parities, width)
        self._blocks = self.Y.view(outer)
        self._out_rows = self.H.transpose(0, 1)
        self._out, self._dout = (each.transpose(0, 1).unflatten(2, (tiles, width)) for each in (self.H, self.dH))
        # All four outputs of a block read one gradient: it is spread over columns by a copy, over rows by a view.
        self._spread_columns = self._pairs.view(rows, size, tiles, bands.parities, width)
        self._spread = self._spread_columns[:, None].expand(outer)
        self._columns = self.Y.view(-1, tiles * bands.outputs)
        self.G = like.new_zeros(bands.strips, bands.inputs, bands.outputs)

    def forward(self, X: torch.Tensor, W: torch.Tensor, bias: torch.Tensor, threads: int) -> None:
        """Go from strips ``X`` to ``H``."""
        share_among(threads)
        torch.bmm(X, W, out=self.Y)
        if self._pool_last:
            self._rows.add_(bias)
            self._activate(self.Y, threads)
            self._pool()
        else:
            torch.add(self._rows, bias, out=self._out_rows)
            self._activate(self.H, threads)
        end_sharing(threads)

    def _pool(self) -> None:
        """Add up each 2×2 block: rows, then columns, even to odd. The mean's 1/4 is left to what reads the sum."""
        even, odd = self._blocks.unbind(1)
        rows = torch.add(even, odd, out=self._pairs.view(even.shape))
        torch.add(rows[:, :, :, 0], rows[:, :, :, 1], out=self._out)

    def backward(self, Xt: torch.Tensor, dW: torch.Tensor, dbias: torch.Tensor, threads: int) -> None:
        """Go from ``dH`` to ``dW`` and ``dbias``.

        ``Y`` then holds the gradient of the product. The slope of both activations is a function of their result.
        """
        share_among(threads)
        if self._pool_last:
            self._spread_columns.copy_(self._dout[:, :, :, None])
            gradient, result = self._spread, self._blocks
        else:
            gradient, result = self._dout[:, None, :, :, None], self._out[:, None, :, :, None]
        if self._relu:
            aten.threshold_backward.grad_input(gradient, result, 0, grad_input=self._blocks)
        else:
            aten.sigmoid_backward.grad_input(gradient, result, grad_input=self._blocks)
        torch.bmm(Xt, self.Y, out=self.G)
        end_sharing(threads)  # a sum may be grouped by its shares
        torch.sum(self.G, 0, out=dW)
        torch.sum(self._columns, 0, out=dbias)

    def _activate(self, y: torch.Tensor, threads: int) -> None:
        if self._relu:
            y.relu_()
        else:  # the last few of a share, which fill no register, are computed by other code
            end_sharing(threads)
            y.sigmoid_()
            share_among(threads)


class Batch:
    """The buffers for batches of ``size`` images, and the steps through the whole network.

    As many as ``threads`` share the convolutions' products. The small products of the last layer are always one
    thread's: how they are grouped, and so their last bits, would depend on the number.
    """

    def __init__(self, size: int, reading: Reading, matrices: Matrices, loss: str = "cross_entropy") -> None:
        (one, two), like = (layer.bands for layer in matrices.layers), matrices.layers[0].W
        self.threads, self._reading = 1, reading
        self._equal = {1: True}  # whether so many threads give the bits of one
        self._images = like.new_zeros(size, one.tiles, IMAGE_SIZE, TILE)
        self._grey = torch.empty_like(self._images, dtype=torch.uint8)
        self._X = one.strips_of(self._images.flatten(0, 1))
        self._Xt = self._X.transpose(1, 2)
        self._one, self._two = Layer(one, size, reading, like), Layer(two, size, reading, like)
        self._squared = loss == "squared_error"
        self._relu_logits, self._share = reading.logits == "relu", matrices.share
        # Classes first: softmax then adds up whole rows of images, many at a time.
        self.scores, self.logits, self.logp, self._target, self._dlogits = like.new_zeros(5, CLASSES, size)
        self._dscores = self._dlogits.T
        # Layer 2 reads strips of the tiles of layer 1's result; a single tile is that result itself.
        width, step = two.width * MAPS[0], two.tile_step * MAPS[0]
        self._tiled = self._one.H.unfold(2, width, step).transpose(1, 2)  # (image, tile, row, column·map)
        self._tiles = like.new_zeros(self._tiled.shape) if two.tiles > 1 else self._tiled
        self._H1 = two.strips_of(self._tiles.flatten(0, 1))
        self._H1t = self._H1.transpose(1, 2)
        # Gradients go back strip by strip into rows of tiles, and tile by tile into columns; both overlap. Strips that
        # stand one below the other are written, the others are added to them; rows below these start at 0.
        dH1 = self._one.dH
        self._dstrips = like.new_zeros(two.strips, size * two.tiles, two.inputs)
        self._dtiles = torch.zeros_like(self._tiles) if two.tiles > 1 else dH1[:, None]
        apart = two.kernel // two.stride
        places = list(zip(two.strips_of(self._dtiles.flatten(0, 1)), self._dstrips, strict=True))
        self._written, self._added = places[::apart], [place for s, place in enumerate(places) if s % apart]
        self._rest = self._dtiles[:, :, len(self._written) * two.kernel :]
        columns = dH1.unfold(2, width, step).unbind(2)
        self._dcolumns = list(zip(columns, self._dtiles.unbind(1), strict=True)) if two.tiles > 1 else []
        self._F, self._dF = (each.view(size, NODES) for each in (self._two.H, self._two.dH))
        self._Ft = self._F.T

    def load(self, tiles: torch.Tensor, labels: torch.Tensor, chosen: torch.Tensor) -> None:
        """Gather the chosen images and their targets: -1/N at the true class.

        Into buffers: memory that is new each time costs more than the copy.
        """
        if tiles.dtype == self._images.dtype:
            torch.index_select(tiles, 0, chosen, out=self._images)
        else:
            torch.index_select(tiles, 0, chosen, out=self._grey)
            self._images.copy_(self._grey)
        self._target.zero_().scatter_(0, labels.index_select(0, chosen)[None], -1 / len(chosen))

    def show(self, tiles: torch.Tensor) -> None:
        """Take tiles of images whose labels are not asked for."""
        self._images.copy_(tiles)

    def forward(self, model: ModelViews) -> torch.Tensor:
        """Go from the images to the scores before softmax ``(10, size)``."""
        self._one.forward(self._X, model.W1, model.bias1, self.threads)
        if self._tiles is not self._tiled:
            self._tiles.copy_(self._tiled)
        self._two.forward(self._H1, model.W2, model.bias2, self.threads)
        if self._share != 1:
            self._F.mul_(self._share)
        torch.addmm(model.b, model.Ut, self._Ft, out=self.scores)
        return torch.clamp_min(self.scores, 0, out=self.logits) if self._relu_logits else self.scores

    def errors(self, logits: torch.Tensor, out: torch.Tensor) -> None:
        """Write the summands of the error function ``(10, size)``, and prepare its gradient for the scores."""
        if self._squared:
            self._squares(logits, out)
        else:
            self._entropy(logits, out)

    def _entropy(self, logits: torch.Tensor, out: torch.Tensor) -> None:
        r"""Write the summands of the entropy error, and prepare its gradient for the scores.

        The target is :math:`t = \partial E_0 / \partial \ln p`: -1/N at the true class, else 0. Then
        :math:`E_0 = \sum t \ln p`, and softmax carries ``t`` back as :math:`t - p \sum t = (p - \text{one-hot})/N`.
        """
        torch.log_softmax(logits, 0, out=self.logp)
        torch.mul(self.logp, self._target, out=out)
        aten._log_softmax_backward_data.out(self._target, self.logp, 0, self.logp.dtype, out=self._dlogits)

    def _squares(self, logits: torch.Tensor, out: torch.Tensor) -> None:
        r"""Write the summands of the squared error :math:`\frac{1}{2N} \sum (p - O)^2`, and prepare its gradient.

        The target is -O/N, so that :math:`d = p/N + t` is the gradient for ``p``.
        """
        size = logits.shape[1]
        p, d = torch.softmax(logits, 0, out=self.logp), self._dlogits
        torch.add(self._target, p, alpha=1 / size, out=d)
        torch.mul(d, d, out=out).mul_(size / 2)
        aten._softmax_backward_data.out(d, p, 0, p.dtype, grad_input=self._dlogits)

    def backward(self, model: ModelViews) -> None:
        """Go from the scores' gradient back to those of the last layer, the banded matrices and the biases.

        Equation ``eq-fast-backward``, chapter *The fast path*.
        """
        if self._relu_logits:
            aten.threshold_backward.grad_input(self._dlogits, self.logits, 0, grad_input=self._dlogits)
        torch.mm(self._Ft, self._dscores, out=model.dU)
        torch.sum(self._dscores, 0, out=model.db)
        torch.addmm(self._dF, self._dscores, model.Ut, beta=0, alpha=self._share, out=self._dF)
        self._two.backward(self._H1t, model.dW2, model.dbias2, self.threads)
        share_among(self.threads)
        torch.bmm(self._two.Y, model.W2t, out=self._dstrips)
        self._add_strips()
        end_sharing(self.threads)
        self._one.backward(self._Xt, model.dW1, model.dbias1, self.threads)

    def begin(self, model: ModelViews, threads: int) -> None:
        """Send whatever the buffers hold through layer 1: the piece of work by which numbers of threads are judged."""
        self._one.forward(self._X, model.W1, model.bias1, threads)

    def keeps_bits(self, threads: int) -> bool:
        """Return whether as many threads give the bits of one, found by trying once: random images and weights.

        Products of the same shapes are grouped in the same way, whatever their numbers are. What the buffers held is
        lost.
        """
        if threads not in self._equal:
            alone, together = (self._try(count) for count in (1, threads))
            self._equal[threads] = alone == together
        return self._equal[threads]

    def _try(self, threads: int) -> list[bytes]:
        """Return every bit that a random batch gives in a random network, the same each time."""
        generator, like = torch.Generator().manual_seed(0), self._images
        matrices = Matrices(1, self._reading, 1.0, like.dtype, like.device)
        weights, gradient = (Weights(1, like.dtype, like.device) for _ in range(2))
        weights.flat.normal_(0, 0.1, generator=generator)
        matrices.write(weights)
        model = ModelViews.of(0, matrices, weights, gradient)
        tiles = torch.empty_like(like).uniform_(generator=generator)
        labels, errors = torch.randint(CLASSES, (len(like),), generator=generator), torch.empty_like(self.scores)
        self.threads = threads
        self.load(tiles, labels, torch.arange(len(like)))
        self.errors(self.forward(model), errors)
        self.backward(model)
        found = [gradients for layer in matrices.layers for gradients in (layer.dW, layer.dbias)]
        return [each.numpy().tobytes() for each in (errors, gradient.flat, *found)]

    def _add_strips(self) -> None:
        """Add up what the strips say about the numbers they share: the gradient of layer 1's output.

        Equation ``eq-fast-strip-grad``, chapter *The fast path*.
        """
        self._rest.zero_()
        for rows, strip in self._written:
            rows.copy_(strip)
        for rows, strip in self._added:
            rows.add_(strip)
        if self._dcolumns:
            self._one.dH.zero_()
        for columns, tile in self._dcolumns:
            columns.add_(tile)
