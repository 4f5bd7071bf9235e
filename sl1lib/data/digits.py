"""The embedded digits: 1,797 handwritten digits that need no network, in MNIST's format.

The images are the test part of *Optical Recognition of Handwritten Digits* by E. Alpaydin and C. Kaynak (UCI
Machine Learning Repository, 1998, https://doi.org/10.24432/C50P49), licensed under CC BY 4.0
(https://creativecommons.org/licenses/by/4.0/), as scikit-learn distributes them
(``sklearn.datasets.load_digits``). The 8x8 images are stored here unchanged, as two IDX files; `load_digits`
changes them as its docstring says.

They are not MNIST: other writers, fewer images, far coarser. No number made from them says anything about
MNIST.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..architecture import IMAGE_SIZE
from .dataset import Dataset
from .idx import read_idx

#: The first images are for training, the remaining 382 for testing; see `load_digits`.
TRAINING_IMAGES: Final = 1415

_SOURCE: Final = "embedded 8x8 digits (UCI Optical Recognition of Handwritten Digits, CC BY 4.0) at 28x28"

# MNIST's digits fill 20x20 of the 28x28 pixels.
_BOX: Final = 20
# Ink, out of 16, that becomes black and white. Interpolation blurs; cutting both ends brings back MNIST's
# stroke width (14% of the pixels above half, as in MNIST's 13%) and its flat background.
_BLACK: Final = 4
_WHITE: Final = 13


@lru_cache(maxsize=1)
def load_digits() -> Dataset:
    """Load the embedded digits at MNIST's size, with a fixed split.

    Each 8x8 image (ink from 0 to 16) is interpolated bilinearly to 20x20, its contrast stretched so that ink
    4 and less becomes 0 and ink 13 and more becomes 255, and placed in the middle of 28x28. All of it is done
    in whole numbers, so every machine computes the same bytes.

    The first 1,415 images are for training and the last 382 for testing. The labels show why the cut is
    there: the same sequence of about 130 digits repeats 14 times, so it is taken for one form that was filled
    in 14 times, and the twelfth begins at image 1,415. No form is on both sides; a random split would put
    images of every form on both, and measure recognising a hand already seen. (The publishers count 13
    writers for these images and do not mark them, so one writer may have filled in a form on either side.)

    Returns
    -------
    Dataset
        ``x_train`` uint8 (1415, 28, 28), ``y_train`` (1415,), ``x_test`` uint8 (382, 28, 28), ``y_test``
        (382,), named ``"digits"``. The same object at every call.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.x_train.shape, digits.x_test.shape
    ((1415, 28, 28), (382, 28, 28))
    >>> digits.y_train[:12]
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    """
    ink, small = load_digits_8x8()
    images, labels, cut = enlarge(ink), small.astype(np.int64), TRAINING_IMAGES
    return Dataset(images[:cut], labels[:cut], images[cut:], labels[cut:], "digits", _SOURCE)


def load_digits_8x8() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load the digits as they were published, ``(1797, 8, 8)`` of ink from 0 to 16, and labels from 0 to 9: uint8."""
    return _embedded("digits-images-8x8.idx.gz"), _embedded("digits-labels.idx.gz")


def enlarge(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the grey levels ``(N, 28, 28)`` of images ``(N, 8, 8)`` of ink, as `load_digits` describes."""
    weights = _bilinear(images.shape[1], _BOX)
    scale = (2 * _BOX) ** 2
    full = (_WHITE - _BLACK) * scale
    ink = np.clip(weights @ images.astype(np.int64) @ weights.T - _BLACK * scale, 0, full)
    levels = (255 * ink + full // 2) // full  # the half of the divisor rounds to nearest
    margin = (IMAGE_SIZE - _BOX) // 2
    return np.pad(levels, ((0, 0), (margin, margin), (margin, margin))).astype(np.uint8)


def _bilinear(old: int, new: int) -> NDArray[np.int64]:
    """Return the matrix (new, old) of linear interpolation, times 2·new so that all entries are whole.

    Pixel i of the new row has its centre at ((i + 1/2)·old/new - 1/2) in the old one; beyond the outermost
    centres the outermost pixel counts.
    """
    weights = np.zeros((new, old), dtype=np.int64)
    for i in range(new):
        left, rest = divmod((2 * i + 1) * old - new, 2 * new)
        weights[i, max(left, 0)] += 2 * new - rest
        weights[i, min(left + 1, old - 1)] += rest
    return weights


def _embedded(name: str) -> NDArray[np.uint8]:
    """Read one of the package's own files, also from a zipped package."""
    with as_file(files("sl1lib.data") / name) as path:
        return read_idx(path)
