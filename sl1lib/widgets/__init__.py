"""Figures to play with: plain HTML and JavaScript that work in a notebook and in the built book, without a kernel.

Each widget carries its own numbers and computes in the page; tests compare what it computes with `sl1lib.reference`.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from string import Template

import numpy as np

from ..errors import unexpected


class Widget:
    """A piece of HTML that displays itself in a notebook; its plain text is what a terminal shows."""

    def __init__(self, html: str, plain: str) -> None:
        self.html, self._plain = html, plain

    def __repr__(self) -> str:
        return self._plain

    def _repr_html_(self) -> str:
        return self.html


#: Kernels that the explorer offers, by name: 5×5, the sum of absolute values at most 10.
EXPLORER_KERNELS: dict[str, np.ndarray] = {
    "vertical edges": np.outer([1, 1, 1, 1, 1], [-1, -1, 0, 1, 1]) / 5,
    "horizontal edges": np.outer([-1, -1, 0, 1, 1], [1, 1, 1, 1, 1]) / 5,
    "blur": np.full((5, 5), 1 / 25),
    "sharpen": np.pad(np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]), 1).astype(float),
    "shift": np.eye(25)[24].reshape(5, 5),
}


def convolution_explorer(image: np.ndarray) -> Widget:
    """Return a figure in which a reader moves the window and changes the kernel of equation (1).

    Parameters
    ----------
    image : ndarray of uint8, shape (28, 28)
        Grey levels; the figure computes with them divided by 255, as the network does.

    Returns
    -------
    Widget

    Raises
    ------
    ValueError
        For an array of another shape or dtype.

    Examples
    --------
    >>> convolution_explorer(np.zeros((28, 28), np.uint8))
    <convolution explorer: 28×28 image, 5×5 kernel>
    """
    if image.shape != (28, 28) or image.dtype != np.uint8:
        raise unexpected("image", (image.shape, str(image.dtype)), "it must be (28, 28) of uint8")
    kernels = {name: kernel.round(3).tolist() for name, kernel in EXPLORER_KERNELS.items()}
    html = _fill("convolution", image=image.tolist(), kernels=kernels)
    return Widget(html, "<convolution explorer: 28×28 image, 5×5 kernel>")


def _fill(name: str, **data: object) -> str:
    """Put data and script into the page fragment ``name.html``; the id follows from the content, so it is stable."""
    folder = resources.files(__package__)
    fragment, script = ((folder / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "js"))
    packed = json.dumps(data, separators=(",", ":"))
    identity = f"sl1-{name}-{hashlib.sha256((packed + script).encode()).hexdigest()[:8]}"
    return Template(fragment).substitute(id=identity, data=packed, script=Template(script).substitute(id=identity))
