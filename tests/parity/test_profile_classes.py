"""The classes of the profiles: the same in both engines, a width for each model, and a new one in two classes."""

import inspect
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest
import torch
from support import both_engines

import sl1lib
from sl1lib import MomentumRamp, NodePenalty, Penalty, RunConfig, fast, method_name, reference, settings, train
from sl1lib.engine import SimpleEngine, Training
from sl1lib.engine.banded import Engine
from sl1lib.engine.simple import images_to_tensor

METHODS = ("value", "slope", "curvature", "prox", "quotient", "prox_quotient", "gap", "lipschitz")
FACTS = ("name", "has_width", "smooth", "convex", "unit_gap", "unit_lipschitz")
every_profile = pytest.mark.parametrize("name", list(reference.PROFILES))


def test_the_library_hands_out_the_references():
    assert sl1lib.PROFILES is reference.PROFILES
    assert list(fast.PROFILES) == list(reference.PROFILES)


@every_profile
def test_both_engines_have_the_same_class(name):
    ours, theirs = reference.PROFILES[name], fast.PROFILES[name]
    assert type(ours).__name__ == type(theirs).__name__
    assert [getattr(ours, fact) for fact in FACTS] == [getattr(theirs, fact) for fact in FACTS]
    for method in METHODS:
        names = [list(inspect.signature(getattr(profile, method)).parameters) for profile in (ours, theirs)]
        assert names[0] == names[1]


def arguments(method, convert):
    """Lengths above 0, and two models' widths in a column; some lengths lie within them, some beyond."""
    r, eps = np.array([1e-3, 0.1, 0.5, 3.0]), np.array([[0.2], [1.5]])
    given = {
        "prox": (r, np.array([[0.3], [0.7]]), eps),
        "prox_quotient": (r, np.array([[0.3], [0.7]]), eps),
        "gap": (eps,),
        "lipschitz": (eps,),
    }.get(method, (r, eps))
    return [convert(array) for array in given]


def rows(result, count=2):
    """The rows of a result, or of each result of a pair; a number holds for every row."""
    parts = result if isinstance(result, tuple) else (result,)
    return [
        [
            np.broadcast_to(np.asarray(part), (count, np.asarray(part).shape[-1] if np.ndim(part) else 1))[i]
            for part in parts
        ]
        for i in range(count)
    ]


@both_engines
@every_profile
@pytest.mark.parametrize("method", METHODS)
def test_a_column_of_widths_gives_what_each_width_gives(engine, name, method):
    profile = engine.module.PROFILES[name]
    given = arguments(method, engine.give)
    if (method.startswith("prox") and not profile.convex) or (method == "gap" and name in ("squared", "sqrt_quartic")):
        with pytest.raises(ValueError, match=f"profile is '{name}'; it"):
            getattr(profile, method)(*given)
        return
    together = rows(getattr(profile, method)(*given))
    for i in range(2):
        alone = getattr(profile, method)(*(array[i] if array.ndim == 2 else array for array in given))
        for found, expected in zip(together[i], rows(alone, 1)[0], strict=True):
            np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), rtol=1e-14)


@every_profile
@pytest.mark.parametrize("method", METHODS)
def test_the_tensors_are_the_references_numbers(name, method):
    ours, theirs = reference.PROFILES[name], fast.PROFILES[name]
    try:
        expected = getattr(ours, method)(*arguments(method, np.asarray))
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)):
            getattr(theirs, method)(*arguments(method, torch.tensor))
        return
    for found, row in zip(rows(getattr(theirs, method)(*arguments(method, torch.tensor))), rows(expected), strict=True):
        np.testing.assert_allclose(found, row, rtol=1e-12, atol=1e-15)  # log_cosh is a difference of widths


def test_an_unknown_profile_is_refused_wherever_it_is_named():
    for find in (reference.find_profile, fast.find_profile, lambda name: Penalty(1.0, profile=name)):
        with pytest.raises(ValueError, match=r"profile is 'hubert'; it must be one of 'huber', .*did you mean 'huber'"):
            find("hubert")


# ---- A new profile: one class for NumPy, one for PyTorch, and nothing else


@contextmanager
def a_new_profile():
    """The arctangent's integral, an "l1-arctan": smooth, convex, without a formula for its proximal map."""
    with mock.patch.dict(reference.PROFILES), mock.patch.dict(fast.PROFILES), mock.patch.dict(settings._PROFILES):

        class Arctan(reference.Profile, name="arctan"):
            unit_lipschitz = 1

            def value(self, r, eps):
                t = r / eps
                return eps * (t * np.arctan(t) - np.log1p(t**2) / 2)

            def slope(self, r, eps):
                return np.arctan(r / eps)

            def curvature(self, r, eps):
                return eps / (eps**2 + r**2)

        class ArctanOnTensors(fast.Profile, name="arctan"):
            unit_lipschitz = 1

            def value(self, r, eps):
                t = r / eps
                return eps * (t * torch.arctan(t) - torch.log1p(t**2) / 2)

            def slope(self, r, eps):
                return torch.arctan(r / eps)

            def curvature(self, r, eps):
                return eps / (eps**2 + r**2)

        yield


@pytest.fixture
def arctan():
    with a_new_profile():
        yield "arctan"
    assert "arctan" not in sl1lib.PROFILES


@pytest.mark.parametrize("grouping", settings.GROUPINGS)
@pytest.mark.parametrize("step", ["gradient", "proximal"])
def test_a_new_profile_trains_as_in_the_reference(arctan, grouping, step):
    penalties = [Penalty(0.05, eps, arctan, grouping, step) for eps in (0.02, 0.3)]
    digits = sl1lib.load_data("digits")
    images, labels = digits.x_train[:40], digits.y_train[:40]
    x, y = images_to_tensor(images, torch.float64), torch.tensor(labels).long()
    start = fast.init_params(0, dtype=torch.float64)
    options = {"lr": 0.3, "momentum": MomentumRamp()}
    engine = Engine([Training(start, options["lr"], options["momentum"], p) for p in penalties], x, y, batch_size=10)
    engine.advance(4)
    for m, penalty in enumerate(penalties):
        numbers = dict(options, penalty=penalty, batch_size=10)
        *_, last = reference.train(reference.init_params(0), images[:, None] / 255, labels, epochs=1, **numbers)
        simple = SimpleEngine(start, x, y, **numbers)
        list(simple.epoch(0))
        for name, expected in last.params.items():
            np.testing.assert_allclose(engine.params(m)[name].numpy(), expected, rtol=0, atol=1e-9)
            np.testing.assert_allclose(simple.params[name].numpy(), expected, rtol=0, atol=1e-9)


def test_a_new_profile_has_a_name_and_a_place_everywhere(arctan):
    penalty = Penalty(0.05, 0.1, arctan)
    assert reference.smooth_abs_lipschitz(0.1, arctan) == pytest.approx(10)
    assert method_name(penalty) == "SL1 arctan"
    run = train(RunConfig(data="digits", n_train=60, epochs=1, penalty=penalty), progress=False)
    assert run.config.penalty == penalty
    layer = torch.nn.Linear(32, 3, dtype=torch.float64)
    U = layer.weight.detach().numpy()
    regulariser = NodePenalty(layer, penalty)
    regulariser().backward()
    np.testing.assert_allclose(regulariser().item(), reference.penalty(U, penalty), rtol=1e-12)
    np.testing.assert_allclose(layer.weight.grad.numpy(), reference.penalty_grad(U, penalty), atol=1e-14)
    expected = reference.penalty_prox(U, penalty, lr=0.5)
    regulariser.prox_(lr=0.5)
    np.testing.assert_allclose(layer.weight.detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("grouping", settings.GROUPINGS)
def test_a_new_profile_has_two_derivatives_at_zero_too(arctan, grouping):
    U = torch.zeros(2, 32, dtype=torch.float64)
    U[:, 16:] = torch.randn(2, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    U.requires_grad_()
    assert torch.autograd.gradcheck(lambda V: fast.penalty(V, 0.5, arctan, grouping), U)
    assert torch.autograd.gradgradcheck(lambda V: fast.penalty(V, 0.5, arctan, grouping), U)


def test_a_name_that_only_numpy_knows_is_refused_by_torch():
    with a_new_profile():
        del fast.PROFILES["arctan"]
        assert reference.smooth_abs(np.zeros(1), 0.1, "arctan") == 0  # exact: a product with 0
        with pytest.raises(ValueError, match="profile is 'arctan'; it must be one of 'huber'"):
            fast.smooth_abs(torch.zeros(1), 0.1, "arctan")
