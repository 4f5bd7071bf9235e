"""The whole network on tensors, in both readings. Mirrors ``sl1lib.reference.network``; autograd runs it backward.

`Network`, which has no mirror, gives answers: for networks of any widths, and with kernels that are composed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
import torch.nn.functional as F

from ..architecture import (
    NODES_PER_MAP,
    POOL,
    check_images,
    check_parameters,
    glorot_uniform,
    parameter_shapes,
)
from ..errors import unexpected
from ..readings import Reading, find_reading
from .activations import relu, sigmoid
from .convolution import conv2d
from .dense import dense
from .pooling import avg_pool2d, composed_kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Tensors = dict[str, torch.Tensor]

EVALUATION_BATCH: Final = 500  # images at once: their activations fit into the cache


def init_params(seed: int = 0, dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu") -> Tensors:
    """Return the very numbers of :func:`sl1lib.reference.init_params`, rounded to ``dtype``, on ``device``.

    Examples
    --------
    >>> init_params(seed=0)["K2"].shape
    torch.Size([12, 6, 5, 5])
    """
    return {name: torch.as_tensor(array, dtype=dtype, device=device) for name, array in glorot_uniform(seed).items()}


def forward(params: Tensors, x: torch.Tensor, reading: str | Reading = "table") -> torch.Tensor:
    """Compute :func:`sl1lib.reference.forward` on tensors.

    Examples
    --------
    >>> forward(init_params(), torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    return trace(params, x, reading)["logits"]


def features(params: Tensors, x: torch.Tensor, reading: str | Reading = "table") -> torch.Tensor:
    """Compute :func:`sl1lib.reference.features` on tensors.

    Examples
    --------
    >>> features(init_params(), torch.zeros(2, 1, 28, 28), "text").shape
    torch.Size([2, 192])
    """
    return trace(params, x, reading)["features"]


def trace(params: Tensors, x: torch.Tensor, reading: str | Reading = "table") -> Tensors:
    """Compute :func:`sl1lib.reference.trace` on tensors.

    Examples
    --------
    >>> steps = trace(init_params(), torch.zeros(1, 1, 28, 28), "text")
    >>> [name for name in steps if name.endswith("1")]
    ['conv1', 'act1', 'pool1', 'stage1']
    """
    check_parameters(params)
    check_images(x)
    reading = find_reading(reading)
    activate = relu if reading.activation == "relu" else sigmoid
    steps = {"x": x, "stage0": x}
    for i in (1, 2):
        conv = steps[f"conv{i}"] = conv2d(steps[f"stage{i - 1}"], params[f"K{i}"], params[f"b{i}"])
        if reading.pool_first:
            steps[f"pool{i}"] = avg_pool2d(conv, POOL)
            steps[f"act{i}"] = steps[f"stage{i}"] = activate(steps[f"pool{i}"])
        else:
            steps[f"act{i}"] = activate(conv)
            steps[f"pool{i}"] = steps[f"stage{i}"] = avg_pool2d(steps[f"act{i}"], POOL)
    steps["features"] = steps["stage2"].flatten(start_dim=1)
    steps["scores"] = dense(steps["features"], params["U"], params["b"])
    steps["logits"] = relu(steps["scores"]) if reading.logits == "relu" else steps["scores"]
    return steps


class Network:
    """A network of any number of maps and nodes, ready to answer: ``network(x)`` gives scores, before softmax.

    ``x`` is ``(N, 1, 28, 28)``, grey levels as uint8 or numbers in [0, 1] in the parameters' dtype; the scores are
    ``(N, 10)``. Where pooling follows the convolution at once, the two are one convolution, whose kernel is composed
    once.

    Equation ``eq-pool-composed``, chapter *Pooling*.

    Parameters
    ----------
    params : dict of Tensor
        ``K1 (m1,1,5,5)``, ``b1 (m1,)``, ``K2 (m2,m1,5,5)``, ``b2 (m2,)``, ``U (10,n)``, ``b (10,)``.
    reading : str or Reading
    columns : array_like of int, shape (n,), optional
        Which of the 16·m2 features the columns of ``U`` weigh, ascending. None: all of them.

    Examples
    --------
    >>> network = Network(init_params(), "table")
    >>> network(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, params: Tensors, reading: str | Reading = "table", columns: ArrayLike | None = None) -> None:
        maps1, maps2 = (len(params.get(name, ())) for name in ("b1", "b2"))
        features = NODES_PER_MAP * maps2
        picked = torch.arange(features) if columns is None else torch.as_tensor(columns)
        if (picked.diff(prepend=-torch.ones(1), append=torch.tensor([features])) <= 0).any():
            raise unexpected("columns", picked.tolist(), f"they must ascend from 0 to at most {features - 1}")
        check_parameters(params, parameter_shapes(maps1, maps2, len(picked)))
        self._params, self._reading = params, find_reading(reading)
        self._activate = relu if self._reading.activation == "relu" else sigmoid
        self._kernels = [params["K1"], params["K2"]]
        if self._reading.pool_first:
            self._kernels = [composed_kernel(kernel, POOL) for kernel in self._kernels]
        self._columns = None if len(picked) == features else picked.to(params["U"].device)

    def stages(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what each convolutional layer hands on: (N, m1, 12, 12) and (N, m2, 4, 4)."""
        check_images(x)
        if x.dtype == torch.uint8:
            x = x.to(self._params["U"].dtype) / 255
        stage1 = self._stage(x, self._kernels[0], self._params["b1"])
        return stage1, self._stage(stage1, self._kernels[1], self._params["b2"])

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of the ten classes, before softmax."""
        features = self.stages(x)[1].flatten(start_dim=1)
        if self._columns is not None:
            features = features.index_select(1, self._columns)
        scores = dense(features, self._params["U"], self._params["b"])
        return relu(scores) if self._reading.logits == "relu" else scores

    def _stage(self, x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        if self._reading.pool_first:
            return self._activate(F.conv2d(x, kernel, bias, stride=POOL))
        return avg_pool2d(self._activate(F.conv2d(x, kernel, bias)), POOL)

    @torch.no_grad()
    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores for any number of images, without gradients, in batches."""
        return torch.cat([self(part) for part in x.split(EVALUATION_BATCH)])

    @torch.no_grad()
    def means(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the means over images and places of layer 1's maps, (m1,), and over images of all features, (16·m2,).

        They are summed in float64 over any number of images, and have the parameters' dtype.
        """
        maps, features = [], []
        for stage1, stage2 in map(self.stages, x.split(EVALUATION_BATCH)):
            maps.append(stage1.mean(dim=(2, 3)).sum(dim=0, dtype=torch.float64))
            features.append(stage2.flatten(start_dim=1).sum(dim=0, dtype=torch.float64))
        of_maps, of_features = (torch.stack(sums).sum(dim=0) / len(x) for sums in (maps, features))
        return of_maps.to(self._params["U"].dtype), of_features.to(self._params["U"].dtype)
