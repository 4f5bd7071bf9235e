"""The laboratory's network, in JavaScript, computes what the reference computes: trainings, digits, seeds, removals."""

import base64
import itertools
from pathlib import Path

import numpy as np
import pytest

import sl1lib
from sl1lib import PROFILES, MomentumRamp, Penalty, load_data, reference
from sl1lib.architecture import PARAMETER_SHAPES, epoch_order, glorot_uniform
from sl1lib.fast import init_params
from sl1lib.pruning import multiply_adds, parameter_count, parts_left, shrink
from sl1lib.settings import GROUPINGS

FILES = Path(sl1lib.__file__).parent / "data"
TRAINER = "laboratory/trainer.js"
UPDATES = 20
PENALTIES = [
    {"profile": profile, "grouping": grouping, "step": step, "strength": 0.01, "eps": 0.05}
    for profile, grouping, step in itertools.product(PROFILES, GROUPINGS, ("gradient", "proximal"))
    if step == "gradient" or PROFILES[profile].convex
]
# Trainings of 20 updates, each from the same seed; the weights after the last, and all errors on the way.
TRAIN = """
(() => {
  let told;
  const grey = (rows) => Uint8Array.from(rows.flat(2));
  const [images, testImages] = [grey(data.x), grey(data.x.slice(0, 2))];
  const part = { images, labels: data.y, testImages, testLabels: data.y.slice(0, 2) };
  const trainer = new m.Trainer(part, (snapshot) => { told = snapshot; });
  return data.settings.map((settings) => {
    trainer.handle({ type: "settings", ...settings });
    trainer.handle({ type: "reset", seed: data.seed });
    const losses = [];
    for (let t = 0; t < data.updates; t++) {
      trainer.handle({ type: "update" });
      losses.push(told.losses[0]);
    }
    return { weights: [...told.weights], losses, trail: told.trail };
  });
})()
"""


def flat(params):
    return np.concatenate([params[name].ravel() for name in PARAMETER_SHAPES])


def names(setting):
    return "-".join(str(setting[name]) for name in ("profile", "grouping", "step"))


def by_reference(x, y, setting, lr, momentum, seed):
    constant = MomentumRamp(momentum, momentum, updates=0)
    start, penalty = reference.init_params(seed), Penalty(**setting)
    x = x[:, None] / 255
    course = reference.train(start, x, y, epochs=UPDATES, lr=lr, momentum=constant, penalty=penalty, seed=seed)
    return list(itertools.islice(course, UPDATES))


@pytest.fixture(scope="module")
def few():
    data = load_data("digits")
    return data.x_train[:12], data.y_train[:12]


def train_in_node(javascript, few, settings, seed=0):
    x, y = few
    data = {"x": x.tolist(), "y": y.tolist(), "settings": settings, "seed": seed, "updates": UPDATES}
    return javascript(TRAINER, TRAIN, data)


def test_twenty_updates_with_each_penalty_are_the_references(javascript, few):
    settings = [{**penalty, "lr": 0.2, "momentum": 0.5} for penalty in PENALTIES]
    assert len(settings) == 39
    for found, penalty in zip(train_in_node(javascript, few, settings), PENALTIES, strict=True):
        expected = by_reference(*few, penalty, 0.2, 0.5, seed=0)
        losses = [[u.number, u.error, u.penalty] for u in expected]
        np.testing.assert_allclose(found["losses"], losses, atol=1e-9, err_msg=names(penalty))
        end = expected[-1].params
        np.testing.assert_allclose(found["weights"], flat(end), atol=1e-9, err_msg=names(penalty))
        np.testing.assert_allclose(found["trail"], [[UPDATES, *end["U"][:, 0]]], atol=1e-9)


def test_batches_and_start_follow_the_seed_as_in_the_library(javascript):
    data = load_data("digits")
    several = data.x_train[:110], data.y_train[:110]  # batches of 50, 50 and 10
    (found,) = train_in_node(javascript, several, [{**PENALTIES[0], "lr": 0.1, "momentum": 0.2}], seed=3)
    expected = by_reference(*several, PENALTIES[0], 0.1, 0.2, seed=3)
    np.testing.assert_allclose(found["weights"], flat(expected[-1].params), atol=1e-9)


def test_orders_and_starts_are_numpy_s(javascript):
    orders = [(seed, epoch, count) for seed in (0, 1, 41) for epoch in (0, 2) for count in (2, 12, 1415)]
    expression = "data.map(([seed, epoch, count]) => new m.Generator(1, seed, epoch).permutation(count))"
    for setting, order in zip(orders, javascript("laboratory/random.js", expression, orders), strict=True):
        assert order == epoch_order(*setting).tolist()
    starts = javascript("laboratory/network.js", "data.map((seed) => [...m.randomStart(seed).flat])", [0, 7, 2**31])
    for seed, start in zip([0, 7, 2**31], starts, strict=True):
        np.testing.assert_allclose(start, flat(glorot_uniform(seed)), rtol=1e-15)


def test_the_digits_are_the_library_s(javascript):
    images, labels = (
        base64.b64encode((FILES / name).read_bytes()).decode()
        for name in ("digits-images-8x8.idx.gz", "digits-labels.idx.gz")
    )
    expression = (
        "await m.loadDigits(data).then((all) => Object.fromEntries("
        "Object.entries(all).map(([name, values]) => [name, Array.from(values)])))"
    )
    packed = {"images": images, "labels": labels, "training": 1415}
    found, data = javascript("laboratory/digits.js", expression, packed), load_data("digits")
    expected = {"images": data.x_train, "testImages": data.x_test, "labels": data.y_train, "testLabels": data.y_test}
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array.ravel())  # exact: grey levels and labels, in whole numbers


# Train a little, take out the nodes below a threshold, train once more, put them back.
REMOVE = """
(() => {
  const told = [];
  const grey = (rows) => Uint8Array.from(rows.flat(2));
  const part = { images: grey(data.x), labels: data.y, testImages: grey(data.xTest), testLabels: data.yTest };
  const trainer = new m.Trainer(part, (snapshot) => told.push(snapshot));
  trainer.handle({ type: "settings", ...data.setting, lr: 0.2, momentum: 0.2 });
  trainer.handle({ type: "reset", weights: data.start, seed: 0 });
  for (const fold of [true, false]) {
    trainer.handle({ type: "remove", threshold: data.threshold, fold });
    trainer.handle({ type: "update" });
    trainer.handle({ type: "restore" });
  }
  return told.map(({ removed, weights }) => ({ removed, weights: [...weights] }));
})()
"""


def test_what_is_removed_and_put_back_is_the_library_s(javascript):
    data, rng = load_data("digits"), np.random.default_rng(0)
    params = reference.init_params(0)
    params["U"] *= rng.uniform(0, 3, size=192)
    x, x_test = (images[:, None] / 255 for images in (data.x_train[:60], data.x_test[:100]))
    threshold = float(np.median(reference.group_norms(params["U"])))
    given = {"x": data.x_train[:60], "y": data.y_train[:60], "xTest": data.x_test[:100], "yTest": data.y_test[:100]}
    given = {name: array.tolist() for name, array in given.items()}
    settings = {"setting": PENALTIES[0], "start": flat(params).tolist(), "threshold": threshold}
    told = javascript(TRAINER, REMOVE, given | settings)
    removed = reference.group_norms(params["U"]) < threshold
    means = reference.features(params, x).mean(axis=0)
    errors = {}
    for name, mean in (("errorFolded", means), ("errorForgotten", None)):
        U, b = reference.remove_inputs(params["U"], params["b"], removed, mean)
        scores = reference.dense(reference.features(params, x_test)[:, ~removed], U, b)
        errors[name] = (scores.argmax(axis=1) != given["yTest"]).mean()
    for fold, (after, trained, back) in ((True, told[1:4]), (False, told[4:7])):
        assert after["removed"]["nodes"] == np.flatnonzero(removed).tolist()
        assert after["removed"]["fold"] is fold
        for name, share in errors.items():
            np.testing.assert_allclose(after["removed"][name], share, atol=1e-12)
        U = np.array(trained["weights"][-1930:-10]).reshape(10, 192)
        assert (U[:, removed] == 0).all()  # exact: what is removed stays 0
        assert trained["weights"] != after["weights"]
        assert back["removed"] is None
        np.testing.assert_allclose(back["weights"], flat(params), rtol=1e-15)


def test_the_cost_of_what_is_left_is_the_library_s(javascript):
    params, rng = init_params(), np.random.default_rng(1)
    cases = [[], [0], list(range(16)), sorted(rng.permutation(192)[:100].tolist()), list(range(191))]
    found = javascript("laboratory/network.js", "data.map(m.cost)", cases)
    for nodes, cost in zip(cases, found, strict=True):
        removed = np.isin(np.arange(192), nodes)
        smaller = shrink(params, parts_left(params, removed))
        assert cost["multiplyAdds"] == multiply_adds(smaller, composed=True)
        assert cost["parameters"] == parameter_count(smaller)
        assert cost["nodes"] == smaller["U"].shape[1]
        assert cost["maps"] == smaller["K2"].shape[0]


def test_a_snapshot_says_from_which_update_on_a_setting_holds(javascript, few):
    change = """
    (() => {
      const changes = [];
      const images = Uint8Array.from(data.x.flat(2));
      const part = { images, labels: data.y, testImages: images, testLabels: data.y };
      const trainer = new m.Trainer(part, (snapshot) => changes.push(...snapshot.changes));
      trainer.handle({ type: "settings", ...data.settings });
      trainer.handle({ type: "reset", seed: 0 });
      for (const lr of [0.2, 0.1, 0.1]) {
        trainer.handle({ type: "update" });
        trainer.handle({ type: "settings", ...data.settings, lr });
      }
      return changes;
    })()
    """
    data = {"x": few[0].tolist(), "y": few[1].tolist(), "settings": {**PENALTIES[0], "lr": 0.2, "momentum": 0.5}}
    assert javascript(TRAINER, change, data) == [[2, {"lr": 0.1}]]


@pytest.mark.parametrize("momentum", [0.2, 0.5])
def test_the_orbits_are_those_of_plain_descent(javascript, momentum):
    found = javascript("laboratory/experiments.js", "m.orbits(data[0], data[1])", [0.001, momentum])
    low, high = reference.two_cycle(0.1, 0.01, momentum)
    assert found["two"] == pytest.approx(high - low, rel=1e-12)
    starts = np.linspace(0.01, 0.012, 41)
    path = reference.descend(lambda w: 0.01 * np.sign(w), starts, lr=0.1, momentum=momentum, updates=400)
    spreads = reference.peak_to_peak(path, tail=8)
    ends = np.isclose(spreads[:, None], list(found.values()), rtol=1e-9)
    assert ends.any(axis=0).all()  # each of the two is somebody's end
    assert ends.any(axis=1).mean() > 0.6  # and most end on one of them


def test_what_adds_up_adds_up_as_it_is_written(javascript):
    pairs = [*np.random.default_rng(0).normal(size=(400, 2)).tolist(), [3.066, -0.002]]
    for (a, b), digits in zip(
        pairs, javascript("laboratory/pass.js", "data.map((p) => m.digitsToAdd(...p))", pairs), strict=True
    ):
        assert 2 <= digits <= 6
        shown = [round(float(f"{value:.{digits}f}") * 10**digits) for value in (a, b, a + b)]
        assert shown[0] + shown[1] == shown[2]
