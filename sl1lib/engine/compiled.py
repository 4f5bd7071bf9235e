"""The engine in C: the loops of ``kernels.c`` in the place of products with banded matrices."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import torch

from ..architecture import CLASSES, MAPS, NODES_PER_MAP, check_images, parameter_shapes
from ..fast.network import Network, Tensors
from ..readings import Reading
from .compiler import kernels
from .trainer import Trainer, Training
from .weights import FULL, ROW, Layout, Weights, places_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

REALS: Final = {torch.float32: "float", torch.float64: "double"}
PIECE: Final = 512  # images that a thread answers for at a time: whole tiles
LEAST: Final = 64  # fewer are not worth waking a thread for
SHARES: Final = 2  # parts of a batch, whose gradients are added up in their order, whoever computes them
LINE: Final = 64  # bytes of a cache line, and of the widest register
STEP: Final = 3  # maps: the loops are compiled for whole multiples, so that a few objects serve all pruned networks


class CompiledEngine(Trainer):
    r"""Train M networks at once on a CPU, an image in each lane of a vector register.

    Parameters
    ----------
    trainings, x, labels, reading, loss, batch_size
        As for `Trainer`, whose methods it has.

    Raises
    ------
    NotCompiledError
        Where the loops cannot be compiled. `make_engine` takes `Engine` there.

    Notes
    -----
    A batch has two halves, and a thread takes the next half of the next model until nothing is left. No thread waits
    for another inside a half, and a sum has the same order whoever was quicker.

    Where a training has lost maps for good (`Training.removed`), the loops leave them out.

    Chapter *The fast path*.

    Examples
    --------
    >>> from sl1lib import MomentumRamp
    >>> from sl1lib.fast import init_params
    >>> x, labels = torch.zeros(4, 1, 28, 28), torch.arange(4)
    >>> pair = [Training(init_params(), lr, MomentumRamp()) for lr in (1.0, 0.0001)]
    >>> CompiledEngine(pair, x, labels).advance(2).E0.round(3)  # doctest: +SKIP
    array([[2.303, 2.303],
           [2.16 , 2.303]])
    """

    def __init__(self, trainings: Sequence[Training], x: torch.Tensor, labels: torch.Tensor, **settings: Any) -> None:
        super().__init__(trainings, x, labels, **settings)
        self._labels = labels.to("cpu", torch.int64).contiguous()
        self._loops: dict[tuple[int, int], Kernels] = {}  # by width: models that have one share their room, too
        self._models = [_Model(self._loops_for, training.removed) for training in trainings]
        self._narrow = {m: model.places for m, model in enumerate(self._models) if model.places is not None}
        self._parts = torch.zeros(SHARES, len(trainings), ROW, dtype=self._dtype)
        self._errors = torch.zeros(SHARES, len(trainings), dtype=self._dtype)
        self._halves = self._parts.unbind(), self._errors.unbind()
        self._batches = [Images(self._images) for _ in self._members]
        self._work, self._divided = self._plan(), 0

    @property
    def lanes(self) -> int:
        """How many images a vector register holds side by side."""
        return self._models[0].loops.lanes

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """Return images ``(N, 1, 28, 28)`` as C reads them: grey levels, or numbers of the parameters' dtype."""
        return _readable(x, self._dtype)

    def _gradients(self, chosen: Sequence[torch.Tensor], E0: torch.Tensor) -> None:
        for images, batch in zip(self._batches, chosen, strict=True):
            images.choose(batch)
        self._divide(len(chosen[0]))
        self._pick()
        self._with_threads(self._do)
        torch.add(*self._halves[0], out=self._gradient.flat)
        torch.add(*self._halves[1], out=E0)
        for m, places in self._narrow.items():
            _spread(self._gradient.flat[m], places)

    def _plan(self) -> list[tuple[Kernels, Parts]]:
        """Return what an update has to do, for each width: the two parts of each model's batch."""
        found: dict[Kernels, list[Part]] = {}
        for images, members in zip(self._batches, self._members.values(), strict=True):
            for m in members:
                loops = self._models[m].loops
                found.setdefault(loops, []).extend(
                    loops.part(self._row(m), images, to, self._labels, error)
                    for to, error in zip(self._parts[:, m], self._errors[:, m], strict=True)
                )
        return [(loops, as_array(parts)) for loops, parts in found.items()]

    def _divide(self, count: int) -> None:
        """Give each part its images, of so many in a batch."""
        if count != self._divided:
            self._divided = count
            for loops, parts in self._work:
                halves = loops.halves(count)
                for n, part in enumerate(parts):
                    part.first, part.last = halves[n % SHARES]

    def _do(self, threads: int) -> None:
        """Compute all gradients; to do it again changes nothing."""
        for loops, parts in self._work:
            loops.gradients(parts, threads)

    def _row(self, m: int) -> torch.Tensor:
        """Return the weights of a model as its loops read them, in a place that stays."""
        return self._models[m].pick(self._weights.flat[m])

    def _pick(self) -> None:
        """Bring the weights of those models up to date whose loops do not read all of them."""
        for m in self._narrow:
            self._row(m)

    def _with_threads(self, work: Callable[[int], None], trial: Callable[[int], None] | None = None) -> None:
        """Do some work with as many threads as are quickest now at a trial, which changes nothing, or at all of it."""
        work(self._threads.choose(trial or work, lambda count: True))

    def _predict(self, images: torch.Tensor, scores: torch.Tensor) -> None:
        whole = Images(self.prepare(images))
        for m, (model, to) in enumerate(zip(self._models, scores, strict=True)):
            parts = model.loops.pieces(self._row(m), whole, to, PIECE)
            some = as_array(parts[:8])
            self._with_threads(partial(model.loops.scores, as_array(parts)), partial(model.loops.scores, some))

    def _loops_for(self, maps: tuple[int, int]) -> Kernels:
        if maps not in self._loops:
            self._loops[maps] = Kernels(self._dtype, self._reading, self._loss, maps)
        return self._loops[maps]


class _Model:
    """A training's loops; and where in a full row what they read stands, unless that is all of it."""

    def __init__(self, loops_for: Callable[[tuple[int, int]], Kernels], removed: Tensors | None) -> None:
        maps = [torch.arange(count) for count in MAPS] if removed is None else _maps_left(removed)
        self.loops = loops_for((len(maps[0]), len(maps[1])))
        self.places = None if self.loops.layout.maps == MAPS else places_of(*maps)
        self._picked = torch.empty(0 if self.places is None else len(self.places), dtype=self.loops.dtype)

    def pick(self, weights: torch.Tensor) -> torch.Tensor:
        """Return what the loops read of a full row, always in the same place."""
        return weights if self.places is None else torch.index_select(weights, 0, self.places, out=self._picked)


def _spread(row: torch.Tensor, places: torch.Tensor) -> None:
    """Bring the numbers at the beginning of a full row to their places in it."""
    found = row[: len(places)].clone()
    row.zero_()[places] = found


def _maps_left(removed: Tensors) -> list[torch.Tensor]:
    """Return which maps of the two layers are needed, filled up with others to a number that there are loops for."""
    second = ~removed["U"].reshape(CLASSES, -1, NODES_PER_MAP).all(2).all(0)
    first = ~removed["K2"][second].all(3).all(2).all(0)
    found = []
    for needed in (first, second):
        order = torch.argsort(~needed, stable=True)  # those that are needed first
        found.append(order[: rounded_up(int(needed.sum()))].sort().values)
    return found


def rounded_up(maps: int) -> int:
    """Return the number of maps that the loops are compiled for, to serve a layer with so many.

    Examples
    --------
    >>> [rounded_up(maps) for maps in (0, 1, 3, 4, 12)]
    [3, 3, 3, 6, 12]
    """
    return max(-(-maps // STEP), 1) * STEP


class CompiledNetwork(Network):
    """A `fast.Network` on a CPU that answers by the loops in C, at its own width; it computes no gradients.

    Parameters
    ----------
    params, reading, columns
        As for `fast.Network`.

    Raises
    ------
    NotCompiledError
        Where the loops cannot be compiled. `make_network` takes `fast.Network` there.

    Examples
    --------
    >>> from sl1lib.fast import init_params
    >>> network = CompiledNetwork(init_params())  # doctest: +SKIP
    >>> network(torch.zeros(2, 1, 28, 28)).shape  # doctest: +SKIP
    torch.Size([2, 10])
    """

    def __init__(self, params: Tensors, reading: str | Reading = "table", columns: ArrayLike | None = None) -> None:
        super().__init__(params, reading, columns)
        self._dtype = params["U"].dtype
        maps = rounded_up(len(params["b1"])), rounded_up(len(params["b2"]))
        self._loops = Kernels(self._dtype, self._reading, "cross_entropy", maps)
        weights = Weights(1, self._dtype, torch.device("cpu"), self._loops.layout)
        weights.write(_padded(params, self._columns, *maps))
        self._row = weights.flat[0]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of the ten classes, before softmax."""
        x = _readable(x, self._dtype)
        scores = torch.empty(len(x), CLASSES, dtype=self._dtype)
        threads = torch.get_num_threads()
        share = min(PIECE, max(-(-len(x) // (threads * LEAST)), 1) * LEAST)
        whole = Images(x)
        self._loops.scores(as_array(self._loops.pieces(self._row, whole, scores, share)), threads)
        return scores

    def predict(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores for any number of images."""
        return self(x)


def _readable(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return images as C reads them, for parameters of this dtype."""
    check_images(x)
    return x.to("cpu", x.dtype if x.dtype == torch.uint8 else dtype).contiguous()


def _padded(params: Tensors, columns: torch.Tensor | None, maps1: int, maps2: int) -> Tensors:
    """Return the parameters of a network with so many maps that computes the same: with zeros in it."""
    nodes = torch.arange(params["U"].shape[1]) if columns is None else columns
    left = {name: (slice(len(params[name])),) for name in ("K1", "b1", "b2", "b")}
    places = left | {"K2": tuple(map(slice, params["K2"].shape[:2])), "U": (slice(None), nodes)}
    found = {}
    for name, shape in parameter_shapes(maps1, maps2, NODES_PER_MAP * maps2).items():
        found[name] = params[name].new_zeros(shape)
        found[name][places[name]] = params[name].detach()
    return found


class _Reading(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("pool_first", "sigmoid", "relu_logits", "squared_error")]


class _Places(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ssize_t) for name in FULL.offsets]


class Images(ctypes.Structure):
    """Images for `Kernels`: all of ``pixels``, or those that are chosen."""

    _fields_ = [
        ("pixels", ctypes.c_void_p),
        ("chosen", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("grey", ctypes.c_int64),
    ]

    def __init__(self, pixels: torch.Tensor) -> None:
        self._held = [pixels]  # as long as their addresses are used
        super().__init__(pixels.data_ptr(), None, len(pixels), pixels.dtype == torch.uint8)

    def choose(self, numbers: torch.Tensor) -> None:
        """Take these of the images from now on, in this order."""
        self._held[1:] = [numbers]
        self.chosen, self.count = numbers.data_ptr(), len(numbers)


class Part(ctypes.Structure):
    """What a thread does at a time: the images from ``first`` to before ``last``, through one network."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("reading", "places", "weights", "images", "labels")),
        *((name, ctypes.c_int64) for name in ("first", "last")),
        *((name, ctypes.c_void_p) for name in ("to", "error")),
    ]


Parts: TypeAlias = "ctypes.Array[Part]"


def as_array(parts: Sequence[Part]) -> Parts:
    """Return parts side by side, as C reads them."""
    return (Part * len(parts))(*parts)


class Kernels:
    """The functions of ``kernels.c`` on tensors of one dtype, for one reading, error function and numbers of maps.

    A `Part` does not keep alive what it names.
    """

    def __init__(self, dtype: torch.dtype, reading: Reading, loss: str, maps: tuple[int, int] = MAPS) -> None:
        self._library = kernels(REALS[dtype], maps)
        self.dtype, self.layout = dtype, Layout(*maps)
        sizes = (ctypes.c_int64 * 2)()
        self._library.sl1_sizes(sizes)
        self.lanes, self._scratch = sizes
        flags = reading.pool_first, reading.activation == "sigmoid", reading.logits == "relu", loss == "squared_error"
        self._reading, self._places = _Reading(*flags), _Places(*self.layout.offsets.values())
        self._mine = threading.local()

    def halves(self, count: int) -> list[tuple[int, int]]:
        """Return which images each part of a batch has: whole tiles but at the end."""
        tiles = -(-count // self.lanes)
        middle = min(count, -(-tiles // SHARES) * self.lanes)
        return [(0, middle), (middle, count)]

    def part(
        self,
        weights: torch.Tensor,
        images: Images,
        to: torch.Tensor,
        labels: torch.Tensor | None = None,
        error: torch.Tensor | None = None,
    ) -> Part:
        """Return a part that writes ``to`` a gradient, and its ``error``; or scores, which needs no labels."""
        fixed = (ctypes.addressof(each) for each in (self._reading, self._places))
        named = (None if tensor is None else tensor.data_ptr() for tensor in (labels, error))
        return Part(*fixed, weights.data_ptr(), ctypes.addressof(images), next(named), 0, 0, to.data_ptr(), next(named))

    def pieces(self, weights: torch.Tensor, images: Images, scores: torch.Tensor, size: int) -> list[Part]:
        """Return the parts that write the scores of all images, ``size`` at a time: whole tiles."""
        found = []
        for first in range(0, images.count, size):
            part = self.part(weights, images, scores)
            part.first, part.last = first, min(first + size, images.count)
            found.append(part)
        return found

    def gradients(self, parts: Parts, threads: int) -> None:
        """Write what each part of a batch adds to a gradient and to the error."""
        self._library.sl1_gradients(parts, ctypes.c_int64(len(parts)), ctypes.c_int32(threads), self._own())

    def scores(self, parts: Parts, threads: int) -> None:
        """Write the scores of the images of each part."""
        self._library.sl1_scores(parts, ctypes.c_int64(len(parts)), ctypes.c_int32(threads), self._own())

    def _own(self) -> ctypes.c_void_p:
        """Return this thread's room for what a tile of images needs."""
        if not hasattr(self._mine, "room"):
            room = torch.empty(self._scratch + LINE, dtype=torch.uint8)
            self._mine.room = room[-room.data_ptr() % LINE :]
        return ctypes.c_void_p(self._mine.room.data_ptr())
