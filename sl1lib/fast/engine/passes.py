"""Forward and backward through the network for one batch: products with banded matrices in buffers made once.

One model at a time goes through the same buffers. They stay in the processor's cache that way, the memory does not
grow with the number of models, and no model's numbers depend on which others are trained beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ...architecture import CLASSES, IMAGE_SIZE, KERNEL_SIZE, MAPS, NODES, POOL
from ...readings import Reading
from .bands import TILE, TILES, Bands, pooling_matrix
from .weights import GRID, Weights

aten = torch.ops.aten


class Matrices:
    """The matrices that the products need, written from the weights before each update, for all models.

    Parameters
    ----------
    models : int
    reading : Reading
    scale : float
        What the pixels are multiplied with: 1/255 for grey levels. It goes into the first kernel, not over the images.
    dtype : torch.dtype
    device : torch.device
    """

    def __init__(self, models: int, reading: Reading, scale: float, dtype: torch.dtype, device: torch.device) -> None:
        kernel, stride = (KERNEL_SIZE + POOL - 1, POOL) if reading.pool_first else (KERNEL_SIZE, 1)
        self.layer1 = Bands(IMAGE_SIZE, 1, MAPS[0], kernel, stride)
        self.layer2 = Bands(TILE, MAPS[0], MAPS[1], kernel, stride)
        # From kernels to those that the bands hold, kernel² × 25: composed with pooling, or as they are.
        compose = pooling_matrix(dtype, device) if reading.pool_first else torch.eye(KERNEL_SIZE**2, dtype=dtype, device=device)
        self._compose1, self._compose2 = ((factor * compose).expand(models, -1, -1) for factor in (scale, 1.0))

        def zeros(*shape: int) -> torch.Tensor:
            return torch.zeros(models, *shape, dtype=dtype, device=device)

        one, two = self.layer1, self.layer2
        self.W1, self.W2 = zeros(one.inputs, one.outputs), zeros(two.inputs, two.outputs)
        self.V2 = zeros(two.reach * two.outputs, two.stride * TILE * two.channels)
        self.bias1 = zeros(TILES * one.outputs) if reading.pool_first else zeros(one.outputs)
        self.bias2 = zeros(two.outputs)
        # What a batch leaves behind: gradients of the banded matrices and of the biases, column by column.
        self.dW1, self.dW2, self.dbias1, self.dbias2 = map(torch.zeros_like, (self.W1, self.W2, self.bias1, self.bias2))

    def write(self, weights: Weights) -> None:
        """Compose the kernels with pooling where the reading does, and write the banded matrices."""
        kernel, models = self.layer1.kernel, len(self.W1)
        K1 = torch.bmm(self._compose1, weights.K1.view(models, KERNEL_SIZE**2, -1))
        K2 = torch.bmm(self._compose2, weights.K2.view(models, KERNEL_SIZE**2, -1))
        self.layer1.write(self.W1, K1.view(models, kernel, kernel, 1, MAPS[0]))
        K2 = K2.view(models, kernel, kernel, *MAPS)
        self.layer2.write(self.W2, K2)
        self.layer2.write_back(self.V2, K2)
        self.bias1.view(models, -1, MAPS[0]).copy_(weights.b1[:, None])
        self.bias2.view(models, -1, MAPS[1]).copy_(weights.b2[:, None])

    def fold(self, gradient: Weights) -> None:
        """Add up the places where each weight stands in a banded matrix, and go back through the composition."""
        models = len(self.W1)
        for layer, dW, compose, dK in (
            (self.layer1, self.dW1, self._compose1, gradient.K1),
            (self.layer2, self.dW2, self._compose2, gradient.K2),
        ):
            folded = layer.fold(dW).view(models, layer.kernel**2, -1)
            dK.view(models, KERNEL_SIZE**2, -1).copy_(torch.bmm(compose.transpose(1, 2), folded))
        torch.sum(self.dbias1.view(models, -1, MAPS[0]), 1, out=gradient.b1)
        torch.sum(self.dbias2.view(models, -1, MAPS[1]), 1, out=gradient.b2)


@dataclass(frozen=True)
class ModelViews:
    """One model's part of `Matrices` and `Weights`, taken apart once: a view costs as much as a small operation."""

    W1: torch.Tensor
    W2: torch.Tensor
    V2: torch.Tensor
    bias1: torch.Tensor
    bias2: torch.Tensor
    U: torch.Tensor
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
        names = ("W1", "W2", "V2", "bias1", "bias2", "dW1", "dW2", "dbias1", "dbias2")
        views = {name: getattr(matrices, name)[model] for name in names}
        U, dU = (each.U[model].view(NODES, CLASSES) for each in (weights, gradient))
        # A broadcast first axis hands the same matrix to the product for every strip.
        for name, count in (("W1", matrices.layer1.strips), ("W2", matrices.layer2.strips)):
            views[name] = views[name].expand(count, -1, -1)
        groups = TILE // matrices.layer2.stride
        views["V2"] = views["V2"].expand(groups, -1, -1)
        return cls(**views, U=U, Ut=U.T, b=weights.b[model], dU=dU, db=gradient.b[model])


class Batch:
    """The buffers for batches of ``size`` images, and the steps through the network.

    Parameters
    ----------
    size : int
    reading : Reading
    matrices : Matrices
        For the sizes of its layers.
    """

    def __init__(self, size: int, reading: Reading, matrices: Matrices) -> None:
        one, two = matrices.layer1, matrices.layer2
        dtype, device = matrices.W1.dtype, matrices.W1.device
        self._layers = (one, two)
        self._relu = reading.activation == "relu"
        self._relu_logits = reading.logits == "relu"
        self._pool_last = not reading.pool_first
        self._share = 1 / POOL**2 if self._pool_last else 1.0  # of each output in the mean that pooling takes

        def empty(*shape: int) -> torch.Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        # Layer 1 handles each tile like an image of its own: (strip, image·tile, column·map).
        self.Y1 = empty(one.strips, size * TILES, one.outputs)
        self.H1 = empty(size, TILE, TILE * MAPS[0])
        self.Y2 = empty(two.strips, size, two.outputs)
        self.F = empty(size, GRID, GRID * MAPS[1])
        self.scores, self.logits, self.logp, self.dlogits = (empty(size, CLASSES) for _ in range(4))
        self.dF = empty(size, GRID, GRID * MAPS[1])
        # The gradient of layer 2's output, with rows of zeros above and below that nothing ever writes.
        border = two.reach - 1
        self.bordered = empty(size, two.strips + 2 * border, two.outputs)
        self.dY2 = self.bordered[:, border : border + two.strips].transpose(0, 1)
        groups = TILE // two.stride
        self.dH1 = empty(groups, size, two.stride * TILE * MAPS[0])
        self.G1, self.G2 = (empty(layer.strips, layer.inputs, layer.outputs) for layer in self._layers)

        # Views of the buffers in the order in which their neighbours have them: an operation that reads one order
        # and writes the other costs no more than one that does not.
        self._H1_strips = two.strips_of(self.H1)
        self._H1_strips_t = self._H1_strips.transpose(1, 2)
        self._H1_rows = self.H1.transpose(0, 1)  # (row, image, column·map)
        self._F_rows, self._dF_rows = self.F.transpose(0, 1), self.dF.transpose(0, 1)
        self._F_flat, self._dF_flat = self.F.view(size, NODES), self.dF.view(size, NODES)
        self._F_flat_t = self._F_flat.T
        width = two.outputs
        self._dY2_strips = self.bordered.as_strided(
            (groups, size, two.reach * width), (width, (two.strips + 2 * border) * width, 1)
        )
        self._dH1_rows = self.dH1.view(groups, size, two.stride, -1).transpose(1, 2)  # (group, row of it, image, …)
        self._H1_pairs = self._H1_rows.unflatten(0, (groups, two.stride))
        if self._pool_last:
            self._blocks1, self._blocks2 = _blocks(self.Y1), _blocks(self.Y2)
            self._dblocks2 = _blocks(self.dY2)
            self._pooled1, self._pooled2 = empty(TILE, size * TILES, one.outputs // 2), empty(GRID, size, width // 2)
            self._dpooled1 = self.dH1.view(TILE, 1, size * TILES, 1, -1)
            self._dpooled2 = self._dF_rows[:, None, :, None]
        else:
            self._Y1_rows = self.Y1.view(TILE, size, TILE * MAPS[0])
            self._dY1_pairs = self._Y1_rows.unflatten(0, (groups, two.stride))
        self._dY1_columns = self.Y1.view(-1, TILES * one.outputs if reading.pool_first else one.outputs)

    def load(self, strips: torch.Tensor, target: torch.Tensor) -> None:
        """Point to the images of the next pass, as `Bands.strips_of` shows them, and to their targets."""
        self._X, self._Xt, self._target = strips, strips.transpose(1, 2), target

    def forward(self, model: ModelViews) -> torch.Tensor:
        """Go from the images to the scores before softmax ``(size, 10)``."""
        torch.bmm(self._X, model.W1, out=self.Y1)
        if self._pool_last:
            self._activate_and_pool(self.Y1, model.bias1, self._blocks1, self._pooled1, self._H1_rows)
        else:
            self._activate(self._Y1_rows, model.bias1, self._H1_rows)
        torch.bmm(self._H1_strips, model.W2, out=self.Y2)
        if self._pool_last:
            self._activate_and_pool(self.Y2, model.bias2, self._blocks2, self._pooled2, self._F_rows)
        else:
            self._activate(self.Y2, model.bias2, self._F_rows)
        torch.addmm(model.b, self._F_flat, model.U, out=self.scores)
        return torch.clamp_min(self.scores, 0, out=self.logits) if self._relu_logits else self.scores

    def errors(self, logits: torch.Tensor, out: torch.Tensor) -> None:
        r"""Write the summands of :math:`E_0`, and prepare its gradient for the scores.

        The target is :math:`t = \partial E_0 / \partial \ln p`: -1/N at the true class, else 0. Then
        :math:`E_0 = \sum t \ln p`, and softmax carries ``t`` back as :math:`t - p \sum t = (p - \text{one-hot})/N`.
        """
        torch.log_softmax(logits, 1, out=self.logp)
        torch.mul(self.logp, self._target, out=out)
        aten._log_softmax_backward_data.out(self._target, self.logp, 1, self.logp.dtype, out=self.dlogits)

    def backward(self, model: ModelViews) -> None:
        """Go from the scores' gradient back to those of the banded matrices, the biases and the last layer."""
        if self._relu_logits:
            aten.threshold_backward.grad_input(self.dlogits, self.logits, 0, grad_input=self.dlogits)
        torch.mm(self._F_flat_t, self.dlogits, out=model.dU)
        torch.sum(self.dlogits, 0, out=model.db)
        torch.addmm(self._dF_flat, self.dlogits, model.Ut, beta=0, alpha=self._share, out=self._dF_flat)
        if self._pool_last:
            self._activation_backward(self._dpooled2, self._blocks2, self._dblocks2)
        else:
            self._activation_backward(self._dF_rows, self._F_rows, self.dY2)
        torch.bmm(self._H1_strips_t, self.dY2, out=self.G2)
        torch.sum(self.G2, 0, out=model.dW2)
        torch.sum(self.dY2, (0, 1), out=model.dbias2)
        torch.bmm(self._dY2_strips, model.V2, out=self.dH1)
        if self._pool_last:
            self._activation_backward(self._dpooled1.mul_(self._share), self._blocks1, self._blocks1)
        else:
            self._activation_backward(self._dH1_rows, self._H1_pairs, self._dY1_pairs)
        torch.bmm(self._Xt, self.Y1, out=self.G1)  # Y1 holds its own gradient by now
        torch.sum(self.G1, 0, out=model.dW1)
        torch.sum(self._dY1_columns, 0, out=model.dbias1)

    def _activate(self, y: torch.Tensor, bias: torch.Tensor, out: torch.Tensor) -> None:
        """Add the bias and activate, on the way into another order of the axes."""
        torch.add(y, bias, out=out)
        out.relu_() if self._relu else out.sigmoid_()

    def _activate_and_pool(
        self, y: torch.Tensor, bias: torch.Tensor, blocks: torch.Tensor, pooled: torch.Tensor, out: torch.Tensor
    ) -> None:
        """Add the bias, activate in place, and take the mean of the 2×2 blocks."""
        y.add_(bias)
        y.relu_() if self._relu else y.sigmoid_()
        torch.sum(blocks, (1, 3), out=pooled)
        torch.mul(pooled.view(out.shape), self._share, out=out)

    def _activation_backward(self, dout: torch.Tensor, activated: torch.Tensor, out: torch.Tensor) -> None:
        """Multiply by the activation's slope, which its result tells; a pooled gradient is read by all four outputs."""
        if self._relu:
            aten.threshold_backward.grad_input(dout.expand_as(activated), activated, 0, grad_input=out)
        else:
            aten.sigmoid_backward.grad_input(dout.expand_as(activated), activated, grad_input=out)


def _blocks(y: torch.Tensor) -> torch.Tensor:
    """View (row, image, column·map) as (pooled row, row of the block, image, column of the block, rest)."""
    return y.unflatten(0, (-1, POOL)).unflatten(3, (POOL, -1))
