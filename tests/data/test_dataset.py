"""Dataset: checked, read-only, split the same way everywhere."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sl1lib.data import DataError, Dataset, load_digits
from sl1lib.data.dataset import _permutation

X = np.zeros((4, 28, 28), np.uint8)
Y = np.array([0, 1, 2, 9])


def make(**changes: object) -> Dataset:
    return Dataset(**{"x_train": X, "y_train": Y, "x_test": X, "y_test": Y, "name": "blank", **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": X / 255}, "x_train has dtype float64; images are uint8"),
        ({"x_test": X[:, :27]}, r"x_test has shape \(4, 27, 28\); images are \(N, 28, 28\)"),
        ({"x_test": X[:0]}, r"x_test has shape \(0, 28, 28\); images are .* N of at least 1"),
        ({"x_train": X[:, None]}, r"x_train has shape \(4, 1, 28, 28\); images are"),
        ({"x_train": [[1], [1, 2]]}, "x_train is a list .*; it must be an array"),
        ({"y_train": Y + 1}, "y_train has 10 at index 3; labels are 0 to 9"),
        ({"y_test": Y - 1}, "y_test has -1 at index 0; labels are 0 to 9"),
        ({"y_train": Y.astype(float)}, "y_train has dtype float64; labels are integers"),
        ({"y_train": np.eye(10, dtype=int)[Y]}, r"y_train has shape \(4, 10\); labels are \(N,\)"),
        ({"y_test": Y[:3]}, "y_test has 3 labels; there must be 4, one for each of x_test"),
        ({"name": ""}, "name is ''; it must be a text"),
    ],
)
def test_refuses(changes, message):
    with pytest.raises(DataError, match=message):
        make(**changes)


def test_data_error_is_a_value_error():
    assert issubclass(DataError, ValueError)


def test_is_read_only_and_leaves_the_callers_arrays_alone():
    x = X.copy()
    data = make(x_train=x)
    x[0] = 7
    assert data.x_train.max() == 0
    for part in ("x_train", "y_train", "x_test", "y_test"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(data, part)[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.name = "other"  # type: ignore[misc]


def test_labels_become_int64():
    assert make(y_train=Y.astype(np.uint8)).y_train.dtype == np.int64


def test_repr_is_short_and_says_what_it_is():
    text = repr(make(source="here"))
    assert text == "Dataset('blank': 4 training and 4 test images, 28x28 uint8; source: here)"


def test_digest_is_of_the_content():
    assert make().digest == make(name="other", y_train=Y.astype(np.int16)).digest
    assert make().digest != make(y_train=Y[::-1]).digest


@settings(max_examples=25, deadline=None)
@given(validation=st.integers(1, 1414), seed=st.integers(0, 2**32 - 1))
def test_split_is_a_partition_in_the_original_order(validation, seed):
    digits = load_digits()
    numbered = numbering(digits)
    split = numbered.split(validation, seed)
    kept, aside = order_of(split.x_train), order_of(split.x_test)
    assert len(aside) == validation
    assert sorted([*kept, *aside]) == list(range(1415))
    assert (np.diff(kept) > 0).all()
    assert (np.diff(aside) > 0).all()
    np.testing.assert_array_equal(split.y_test, digits.y_train[aside])  # exact: labels
    np.testing.assert_array_equal(split.y_train, digits.y_train[kept])  # exact: labels


@settings(max_examples=25, deadline=None)
@given(sizes=st.tuples(st.integers(1, 1415), st.integers(1, 1415)), seed=st.integers(0, 2**32 - 1))
def test_subsets_of_one_seed_are_nested(sizes, seed):
    digits = load_digits()
    small, large = (numbering(digits).subset(size, seed) for size in sorted(sizes))
    assert set(order_of(small.x_train)) <= set(order_of(large.x_train))
    assert len(small.x_train) == min(sizes)
    np.testing.assert_array_equal(small.y_train, digits.y_train[order_of(small.x_train)])  # exact: labels
    assert small.x_test is digits.x_test


def numbering(data: Dataset) -> Dataset:
    """The same set with every training image's index written into its first two pixels."""
    x = data.x_train.copy()
    x[:, 0, 0], x[:, 0, 1] = np.arange(len(x)) // 256, np.arange(len(x)) % 256
    return dataclasses.replace(data, x_train=x)


def order_of(x: np.ndarray) -> np.ndarray:
    return x[:, 0, 0].astype(int) * 256 + x[:, 0, 1]


def test_parts_have_names_of_their_own():
    digits = load_digits()
    assert digits.split(100, seed=3).name == "digits[100 validation, seed 3]"
    assert digits.subset(100).name == "digits[100 training, seed 0]"


def test_the_shuffle_is_the_same_everywhere():
    """Recorded once: another version of NumPy, or another system, must not change a split."""
    np.testing.assert_array_equal(_permutation(10, 0), [2, 8, 4, 9, 1, 6, 7, 3, 0, 5])  # exact: integers


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: d.split(0), "validation is 0; it must be a whole number from 1 to 3"),
        (lambda d: d.split(4), "validation is 4; it must be a whole number from 1 to 3"),
        (lambda d: d.split(0.5), "validation is 0.5; it must be a whole number from 1 to 3"),
        (lambda d: d.split(1, seed=-1), "seed is -1; it must be a whole number from 0 to 4294967295"),
        (lambda d: d.subset(5), "n_train is 5; it must be a whole number from 1 to 4"),
    ],
)
def test_refuses_sizes_and_seeds(call, message):
    with pytest.raises(DataError, match=message):
        call(make())
