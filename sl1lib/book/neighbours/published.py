"""What others report of small networks on MNIST: as they report it, with how they came to it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Final

from ...architecture import MAPS, NODES, parameter_shapes


@dataclass(frozen=True)
class Published:
    """A network that others trained on MNIST.

    Parameters
    ----------
    name : str
    parameters : int
    error : float
        On the test images, in percent.
    source : str
        A citation or a link, in Markdown.
    chosen : str
        How the number came about, as far as the source says.
    """

    name: str
    parameters: int
    error: float
    source: str
    chosen: str


def parameters_with(first_maps: int) -> int:
    """Return how many parameters the network has with another number of maps in its first layer.

    Examples
    --------
    >>> from sl1lib.architecture import MAPS
    >>> parameters_with(MAPS[0]), parameters_with(4)
    (3898, 3246)
    """
    return sum(prod(shape) for shape in parameter_shapes(first_maps, MAPS[1], NODES).values())


#: In the order of their parameters.
PUBLISHED: Final = (
    Published(
        "697 parameters",
        697,
        0.97,
        "[code](https://github.com/JoshWarn/Parameter-Efficient-MNIST)",
        "best of many trainings, each stopped where the *test* error was lowest",
    ),
    Published(
        "LeNet-1",
        parameters_with(4),
        1.7,
        "{cite:p}`lecun1998gradient`",
        "one figure; digits shrunk to 16×16. Parameters: if each map of layer 2 reads all four of layer 1",
    ),
    Published(
        "6c-2s-12c-2s",
        parameters_with(MAPS[0]),
        1.2,
        "{cite:p}`palm2012prediction`",
        "one figure, after 100 epochs; sigmoids and the squared error",
    ),
    Published(
        "4,862 parameters",
        4862,
        0.93,
        "[code](https://github.com/ruslangrimov/mnist-minimal-model)",
        "the record among many architectures; which images chose it is not said",
    ),
    Published(
        "LeNet-5",
        60_000,
        0.95,
        "{cite:p}`lecun1998gradient`",
        "one figure, no distortions; parameters: about",
    ),
)
