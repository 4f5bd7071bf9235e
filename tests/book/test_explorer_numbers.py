"""What the explorers compute is what the library computes: their modules' functions, called in Node, against it."""

import numpy as np
import pytest
import torch

from sl1lib import PROFILES, reference
from sl1lib.book.fast_path.counts import banded_work
from sl1lib.book.fast_path.explorer import BAND_LAYERS
from sl1lib.book.fast_path.steps import cut_tiles
from sl1lib.book.first_page.explorer import first_explorer
from sl1lib.book.pruning.explorer import PrunedCurve, pruning_explorer
from sl1lib.book.the_corner.explorer import CORNER_METHODS
from sl1lib.engine.bands import Bands
from sl1lib.fast import init_params
from sl1lib.pruning import multiply_adds, parts_left, shrink
from sl1lib.study import paired_difference
from sl1lib.study.power import pairs_needed, smallest_p

SHOWN = ("huber", "quartic", "pseudo_huber", "log_cosh", "abs", "squared", "sqrt_quartic")
EPS = (1e-3, 0.05, 0.4, 1.0, 1.5)
WEIGHTS = np.concatenate([np.linspace(-2, 2, 81), [1e-9, -1e-9, *EPS, *(-eps for eps in EPS)]])
U = np.random.default_rng(0).normal(size=(25, 2)).round(2)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_the_profiles_are_the_library_s(javascript):
    assert javascript("profiles.js", "Object.keys(m.PROFILES)") == list(SHOWN)
    assert set(SHOWN) <= set(PROFILES)


@pytest.mark.parametrize("profile", SHOWN)
def test_values_slopes_and_gaps_are_the_references(javascript, profile):
    expression = "data.eps.map((eps) => data.w.map((w) => m.at(data.profile, w, eps)))"
    data = {"eps": EPS, "w": WEIGHTS.tolist(), "profile": profile}
    found = javascript("smooth_function/explorer.js", expression, data)
    gap = "data.map((eps) => m.PROFILES." + profile + ".gap?.(eps))"
    bounds = javascript("profiles.js", gap, EPS)
    for eps, points, bound in zip(EPS, found, bounds, strict=True):
        value = reference.smooth_abs(WEIGHTS, eps, profile)
        slope = reference.smooth_abs_grad(WEIGHTS, eps, profile)
        np.testing.assert_allclose([p["phi"] for p in points], value, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose([p["slope"] for p in points], slope, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose([p["gap"] for p in points], value - np.abs(WEIGHTS), atol=1e-12)
        if bound is not None:
            np.testing.assert_allclose(bound, reference.smooth_abs_gap(eps, profile), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("grouping", ["node", "weight"])
@pytest.mark.parametrize("profile", ["huber", "quartic", "pseudo_huber", "abs"])
def test_penalty_gradient_and_prox_are_the_references(javascript, profile, grouping):
    states = [
        {"profile": profile, "grouping": grouping, "eps": eps, "tau": tau}
        for eps in (0.05, 0.5, 1.5)
        for tau in (0.2, 2)
    ]
    expression = "data.states.map((s) => data.u.map((u) => [m.value(u, s), ...m.gradient(u, s), ...m.prox(u, s)]))"
    found = javascript("gradients/explorer.js", expression, {"states": states, "u": U.tolist()})
    for state, numbers in zip(states, np.array(found), strict=True):
        eps, tau = state["eps"], state["tau"]
        for u, row in zip(U[:, :, None], numbers, strict=True):
            gradient = reference.penalty_grad(u, eps, profile, grouping)[:, 0]
            prox = reference.penalty_prox(u, tau, eps, profile, grouping)[:, 0]
            expected = [reference.penalty(u, eps, profile, grouping), *gradient, *prox]
            np.testing.assert_allclose(row, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("strength", [0, 0.5, 1, 2])
@pytest.mark.parametrize("eps", [0, 0.1, 0.3, 0.5])
def test_the_nodes_of_the_first_page_go_the_reference_s_way(javascript, eps, strength):
    state = first_explorer().state | {"eps": eps, "strength": strength}
    courses = javascript("first_page/explorer.js", "m.coursesOf(data)", state)
    gone = javascript("first_page/explorer.js", "m.goneOf(m.coursesOf(data), data.eps)", state)
    profile = "huber" if eps else "abs"
    for z, course, removed in zip(state["asked"], courses, gone, strict=True):
        path = reference.descend(
            lambda w, z=z: w - z + strength * reference.smooth_abs_grad(w, eps or 1, profile),
            np.array([state["start"]]),
            lr=state["lr"],
            updates=10 * state["updates"],
        )
        path = np.array(path)[:, 0]
        np.testing.assert_allclose(course, path, rtol=1e-9, atol=1e-9)
        at_rest = np.ptp(path[-10:]) < 1e-3
        assert removed == (bool(at_rest) and abs(path[-1]) < eps)
        smooth_enough = eps > state["lr"] * strength / (2 - state["lr"])
        assert at_rest or not smooth_enough  # the parabola of both, of curvature 1 + λ/ε


@pytest.mark.parametrize("method", CORNER_METHODS)
@pytest.mark.parametrize(("lr", "strength", "momentum", "z"), [(0.2, 1, 0, 0), (0.5, 0.7, 0.6, -0.3), (0.1, 0, 0.9, 1)])
def test_the_weight_at_the_corner_goes_the_references_way(javascript, method, lr, strength, momentum, z):
    setting = {"method": method, "start": 1.5, "updates": 60, "lr": lr, "strength": strength, "eps": 0.3, "z": z}
    path = javascript("the_corner/explorer.js", "m.pathOf(data)", setting | {"momentum": momentum})
    slope = {
        "plain L1": lambda w: strength * np.sign(w),
        "SL1": lambda w: strength * reference.smooth_abs_grad(w, 0.3),
        "proximal step": lambda w: 0,
    }[method]
    expected = reference.descend(
        lambda w: w - z + slope(w),
        1.5,
        lr=lr,
        momentum=momentum,
        updates=60,
        prox=(lambda w: reference.smooth_abs_prox(w, lr * strength)) if method == "proximal step" else None,
    )
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-12)
    spread = javascript("the_corner/explorer.js", "m.spreadOf(data, 20)", path)
    np.testing.assert_allclose(spread, reference.peak_to_peak(expected, tail=20), atol=1e-12)


@pytest.mark.parametrize("z", [-1, 0, 0.2, 0.7, 1.5])
@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_the_minimum_at_the_corner_is_lower_than_every_other_weight(javascript, z, strength):
    w = np.linspace(-1.6, 1.8, 3401)
    for method in CORNER_METHODS:
        setting = {"method": method, "strength": strength, "eps": 0.3, "z": z}
        found = np.array(javascript("the_corner/explorer.js", "m.minimumOf(data)", setting))
        profile = "huber" if method == "SL1" else "abs"
        error = [(x - z) ** 2 / 2 + strength * reference.smooth_abs(x, 0.3, profile) for x in (found, w)]
        assert error[0] <= error[1].min() + 1e-15  # the grid holds some of the minima, to rounding


def test_heavy_ball_and_its_contraction_are_the_references(javascript):
    places = [(1.0, 0.0), (2.2, 0.2), (0.3, 0.9), (4.4, 0.99), (0.01, 0.5), (2.4, 0.2)]
    paths = javascript("convergence/explorer.js", "data.map(([s, mu]) => m.iterates(s, mu))", places)
    rates = javascript("convergence/explorer.js", "data.map(([s, mu]) => m.contraction(s, mu))", places)
    for (lr, momentum), path, rate in zip(places, paths, rates, strict=True):
        expected = reference.descend(lambda w: w, 1.0, lr=lr, momentum=momentum, updates=40)
        np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-12)
        # A double root is the square root of a rounding error away from itself.
        np.testing.assert_allclose(rate, reference.contraction(lr, momentum), atol=1e-7)
        setting = {"lr": lr, "momentum": momentum, "updates": 40}
        np.testing.assert_allclose(javascript("numpy_training/explorer.js", "m.pathOf(data)", setting), path)


@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_is_the_references(javascript, stride, rng):
    image, kernel = rng.normal(size=(9, 9)), rng.normal(size=(3, 3))
    data = {"image": image.tolist(), "kernel": kernel.tolist(), "stride": stride}
    found = javascript("formulas.js", "m.convolve(data.image, data.kernel, data.stride)", data)
    expected = reference.conv2d(image[None, None], kernel[None, None])[0, 0]
    np.testing.assert_allclose(found, expected[::stride, ::stride], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [1, 3])
def test_means_and_composed_kernel_are_the_references(javascript, size, rng):
    image, kernel = rng.normal(size=(6, 6)), rng.normal(size=(size, size))
    pooled = javascript("pooling/explorer.js", "m.pool(data)", image.tolist())
    np.testing.assert_allclose(pooled, reference.avg_pool2d(image[None, None], 2)[0, 0], rtol=1e-12, atol=1e-14)
    composed = javascript("pooling/explorer.js", "m.compose(data)", kernel.tolist())
    np.testing.assert_allclose(composed, reference.composed_kernel(kernel[None, None], 2)[0, 0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("temperature", [0.1, 1, 10])
def test_probabilities_error_and_gradient_are_the_references(javascript, temperature, relu):
    scores = np.array([[3, 2, -1], [-0.5, -2, -6], [6, 6, -6], [0, 1.5, 0]], dtype=float)
    for label in range(3):
        setting = {"label": label, "temperature": temperature, "relu": relu}
        expression = "data.scores.map((scores) => m.softmax({ scores, ...data.setting }))"
        found = javascript("dense_and_entropy/explorer.js", expression, {"scores": scores.tolist(), "setting": setting})
        for s, numbers in zip(scores[:, None], found, strict=True):
            logits, labels = (reference.relu(s) if relu else s) / temperature, np.array([label])
            gradient = reference.cross_entropy_backward(logits, labels) / temperature
            gradient = reference.relu_backward(gradient, s) if relu else gradient
            np.testing.assert_allclose(numbers["probabilities"], reference.softmax(logits)[0], atol=1e-14)
            np.testing.assert_allclose(numbers["error"], reference.cross_entropy(logits, labels), atol=1e-12)
            np.testing.assert_allclose(numbers["gradient"], gradient[0], atol=1e-13)


@pytest.mark.parametrize("reading", ["table", "text"])
def test_backward_agrees_with_differences_and_the_wrong_mask_does_not(javascript, reading):
    setting = {"pixels": [1, 2, 3, 2], "target": 1, "reading": reading, "wrong": False}
    for params in ({"K": 2, "β": -3, "U": 3, "b": 0}, {"K": 0.7, "β": -0.1, "U": -2, "b": -0.3}):
        expression = "m.backward(data.setting, data.params, m.forward(data.setting, data.params))"
        gradient = javascript("backpropagation/explorer.js", expression, {"setting": setting, "params": params})
        slopes = javascript(
            "backpropagation/explorer.js",
            "m.differences(data.setting, data.params)",
            {"setting": setting, "params": params},
        )
        # Central differences with steps of 1e-5: the step's square and the rounding divided by it are below 1e-9.
        np.testing.assert_allclose([gradient[name] for name in params], [slopes[name] for name in params], rtol=1e-7)
    dead = {"setting": setting | {"wrong": True}, "params": {"K": 1, "β": -3, "U": 3, "b": 0}}
    if reading == "table":
        assert javascript("backpropagation/explorer.js", expression, dead)["K"] != 0
        dead["setting"]["wrong"] = False
        assert javascript("backpropagation/explorer.js", expression, dead)["K"] == 0


def test_p_of_paired_differences_is_the_library_s_with_ties_and_zeros(javascript, rng):
    samples = [rng.integers(-3, 4, size=n).astype(float) for n in range(2, 13)]
    found = javascript("comparison/explorer.js", "data.map(m.signedRankP)", [sample.tolist() for sample in samples])
    expected = [paired_difference(sample, np.zeros_like(sample)).p for sample in samples]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_smallest_p_and_pairs_needed_are_the_library_s(javascript):
    pairs, families = list(range(1, 31)), list(range(1, 41))
    found = javascript(
        "claims/explorer.js", "[data[0].map(m.smallestP), data[1].map(m.pairsNeeded)]", [pairs, families]
    )
    assert found == [[smallest_p(n) for n in pairs], [pairs_needed(m) for m in families]]  # exact: powers of two
    written = javascript("claims/explorer.js", "data.map(m.probability)", [0.25, 0.0012, 2**-19, 1e-10])
    assert written == ["0.25", "0.0012", "1.9·10⁻⁶", "10⁻¹⁰"]


@pytest.mark.parametrize("layer", BAND_LAYERS)
def test_the_work_of_every_width_is_the_library_s(javascript, layer):
    rows, channels, maps, kernel, stride = BAND_LAYERS[layer]
    sizes = {"rows": rows, "channels": channels, "maps": maps, "kernel": kernel, "stride": stride}
    found = javascript("fast_path/explorer.js", "m.fitting(data).map((width) => [width, m.work(data, width)])", sizes)
    assert (found[0][0], found[-1][0]) == (kernel, rows)
    for width, numbers in found:
        bands = Bands(rows, channels, maps, kernel, stride, width)
        work = banded_work(bands, images=1)
        counts = (bands.tiles, bands.inputs, bands.outputs, work.operations // 2)
        assert tuple(numbers[name] for name in ("tiles", "inputs", "outputs", "products")) == counts
        assert numbers["share"] == pytest.approx(1 / work.waste, rel=1e-12)
        x = torch.zeros(1, channels, rows, rows)
        assert numbers["overlap"] == pytest.approx(cut_tiles(x, bands).numel() / x.numel(), rel=1e-12)


def test_what_a_threshold_removes_and_saves_is_the_library_s(javascript, rng):
    lengths, left = np.abs(rng.normal(size=192)).round(3), np.array([192, 100, 1])
    state = pruning_explorer({"SL1": PrunedCurve(lengths, left, left / 400, left / 300)}, 0.01, "test").state
    data = {"network": state["networks"]["SL1"], "work": state["work"], "thresholds": [1e-3, 0.1, 0.5, 1, 2]}
    found = javascript("pruning/explorer.js", "data.thresholds.map((t) => m.cut(data.network, t, data.work))", data)
    params = init_params()
    for threshold, numbers in zip(data["thresholds"], found, strict=True):
        removed = lengths < threshold
        smaller = shrink(params, parts_left(params, removed))
        assert numbers["removed"] == removed.sum()
        assert numbers["maps"] == len(np.unique(np.flatnonzero(~removed) // 16))
        assert numbers["saved"] == pytest.approx(100 * (1 - multiply_adds(smaller) / multiply_adds(params)), rel=1e-12)
        assert numbers["at"] == np.abs(left - numbers["stays"]).argmin()


def test_groups_are_judged_by_length_and_pull(javascript):
    data = {"lengths": [0.01, 0.5, 0.05, 2], "pulls": [0.01, 0.1, 0.1, 0.0995]}
    found = javascript("your_own_model/explorer.js", "m.judge(data.lengths, data.pulls, 0.1, 0.05)", data)
    assert found["alive"] == [1, 2, 3]
    assert found["weak"] == [True, False, False, True]
    assert found["differ"] == 1


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-2, 2, [-2, -1, 0, 1, 2]), (0, 3.2, [0, 1, 2, 3]), (-4, 104, [0, 50, 100]), (0, 0.4, [0, 0.1, 0.2, 0.3, 0.4])],
)
def test_axes_have_round_numbers(javascript, low, high, expected):
    np.testing.assert_allclose(javascript("explorer.js", "m.ticks(...data)", [low, high]), expected, atol=1e-12)


def test_numbers_have_a_true_minus_and_there_is_no_negative_zero(javascript):
    expression = "data.map((x) => [m.fixed(x, 2), m.rounded(x, 2), m.short(x, 2)])"
    assert javascript("explorer.js", expression, [-1.5, -0.001, 1234.5, -2.5e-7]) == [
        ["−1.50", "−1.5", "−1.5"],
        ["0.00", "0", "−0.001"],
        ["1234.50", "1234.5", "1200"],
        ["0.00", "0", "−2.5·10⁻⁷"],
    ]


def test_colours_are_mixed_with_white_and_follow_the_sign(javascript):
    found = javascript(
        "explorer.js",
        "[m.tint('#004080', 0.5), ...data.map((x) => m.diverging({ highlight: '#ff0000', accent: '#0000ff' }, x, 2))]",
        [0, 2, -3],
    )
    assert found == [[127.5, 159.5, 191.5], [255, 255, 255], [255, 0, 0], [0, 0, 255]]  # exact: halves and integers


def test_the_page_s_model_tells_of_changes_and_of_nothing_else(javascript):
    told = javascript(
        "explorer_page.js",
        """(() => {
          const [model, told] = [new m.PageModel({ a: 1, path: [0] }), []];
          const tell = () => told.push(model.get("a"));
          model.on("change:a", tell);
          for (const value of [1, 2, 2, 3]) model.set("a", value);
          model.set("path", [0, 1]);
          model.off("change:a", tell);
          model.set("a", 4);
          model.save_changes();
          return { told, state: model.state };
        })()""",
    )
    assert told == {"told": [2, 3], "state": {"a": 4, "path": [0, 1]}}
