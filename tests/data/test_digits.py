"""The embedded digits are scikit-learn's, and look like MNIST's."""

from __future__ import annotations

import numpy as np
import pytest

from sl1lib.data import load_digits
from sl1lib.data.digits import TRAINING_IMAGES, enlarge, load_digits_8x8


def test_they_are_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets")
    published = datasets.load_digits()
    images, labels = load_digits_8x8()
    np.testing.assert_array_equal(images, published.images)  # exact: grey levels
    np.testing.assert_array_equal(labels, published.target)  # exact: labels


def test_the_split_is_fixed_and_complete():
    images, labels = load_digits_8x8()
    digits = load_digits()
    # exact: grey levels
    np.testing.assert_array_equal(np.concatenate([digits.x_train, digits.x_test]), enlarge(images))
    np.testing.assert_array_equal(np.concatenate([digits.y_train, digits.y_test]), labels)  # exact: labels
    assert (len(digits.x_train), len(digits.x_test)) == (1415, 382)
    assert digits.name == "digits"
    assert load_digits() is digits


def test_the_split_lies_between_two_forms():
    """Every form begins with 0 ... 9 three times and goes on with the same digits; so does the first test image's."""
    _, labels = load_digits_8x8()
    np.testing.assert_array_equal(labels[TRAINING_IMAGES:][:70], labels[:70])  # exact: labels
    np.testing.assert_array_equal(labels[:30], np.tile(np.arange(10), 3))  # exact: labels


def test_the_bytes_are_the_same_everywhere():
    """Recorded once; the arithmetic is whole, so it holds on every machine."""
    assert load_digits().digest == "b47d710c49432f51b41dcea47c268188d78f121411b655f62d12182acbc93f14"


def test_enlarge_interpolates_between_pixel_centres():
    images = np.tile(np.arange(0, 16, 2, dtype=np.uint8), (1, 8, 1))
    large = enlarge(images).astype(float)
    position = np.clip((np.arange(20) + 0.5) * 8 / 20 - 0.5, 0, 7)
    level = np.clip((2 * position - 4) / 9, 0, 1) * 255
    np.testing.assert_allclose(large[0, 4:24, 4:24], np.tile(level, (20, 1)), atol=0.5 + 1e-9)
    assert large.sum() == large[0, 4:24, 4:24].sum()


def test_they_have_mnists_grey_levels():
    """MNIST: mean 0.1307 of full ink, 13% of the pixels above half, 4 pixels of margin."""
    x = load_digits().x_train
    assert abs(x.mean() / 255 - 0.1307) < 0.02
    assert abs((x > 127).mean() - 0.13) < 0.02
    assert (x.min(), x.max()) == (0, 255)
