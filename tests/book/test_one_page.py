"""The one-page program is the library: its gradients, its training and its pruning, and it needs NumPy alone."""

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import REFERENCE, normal

import sl1lib
from sl1lib import LearningRate, MomentumRamp, Penalty, RunConfig, load_data, reference
from sl1lib.book.one_page import one_page

FILE = Path(one_page.__file__)
EPS = 0.1
# Rounding, and nothing else. What 50 updates make of it is below 1e-14, measured; a wrong last batch, say, gives 1e-2.
TOLERANCE = 1e-12


def random_params(seed):
    """Weights of the usual size, biases that are not 0, and a third of the nodes shorter than EPS, some of them 0."""
    params = {
        name: a if a.ndim > 1 else 0.1 * normal(seed + 1, *a.shape) for name, a in one_page.init_params(seed).items()
    }
    params["U"][:, ::3] *= 0.1
    params["U"][:, ::12] = 0
    return params


def samples(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((count, 1, 28, 28)), rng.integers(10, size=count)


def agrees(received, expected, tolerance=TOLERANCE):
    """Assert equality up to rounding, of each part by itself; dicts may have their entries in any order."""
    if isinstance(expected, tuple):
        for part, expected_part in zip(received, expected, strict=True):
            agrees(part, expected_part, tolerance)
    elif isinstance(expected, dict):
        REFERENCE.agrees({name: received[name] for name in expected if name in received}, expected, tolerance)
    else:
        REFERENCE.agrees(received, expected, tolerance)


def test_it_has_at_most_200_lines_that_fit_into_the_page():
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 200
    assert max(map(len, lines)) <= 76


def test_it_imports_numpy_and_nothing_else():
    tree = ast.parse(FILE.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]


def test_it_runs_as_a_copy_where_the_library_is_not_in_reach(tmp_path):
    (tmp_path / "copy_of_it.py").write_bytes(FILE.read_bytes())
    program = f"""if True:
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import numpy as np, copy_of_it as it
        x, labels = np.zeros((2, 1, 28, 28)), np.array([3, 7])
        for E, params in it.train(it.init_params(), x, labels, 1, 0.2, 1e-2, 0.05):
            pass
        smaller, nodes = it.prune(params, x, 0.05)
        print(it.error_rate(smaller, x, labels, nodes), "sl1lib" in sys.modules, "torch" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split()[1:] == ["False", "False"], done.stderr


@pytest.mark.parametrize("seed", [0, 5])
def test_start(seed):
    start = one_page.init_params(seed)
    assert list(start) == list(reference.init_params(seed))
    agrees(start, reference.init_params(seed))


@pytest.mark.parametrize("seed", range(4))
def test_layers(seed):
    params, (x, _) = random_params(seed), samples(3, seed)
    stage1, features, scores = one_page.forward(params, x)
    steps = reference.trace(params, x)
    agrees((stage1, features, scores), (steps["stage1"], steps["features"], steps["logits"]))


@pytest.mark.parametrize("strength", [0.0, 0.03])
@pytest.mark.parametrize("seed", range(4))
def test_error_and_gradient(seed, strength):
    params, (x, labels) = random_params(seed), samples(7, seed)
    expected = reference.backward(params, x, labels, penalty=Penalty(strength, EPS))
    agrees(one_page.backward(params, x, labels, strength, EPS), expected)


@pytest.mark.parametrize("shape", [(2, 3, 8, 6), (1, 6, 12, 12)], ids=str)
def test_parts_of_the_gradient(shape):
    x, K = normal(0, *shape), normal(1, 4, shape[1], 5, 5)
    dy = normal(2, *one_page.conv2d(x, K, np.zeros(4)).shape)
    agrees(one_page.conv2d_backward(dy, x, K), reference.conv2d_backward(dy, x, K))
    agrees(one_page.avg_pool2d_backward(dy), reference.avg_pool2d_backward(dy, 2))
    U = random_params(0)["U"]
    agrees(
        (one_page.penalty(U, EPS), one_page.penalty_grad(U, EPS)),
        (reference.penalty(U, EPS), reference.penalty_grad(U, EPS)),
    )


def test_entropy_of_large_scores_is_finite():
    scores, labels = np.array([[1e4] + 9 * [0.0], 10 * [-1e4]]), np.array([1, 2])
    agrees(one_page.cross_entropy(scores, labels), reference.cross_entropy(scores, labels))
    agrees(one_page.cross_entropy_backward(scores, labels), reference.cross_entropy_backward(scores, labels))


def test_momentum():
    ramp = MomentumRamp()
    agrees(np.array([one_page.momentum(t) for t in range(40)]), np.array([ramp.at(t) for t in range(40)]))


@pytest.mark.parametrize(("strength", "seed"), [(0.0, 0), (0.02, 3)])
def test_fifty_updates(strength, seed):
    data = load_data("digits")
    x, labels = data.x_train[:230, None] / 255, data.y_train[:230]  # five updates an epoch, the last on 30 images
    start = one_page.init_params(seed)
    kept = {name: array.copy() for name, array in start.items()}
    received = list(one_page.train(start, x, labels, 10, 0.2, strength, EPS, seed=seed))
    agrees(start, kept)
    settings = {"lr": LearningRate(0.2, end=0, updates=50), "momentum": MomentumRamp(), "seed": seed}
    penalty = Penalty(strength, EPS)
    expected = list(reference.train(start, x, labels, epochs=10, penalty=penalty, **settings))
    assert len(received) == len(expected) == 50
    for (E, params), update in zip(received, expected, strict=True):
        agrees(E, update.error + update.penalty)
        agrees(params, update.params)


@pytest.fixture(scope="module")
def digits():
    data = load_data("digits")
    return data.x_train[:, None] / 255, data.y_train, data.x_test[:, None] / 255, data.y_test


@pytest.fixture(scope="module")
def run():
    """The library's own training, of 58 updates, on tensors in float64."""
    config = RunConfig(data="digits", penalty=Penalty(0.03, eps=0.05), epochs=2, dtype="float64", seed=2)
    return sl1lib.train(config, progress=False)


def test_training_as_the_library_trains(run, digits):
    *_, (_, params) = one_page.train(one_page.init_params(2), *digits[:2], 2, run.config.lr, 0.03, 0.05, seed=2)
    # The engine composes convolution and pooling: it rounds elsewhere, and updates carry that on.
    agrees(params, run.params, tolerance=1e-10)
    assert one_page.error_rate(params, *digits[2:]) == pytest.approx(run.test_error)


@pytest.mark.parametrize(("threshold", "maps"), [(0.0, 12), (0.05, 10), (0.1, 10)])
def test_pruning(run, digits, threshold, maps):
    x, _, x_test, y_test = digits
    U = run.params["U"].copy()
    U[:, 16:48] *= 0.05  # the nodes of two maps
    run = replace(run, params={**run.params, "U": U})
    expected = sl1lib.prune(run, threshold, latency=False)
    params, nodes = one_page.prune(run.params, x, threshold)
    agrees(params, expected.params)
    assert np.flatnonzero(nodes).tolist() == expected.parts.columns.tolist()
    assert params["K2"].shape == (maps, 6, 5, 5)
    assert len(nodes) == 16 * maps
    images = (255 * x_test[:, 0]).round().astype(np.uint8)
    agrees(one_page.forward(params, x_test, nodes)[2], expected.predict(images))
    assert one_page.error_rate(params, x_test, y_test, nodes) == pytest.approx(expected.report.scores[-1].error)


def test_a_node_as_long_as_the_threshold_stays_as_in_the_library(run, digits):
    U = np.zeros((10, 192))
    U[3, [5, 90]] = 0.5, 0.25
    run = replace(run, params={**run.params, "U": U})
    params, nodes = one_page.prune(run.params, digits[0], 0.5)
    assert np.flatnonzero(nodes).tolist() == sl1lib.prune(run, 0.5, latency=False).kept.tolist() == [5]
    agrees(params["U"], U[:, [5]])
