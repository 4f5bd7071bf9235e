"""Wrong input is a ValueError that names the value and says what would be right, in the same words from both."""

import re

import numpy as np
import pytest
from support import REFERENCE, both_engines
from test_network import batch, random_params

from sl1lib import PROFILES, MomentumRamp, Penalty, Reading, fast, reference

U, X = np.ones((10, 32)), np.ones((2, 3, 6, 6))
SCORES, LABELS = np.zeros((2, 10)), np.array([0, 1])
POSITIVE = "it must be a finite number greater than 0"
NOT_NEGATIVE = "it must be a finite number of at least 0"
ARRAY = "it must be an array with a shape, or a tensor"
EMPTY = "the batch is empty; it must hold at least one sample"

CALLS = [
    ("penalty", (U, 0), f"eps is 0; {POSITIVE}"),
    ("penalty", (U, -1), f"eps is -1; {POSITIVE}"),
    ("penalty", (U, float("nan")), f"eps is nan; {POSITIVE}"),
    ("penalty", (U, True), f"eps is True; {POSITIVE}"),
    ("penalty", (U, "0.1"), f"eps is '0.1'; {POSITIVE}"),
    ("penalty", (U, -1, "abs"), f"eps is -1; {NOT_NEGATIVE}"),
    ("penalty_grad", (U, 0), f"eps is 0; {POSITIVE}"),
    ("penalty_prox", (U, 0.1, 0, "huber"), f"eps is 0; {POSITIVE}"),
    ("penalty_prox", (U, -0.1), f"tau is -0.1; {NOT_NEGATIVE}"),
    (
        "penalty_prox",
        (U, 0.1, 0.1, "sqrt_quartic"),
        "profile is 'sqrt_quartic'; it is not convex and has no single proximal map",
    ),
    ("smooth_abs", (U, float("inf")), f"eps is inf; {POSITIVE}"),
    ("smooth_abs_grad", (U, -2.5), f"eps is -2.5; {POSITIVE}"),
    (
        "smooth_abs",
        (U, 1.0, "hubert"),
        f"profile is 'hubert'; it must be one of {', '.join(map(repr, PROFILES))} (did you mean 'huber'?)",
    ),
    ("penalty", (U, 1.0, None), f"profile is None; it must be one of {', '.join(map(repr, PROFILES))}"),
    (
        "penalty",
        (U, 1.0, "huber", "nodes"),
        "grouping is 'nodes'; it must be one of 'node', 'weight', 'map' (did you mean 'node'?)",
    ),
    (
        "penalty",
        (U[:, :20], 1.0, "huber", "map"),
        "the number of columns of U is 20; maps have 16 nodes: a multiple of that",
    ),
    ("penalty", (U[0], 1.0), "the shape of U is (32,); it must have 2 axes, (C, K)"),
    (
        "avg_pool2d",
        (X[:, :, :5, :5], 2),
        "the size to pool is (5, 5); height and width must be multiples of the window k = 2",
    ),
    ("avg_pool2d", (X, 0), "the pooling window k is 0; it must be a whole number of at least 1"),
    ("avg_pool2d", (X, 2.0), "the pooling window k is 2.0; it must be a whole number of at least 1"),
    ("avg_pool2d", (X[:0], 2), f"the shape of a is (0, 3, 6, 6); {EMPTY}"),
    ("composed_kernel", (X[0], 2), "the shape of kernel is (3, 6, 6); it must have 4 axes, (M, C, H, W)"),
    ("composed_kernel", (X, 0), "the pooling window k is 0; it must be a whole number of at least 1"),
    (
        "conv_avg_pool2d",
        (X, np.ones((4, 3, 2, 3)), None, 2),
        "the size to pool is (5, 4); height and width must be multiples of the window k = 2",
    ),
    (
        "conv_avg_pool2d",
        (X, np.ones((4, 3, 3, 3)), np.ones(3), 2),
        "the shape of bias is (3,); kernel has 4 maps, so (4,)",
    ),
    (
        "conv2d",
        (X, np.ones((4, 3, 7, 5))),
        "the kernel's size is (7, 5); it must be at least (1, 1) and fit into the image's (6, 6)",
    ),
    (
        "conv2d",
        (X, np.ones((4, 1, 5, 5))),
        "the number of channels of kernel is 1; "
        "x of shape (2, 3, 6, 6) has 3 channels, so kernel must be (M, 3, kh, kw)",
    ),
    ("conv2d", (X, np.ones((4, 3, 5, 5)), np.ones(3)), "the shape of bias is (3,); kernel has 4 maps, so (4,)"),
    ("conv2d", (X[0], np.ones((4, 3, 5, 5))), "the shape of x is (3, 6, 6); it must have 4 axes, (N, C, H, W)"),
    ("conv2d", (X[:0], np.ones((4, 3, 5, 5))), f"the shape of x is (0, 3, 6, 6); {EMPTY}"),
    (
        "dense",
        (np.ones((2, 3)), np.ones((5, 4)), np.ones(5)),
        "the number of columns of U is 4; o of shape (2, 3) has 3 features",
    ),
    ("conv2d", ([[1.0]], np.ones((4, 3, 5, 5))), f"x is a list; {ARRAY}"),
    ("conv2d", (X, None), f"kernel is a NoneType; {ARRAY}"),
    ("conv2d", (X, np.ones((4, 3, 5, 5)), 1.0), f"bias is a float; {ARRAY}"),
    ("dense", (np.ones((2, 3)), np.ones((5, 3)), [0.0] * 5), f"b is a list; {ARRAY}"),
    ("avg_pool2d", ("a", 2), f"a is a str; {ARRAY}"),
    ("penalty", ([[1.0]], 1.0), f"U is a list; {ARRAY}"),
    ("cross_entropy", ([[0.0, 1.0]], LABELS), f"logits is a list; {ARRAY}"),
    ("cross_entropy", (SCORES, [0, 1]), f"labels is a list; {ARRAY}"),
    ("init_params", (-1,), "seed is -1; it must be a whole number of at least 0"),
    ("init_params", (1.5,), "seed is 1.5; it must be a whole number of at least 0"),
    ("dense", (np.ones((2, 3)), np.ones((5, 3)), np.ones(4)), "the shape of b is (4,); U has 5 rows, so (5,)"),
    ("squared_error", (SCORES, np.array([3, 10])), "label 1 is 10; with 10 classes it must be 0 … 9"),
    ("squared_error", (SCORES[:0], LABELS[:0]), f"the shape of logits is (0, 10); {EMPTY}"),
    ("cross_entropy", (SCORES, np.array([3, 10])), "label 1 is 10; with 10 classes it must be 0 … 9"),
    ("cross_entropy", (SCORES, np.array([-1, 3])), "label 0 is -1; with 10 classes it must be 0 … 9"),
    ("cross_entropy", (SCORES, np.array([1.0, 2.0])), "the dtype of labels is 'float64'; classes are integers"),
    ("cross_entropy", (SCORES, np.array([True, False])), "the dtype of labels is 'bool'; classes are integers"),
    ("cross_entropy", (SCORES, np.array([1])), "the shape of labels is (1,); logits are (2, 10), so (2,) or (2, 10)"),
    ("cross_entropy", (SCORES[:0], LABELS[:0]), f"the shape of logits is (0, 10); {EMPTY}"),
    (
        "cross_entropy",
        (np.zeros((1, 2)), np.array([[0.5, 0.6]])),
        "row 0 of the one-hot labels is [0.5, 0.6]; it must be at least 0 and sum to 1",
    ),
    (
        "cross_entropy",
        (np.zeros((1, 2)), np.array([[1.5, -0.5]])),
        "row 0 of the one-hot labels is [1.5, -0.5]; it must be at least 0 and sum to 1",
    ),
]


@both_engines
@pytest.mark.parametrize(("function", "arguments", "message"), CALLS, ids=[f"{c[0]}-{c[2][:40]}" for c in CALLS])
def test_wrong_arguments(engine, function, arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        engine(function, *arguments)


NEEDS_TENSORS = [("relu", "x"), ("sigmoid", "x"), ("softmax", "s")]


@pytest.mark.parametrize(("function", "name"), NEEDS_TENSORS)
def test_what_numpy_makes_an_array_of_is_taken_by_the_reference_and_named_by_the_fast_path(function, name):
    numbers = [[0.0, -1.0], [2.0, 1.0]]
    received = getattr(reference, function)(numbers)
    np.testing.assert_array_equal(received, getattr(reference, function)(np.array(numbers)))  # exact: one computation
    with pytest.raises(ValueError, match=f"^{name} is a list; {ARRAY}$"):
        getattr(fast, function)(numbers)


@pytest.mark.parametrize("position", range(3))
def test_dense_backward_takes_arrays_only(position):
    arrays = [np.ones((2, 10)), np.ones((2, 32)), U]
    arrays[position] = arrays[position].tolist()
    with pytest.raises(ValueError, match=f"^{('ds', 'o', 'U')[position]} is a list; {ARRAY}$"):
        reference.dense_backward(*arrays)


def without(name):
    return {key: array for key, array in random_params().items() if key != name}


NETWORKS = {
    "missing": (without("U"), "params lacks 'U'; a network has K1, b1, K2, b2, U, b"),
    "extra": (
        {**random_params(), "W": np.ones(1)},
        "params has 'W'; a network has only K1, b1, K2, b2, U, b",
    ),
    "a list": ({**random_params(), "b": [0.0] * 10}, f"params['b'] is a list; {ARRAY}"),
    "transposed": (
        {**random_params(), "U": np.ones((192, 10))},
        "the shape of params['U'] is (192, 10); it must be (10, 192)",
    ),
}


@both_engines
@pytest.mark.parametrize("function", ["forward", "features"])
@pytest.mark.parametrize(("params", "message"), NETWORKS.values(), ids=NETWORKS)
def test_wrong_parameters(engine, function, params, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        engine(function, params, batch()[0], "table")


@both_engines
@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 28, 28), "the shape of x is (2, 28, 28); it must have 4 axes, (N, C, H, W)"),
        ((0, 1, 28, 28), f"the shape of x is (0, 1, 28, 28); {EMPTY}"),
        ((2, 3, 28, 28), "the shape of x is (2, 3, 28, 28); images are (N, 1, 28, 28)"),
        ((2, 1, 32, 32), "the shape of x is (2, 1, 32, 32); images are (N, 1, 28, 28)"),
    ],
)
def test_wrong_images(engine, shape, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        engine("forward", random_params(), np.ones(shape), "table")


@both_engines
def test_unknown_reading(engine):
    with pytest.raises(ValueError, match=r"^reading is 'tabel'; it must be one of 'table', .*did you mean 'table'"):
        engine("forward", random_params(), batch()[0], "tabel")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Penalty(-1), f"strength is -1; {NOT_NEGATIVE}"),
        (lambda: Penalty(float("nan")), f"strength is nan; {NOT_NEGATIVE}"),
        (lambda: Penalty(1.0, eps=0), f"eps is 0; {POSITIVE}"),
        (lambda: Penalty(1.0, eps=-1), f"eps is -1; {POSITIVE}"),
        (lambda: Penalty(1.0, profile="l1"), "profile is 'l1'; it must be one of 'huber', "),
        (lambda: Penalty(1.0, grouping="column"), "grouping is 'column'; it must be one of 'node', 'weight', 'map'"),
        (lambda: Penalty(1.0, step="prox"), "step is 'prox'; it must be one of 'gradient', 'proximal'"),
        (lambda: Penalty(1.0, profile="sqrt_quartic", step="proximal"), "profile is 'sqrt_quartic'; it is not convex"),
        (lambda: MomentumRamp(start=-0.1), f"momentum start is -0.1; {NOT_NEGATIVE}"),
        (lambda: MomentumRamp(end=1), "momentum end is 1; it must be below 1"),
        (lambda: MomentumRamp(updates=2.5), "momentum updates is 2.5; it must be a whole number of at least 0"),
        (lambda: MomentumRamp(shape="curve"), "momentum shape is 'curve'; it must be one of 'linear', 'step'"),
        (lambda: Reading("mine", "tanh", pool_first=True), "Reading.activation is 'tanh'; it must be one of 'relu', "),
        (lambda: fast.NodePenalty(None, 1.0), "module_or_parameter is 'NoneType'; it must have a weight"),
    ],
)
def test_wrong_settings(make, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        make()


def test_backward_functions_refuse_gradients_of_another_shape():
    kernel = np.ones((4, 3, 5, 5))
    with pytest.raises(
        ValueError,
        match=re.escape("the shape of dy is (2, 4, 6, 6); it must be that of conv2d(x, kernel), (2, 4, 2, 2)"),
    ):
        reference.conv2d_backward(np.ones((2, 4, 6, 6)), X, kernel)
    with pytest.raises(ValueError, match=re.escape("the number of samples of dy is 1; x of shape (2, 3, 6, 6) has 2")):
        reference.conv2d_kernel_grad(np.ones((1, 4, 2, 2)), X)
    with pytest.raises(ValueError, match=re.escape("the size of dy is (7, 2); it must be at least (1, 1) and fit")):
        reference.conv2d_kernel_grad(np.ones((2, 4, 7, 2)), X)
    with pytest.raises(
        ValueError, match=re.escape("the number of maps of dy is 3; kernel of shape (4, 3, 5, 5) has 4")
    ):
        reference.conv2d_input_grad(np.ones((2, 3, 2, 2)), kernel)
    with pytest.raises(ValueError, match=re.escape("the shape of dy is (4, 2, 2); it must have 4 axes, (N, M, H, W)")):
        reference.conv2d_bias_grad(np.ones((4, 2, 2)))
    for through, name in ((reference.relu_backward, "x"), (reference.sigmoid_backward, "y")):
        with pytest.raises(ValueError, match=re.escape(f"the shape of dy is (3,); it must be that of {name}, (2, 3)")):
            through(np.ones(3), np.ones((2, 3)))
    with pytest.raises(
        ValueError, match=re.escape("the shape of ds is (2, 3); it must be that of dense(o, U, b), (2, 10)")
    ):
        reference.dense_backward(np.ones((2, 3)), np.ones((2, 32)), U)
    with pytest.raises(ValueError, match="label 0 is 10; with 10 classes"):
        reference.cross_entropy_backward(SCORES, np.array([10, 0]))
    with pytest.raises(ValueError, match="label 0 is 12; with 10 classes"):
        REFERENCE("backward", random_params(), batch()[0], np.array([12, 0, 0]), "table")


@both_engines
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_of_any_integer_type_are_fine(engine, dtype):
    received = engine("cross_entropy", np.eye(10)[:3], np.array([0, 9, 2], dtype=dtype))
    engine.agrees(received, engine("cross_entropy", np.eye(10)[:3], np.array([0, 9, 2])))
