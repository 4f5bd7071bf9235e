"""`NodePenalty` among PyTorch's own tools: its optimisers, compiler, transforms, pruning, parametrizations, dtypes."""

import copy
import inspect
import io
import os
import shutil
import sys
import warnings

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from sl1lib import Penalty, fast

STRENGTH, EPS = 0.3, 0.2
OPTIMISERS = {
    name: kind
    for name, kind in sorted(vars(torch.optim).items())
    if inspect.isclass(kind) and issubclass(kind, torch.optim.Optimizer) and kind is not torch.optim.Optimizer
}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


class Model(nn.Module):
    """A reader's model that carries its penalty along."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(5, 8), nn.Linear(8, 3)
        self.regulariser = fast.NodePenalty(self.last, STRENGTH, EPS)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))

    def loss(self, x, y):
        return nn.functional.mse_loss(self(x), y) + self.regulariser()


def batch():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(20, 5, generator=generator), torch.randn(20, 3, generator=generator)


# ---- Optimisers


@pytest.mark.parametrize("name", [n for n in OPTIMISERS if n not in ("SparseAdam", "Muon")])
def test_every_optimiser_lowers_the_whole_error_of_a_model(name):
    """With a closure throughout, as LBFGS needs and all others accept."""
    model, (x, y) = Model(), batch()
    optimiser = OPTIMISERS[name](model.parameters(), lr=0.01)

    def closure():
        optimiser.zero_grad()
        loss = model.loss(x, y)
        loss.backward()
        return loss

    start = closure().item()
    for _ in range(5):  # of 20 inner ones with LBFGS, which has no line search and may leap away some hundred later
        optimiser.step(closure)
    assert closure().item() < start


def test_muon_takes_the_matrices_and_another_optimiser_the_biases():
    if "Muon" not in OPTIMISERS:
        pytest.skip("this PyTorch has no Muon")
    model, (x, y) = Model(), batch()
    optimisers = [
        torch.optim.Muon([p for p in model.parameters() if p.ndim == 2], lr=0.01),
        torch.optim.SGD([p for p in model.parameters() if p.ndim == 1], lr=0.01),
    ]
    start = model.loss(x, y).item()
    for _ in range(20):
        model.zero_grad()
        model.loss(x, y).backward()
        for optimiser in optimisers:
            optimiser.step()
    assert model.loss(x, y).item() < start


def test_sparse_adam_refuses_by_itself():
    """It takes sparse gradients only; the penalty's gradient is dense."""
    weight = nn.Parameter(torch.randn(4, 3))
    fast.NodePenalty(weight, STRENGTH, EPS).add_gradient_()
    with pytest.raises(RuntimeError, match="does not support dense gradients"):
        torch.optim.SparseAdam([weight]).step()


@pytest.mark.parametrize("nesterov", [False, True])
def test_after_sgd_with_momentum_the_step_length_is_the_learning_rate_over_one_minus_the_momentum(nesterov):
    """Both ways then rest at the same weights; with the bare learning rate they do not."""

    def rest(step, momentum=0.8, lr=0.02):
        weight = nn.Parameter(torch.zeros(2, 3, dtype=torch.float64))
        target = torch.tensor([[1.0, 0.2, 0.4], [0.5, 0.1, 0.0]], dtype=torch.float64)
        regulariser = fast.NodePenalty(weight, STRENGTH, EPS)
        sgd = torch.optim.SGD([weight], lr=lr, momentum=momentum, nesterov=nesterov)
        for _ in range(3000):
            sgd.zero_grad()
            ((weight - target) ** 2).sum().div(2).backward()
            if step is None:
                regulariser.add_gradient_()
            sgd.step()
            if step is not None:
                regulariser.prox_(step)
        return weight.detach()

    in_gradient = rest(None)
    torch.testing.assert_close(rest(0.02 / (1 - 0.8)), in_gradient, rtol=1e-9, atol=1e-9)
    assert (rest(0.02) - in_gradient).abs().max() > 0.05


@pytest.mark.parametrize("group", ["input", "output", "weight"])
def test_pulls_are_the_lengths_of_the_errors_gradient(group):
    layer = nn.Linear(5, 3)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS, grouping=group)
    with pytest.raises(ValueError, match=r"call backward\(\) on the error first"):
        regulariser.pulls()
    layer(batch()[0]).square().sum().backward()
    of_gradient = fast.NodePenalty(layer.weight.grad, STRENGTH, EPS, grouping=group)
    torch.testing.assert_close(regulariser.pulls(), of_gradient.norms())


# ---- Saving, copying, moving


def test_state_dict_round_trip_and_no_state_of_its_own(tmp_path):
    model, twin = Model(), Model()
    assert not torch.equal(model.regulariser(), twin.regulariser())  # exact: other draws
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)
    buffer.seek(0)
    twin.load_state_dict(torch.load(buffer, weights_only=True))
    assert torch.equal(model.regulariser(), twin.regulariser())  # exact: a round trip through a file
    assert model.regulariser.state_dict() == {}
    torch.save(model, tmp_path / "model.pt")
    whole = torch.load(tmp_path / "model.pt", weights_only=False)
    assert whole.regulariser.weight is whole.last.weight
    assert torch.equal(whole.regulariser(), model.regulariser())  # exact: a round trip through a file


def test_follows_the_model_to_another_dtype_and_device():
    model = Model().double()
    assert model.regulariser().dtype == torch.float64
    assert model.to("meta").regulariser().device.type == "meta"


def test_a_printed_model_says_how_the_penalty_is_set():
    expected = "NodePenalty(strength=0.3, eps=0.2, profile='huber', grouping='input')"
    assert expected in repr(Model())
    assert "block=4" in repr(fast.NodePenalty(nn.Linear(8, 2), 1.0, block=4))


# ---- torch.compile


def _why_no_compiler():
    if sys.platform == "win32" and not shutil.which("cl"):
        return "no C++ compiler (cl) here"
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "c++"), "g++", "clang++", "cl")):
        return "no C++ compiler here: inductor cannot generate code"
    return ""


@pytest.mark.parametrize("backend", ["eager", "aot_eager", "inductor"])
@pytest.mark.filterwarnings("ignore")  # PyTorch's own, while it compiles
def test_compiles_whole_and_gives_the_same_gradients(backend, tmp_path, monkeypatch):
    # Inductor keeps what it compiled by the model, not by the instructions that PyTorch was told to do without.
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    if backend == "inductor" and (reason := _why_no_compiler()):
        pytest.skip(reason)
    model, (x, y) = Model(), batch()
    expected = torch.autograd.grad(model.loss(x, y), list(model.parameters()))
    torch._dynamo.reset()
    compiled = torch.compile(model.loss, backend=backend, fullgraph=True)
    received = torch.autograd.grad(compiled(x, y), list(model.parameters()))
    torch.testing.assert_close(received, expected)
    with torch.no_grad():  # the weights are an input of what was compiled, no constant
        model.last.weight.mul_(0.01)
    torch.testing.assert_close(compiled(x, y), model.loss(x, y))


# ---- torch.func


def test_vmap_over_strengths_is_a_loop_over_strengths():
    layer, (x, y) = nn.Linear(5, 3), batch()
    regulariser = fast.NodePenalty(layer, 1.0, EPS)
    strengths = torch.tensor([0.0, 0.01, 0.1, 1.0])

    def error(weight, strength):
        return nn.functional.mse_loss(x @ weight.T, y) + strength * regulariser.penalty(weight)

    def train(strength):
        weight = torch.zeros(3, 5)
        for _ in range(30):
            weight = weight - 0.1 * torch.func.grad(error)(weight, strength)
        return weight

    together = torch.func.vmap(train)(strengths)
    torch.testing.assert_close(together, torch.stack([train(strength) for strength in strengths]))
    assert together[3].norm() < together[0].norm()


def test_vmap_over_models():
    regulariser = fast.NodePenalty(nn.Linear(6, 4), STRENGTH, EPS, grouping="output")
    weights = torch.randn(7, 4, 6)
    received = torch.func.vmap(regulariser.penalty)(weights)
    torch.testing.assert_close(received, torch.stack([regulariser.penalty(w) for w in weights]))


def test_functional_call_sees_the_weights_that_it_was_given():
    model, (x, y) = Model(), batch()

    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x, y):
            return self.model.loss(x, y)

    params = {f"model.{name}": p.detach() * 0.1 for name, p in model.named_parameters()}
    received = torch.func.functional_call(Loss(), params, (x, y))
    smaller = copy.deepcopy(model)
    with torch.no_grad():
        for p in smaller.parameters():
            p.mul_(0.1)
    torch.testing.assert_close(received, smaller.loss(x, y).detach())


def test_has_a_second_derivative():
    weight = torch.randn(3, 2, dtype=torch.float64)
    weight[:, 1] *= 0.01
    regulariser = fast.NodePenalty(weight, STRENGTH, EPS)
    hessian = torch.func.jacrev(torch.func.grad(regulariser.penalty))(weight).reshape(6, 6)
    torch.testing.assert_close(hessian, hessian.T)
    inside = hessian.reshape(3, 2, 3, 2)[:, 1, :, 1]
    torch.testing.assert_close(inside, torch.eye(3, dtype=torch.float64) / EPS)


# ---- torch.nn.utils.prune


@pytest.mark.parametrize(("group", "dim"), [("input", 1), ("output", 0)])
@pytest.mark.parametrize("make", [lambda: nn.Linear(6, 5), lambda: nn.Conv2d(6, 5, 3)], ids=["linear", "conv2d"])
def test_ln_structured_with_the_number_of_dead_groups_removes_those_below_eps(make, group, dim):
    layer = make()
    with torch.no_grad():
        layer.weight.select(dim, 1).mul_(0.001)
        layer.weight.select(dim, 4).mul_(0.002)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS / 10, grouping=group)
    dead = regulariser.dead()
    assert dead.nonzero().flatten().tolist() == [1, 4]
    prune.ln_structured(layer, "weight", amount=int(dead.sum()), n=2, dim=dim)
    emptied = layer.weight.transpose(0, dim).flatten(1).abs().sum(dim=1) == 0
    assert torch.equal(emptied, dead)  # exact: a selection


def test_l1_unstructured_is_the_threshold_of_single_weights():
    layer = nn.Linear(6, 5)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS, grouping="weight")
    dead = regulariser.dead()
    assert dead.shape == layer.weight.shape
    prune.l1_unstructured(layer, "weight", amount=int(dead.sum()))
    assert torch.equal(layer.weight == 0, dead)  # exact: a selection


@pytest.mark.parametrize("way", ["loss", "gradient", "prox"])
def test_a_pruned_layer_continues_to_train_and_its_zeros_stay(way):
    model, (x, y) = Model(), batch()
    prune.ln_structured(model.last, "weight", amount=3, n=2, dim=1)
    zeros = model.last.weight == 0
    sgd = torch.optim.SGD(model.parameters(), lr=0.05)
    start = model.loss(x, y).item()
    for _ in range(10):
        sgd.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        if way == "loss":
            loss = loss + model.regulariser()
        loss.backward()
        if way == "gradient":
            model.regulariser.add_gradient_()
        sgd.step()
        if way == "prox":
            model.regulariser.prox_(0.05)
    assert model.loss(x, y).item() < start
    assert (model.regulariser.weight[zeros] == 0).all()  # exact: zeros that were set
    assert model.regulariser.dead()[zeros.all(dim=0)].all()
    norms = model.regulariser.norms()
    prune.remove(model.last, "weight")
    torch.testing.assert_close(model.regulariser.norms(), norms)


def test_the_penalty_of_a_pruned_layer_is_that_of_the_present_weights():
    """``layer.weight`` is a leftover of the last forward pass; the penalty looks at what stands behind it."""
    layer = nn.Linear(4, 3)
    prune.ln_structured(layer, "weight", amount=1, n=2, dim=1)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS)
    before = regulariser()
    with torch.no_grad():
        layer.weight_orig.mul_(2)
    assert regulariser() > before
    regulariser().backward()
    regulariser().backward()  # no graph is left over that a second call would trip over


# ---- torch.nn.utils.parametrize


class Positive(nn.Module):
    def forward(self, x):
        return x.abs()


@pytest.mark.parametrize(
    "wrap",
    [
        parametrizations.weight_norm,
        lambda layer: parametrizations.spectral_norm(layer.eval()),
        lambda layer: parametrize.register_parametrization(layer, "weight", Positive()) or layer,
    ],
    ids=["weight_norm", "spectral_norm", "own"],
)
def test_gradient_reaches_the_parameters_behind_a_parametrization(wrap):
    layer = nn.Linear(4, 3)
    wrap(layer)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS)
    behind = list(layer.parametrizations["weight"].parameters())
    expected = torch.autograd.grad(regulariser(), behind)
    regulariser.add_gradient_()
    torch.testing.assert_close([p.grad for p in behind], list(expected))


def test_prox_sets_a_weight_that_has_a_right_inverse():
    layer = parametrizations.weight_norm(nn.Linear(4, 3))
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS)
    expected = fast.penalty_prox(layer.weight.detach(), 0.5 * STRENGTH, EPS, "huber")
    regulariser.prox_(0.5)
    torch.testing.assert_close(layer.weight.detach(), expected)


def test_prox_refuses_a_weight_that_cannot_be_set():
    layer = nn.Linear(4, 3)
    parametrize.register_parametrization(layer, "weight", Positive())
    with pytest.raises(ValueError, match=r"parametrization of weight is 'Positive'; it has no right_inverse"):
        fast.NodePenalty(layer, STRENGTH, EPS).prox_(0.5)


# ---- Half precision


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=["bfloat16", "float16"])
@pytest.mark.parametrize("profile", ["huber", "quartic", "abs"])
def test_half_precision_is_penalised_in_float32_and_keeps_its_dtype(dtype, profile):
    """Also weights of 1e-4, whose squares float16 cannot hold."""
    layer = nn.Linear(6, 4).to(dtype)
    with torch.no_grad():
        layer.weight[:, 0] = 1e-4
    exact = nn.Linear(6, 4)
    exact.load_state_dict({name: value.float() for name, value in layer.state_dict().items()})
    half, full = (fast.NodePenalty(owner, STRENGTH, 1e-3, profile) for owner in (layer, exact))
    torch.testing.assert_close(half(), full())
    torch.testing.assert_close(half.norms(), full.norms())
    half.add_gradient_()
    full.add_gradient_()
    assert layer.weight.grad.dtype == dtype
    torch.testing.assert_close(layer.weight.grad, exact.weight.grad.to(dtype))
    half.prox_(1e-3)
    full.prox_(1e-3)
    assert layer.weight.dtype == dtype
    torch.testing.assert_close(layer.weight, exact.weight.to(dtype))


def test_under_autocast_the_penalty_stays_in_the_weights_precision():
    model, (x, y) = Model(), batch()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model.loss(x, y)
        value = model.regulariser()
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, model.regulariser())
    loss.backward()
    assert model.last.weight.grad.dtype == torch.float32


def test_bfloat16_weights_do_not_feel_a_weak_pull():
    """A step below 1/512 of a weight is rounded away: keep master weights in float32."""
    weight = nn.Parameter(torch.ones(4, 3, dtype=torch.bfloat16))
    regulariser = fast.NodePenalty(weight, strength=1e-3, eps=1e-2)
    sgd = torch.optim.SGD([weight], lr=0.1)
    for _ in range(100):
        sgd.zero_grad()
        regulariser().backward()
        sgd.step()
    assert (weight == 1).all()  # exact: a step that is rounded away


# ---- Blocks, and layers whose weights are laid out otherwise


def test_a_block_of_inputs_is_one_group():
    layer = nn.Linear(48, 5)
    blocks = fast.NodePenalty(layer, STRENGTH, EPS, block=16)
    torch.testing.assert_close(blocks(), STRENGTH * fast.penalty(layer.weight, EPS, grouping="map"))
    torch.testing.assert_close(blocks.norms(), fast.group_norms(layer.weight.detach(), "map"))
    (expected,) = torch.autograd.grad(blocks(), layer.weight)
    blocks.add_gradient_()
    torch.testing.assert_close(layer.weight.grad, expected)
    shorter = fast.penalty_prox(layer.weight.detach(), STRENGTH, EPS, "huber", "map")
    blocks.prox_(1.0)
    torch.testing.assert_close(layer.weight.detach(), shorter)


@pytest.mark.parametrize(
    ("layer", "inputs", "outputs"),
    [
        (lambda: nn.ConvTranspose2d(6, 5, 3), 6, 5),
        (lambda: nn.Embedding(7, 4), 7, 4),
        (lambda: nn.Conv3d(6, 5, 2), 6, 5),
    ],
)
def test_inputs_are_inputs_wherever_their_axis_stands(layer, inputs, outputs):
    layer = layer()
    axis = list(layer.weight.shape).index(inputs)
    lengths = layer.weight.detach().transpose(0, axis).flatten(1).norm(dim=1)
    torch.testing.assert_close(fast.NodePenalty(layer, 1.0).norms(), lengths)
    assert fast.NodePenalty(layer, 1.0, grouping="output").norms().shape == (outputs,)
    regulariser = fast.NodePenalty(layer, 1.0, EPS)
    (expected,) = torch.autograd.grad(regulariser(), layer.weight)
    regulariser.add_gradient_()
    torch.testing.assert_close(layer.weight.grad, expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fast.NodePenalty(nn.Conv2d(4, 4, 3, groups=2), 1.0), "groups of the convolution is 2; with grouping="),
        (lambda: fast.NodePenalty(nn.Linear(6, 2), 1.0, block=4), "block is 4; the layer has 6 inputs"),
        (
            lambda: fast.NodePenalty(nn.Linear(6, 2), 1.0, grouping="output", block=2),
            "block is 2; with grouping='output'",
        ),
        (lambda: fast.NodePenalty(nn.Linear(6, 2), 1.0, block=0), "block is 0; it must be a whole number"),
    ],
)
def test_wrong_input_is_named(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()


# ---- Layers that were taken for others


def test_an_embedding_bags_inputs_are_its_words():
    assert fast.NodePenalty(nn.EmbeddingBag(10, 3), 1.0).norms().shape == (10,)
    assert fast.NodePenalty(nn.EmbeddingBag(10, 3), 1.0, grouping="output").norms().shape == (3,)


@pytest.mark.parametrize("layer", [nn.Bilinear(4, 5, 3), nn.LayerNorm((4, 5)), nn.RMSNorm((4, 5)), nn.GroupNorm(2, 4)])
def test_a_weight_whose_axes_are_no_outputs_and_inputs_is_refused(layer):
    with pytest.raises(
        ValueError, match=rf"module_or_parameter is '{type(layer).__name__}'; it must have a weight with"
    ):
        fast.NodePenalty(layer, 1.0)


@pytest.mark.parametrize("wrap", [nn.DataParallel, lambda layer: torch.compile(layer, backend="eager")])
def test_the_axis_follows_the_layers_type_through_what_wraps_it(wrap):
    layer = nn.ConvTranspose2d(6, 5, 3)
    wrapped = fast.NodePenalty(wrap(layer), 1.0, EPS)
    assert wrapped.norms().shape == (6,)
    torch.testing.assert_close(wrapped(), fast.NodePenalty(layer, 1.0, EPS)())


def test_outputs_that_share_a_weight_are_refused():
    layer = nn.ConvTranspose2d(6, 4, 3, groups=2)  # its second axis counts outputs of both halves
    with pytest.raises(ValueError, match="groups of the convolution is 2; with grouping='output' it must be 1"):
        fast.NodePenalty(layer, 1.0, grouping="output")
    assert fast.NodePenalty(layer, 1.0, grouping="weight").norms().shape == layer.weight.shape


def test_a_lazy_layer_is_refused_until_it_has_a_shape():
    layer = nn.LazyLinear(3)
    with pytest.raises(ValueError, match="its weight has no shape yet: show it a batch first"):
        fast.NodePenalty(layer, 1.0)
    layer(torch.ones(2, 5))
    assert fast.NodePenalty(layer, 1.0).norms().shape == (5,)


# ---- Weights that somebody else computes


@pytest.mark.filterwarnings("ignore")  # that it is deprecated
@pytest.mark.parametrize("wrap", [torch.nn.utils.weight_norm, torch.nn.utils.spectral_norm])
def test_the_older_weight_norms_are_refused_and_the_newer_suggested(wrap):
    with pytest.raises(ValueError, match=r"use torch\.nn\.utils\.parametrizations instead"):
        fast.NodePenalty(wrap(nn.Linear(4, 3)), 1.0)


def test_a_weight_norm_that_cannot_be_zero_is_reported_and_left_as_it_was():
    layer = parametrizations.weight_norm(nn.Linear(4, 3))
    before = layer.weight.detach().clone()
    with pytest.raises(ValueError, match="of weight is '_WeightNorm'; it cannot take the shortened weight"):
        fast.NodePenalty(layer, 1.0, profile="abs", grouping="output").prox_(lr=1e3)
    torch.testing.assert_close(layer.weight.detach(), before)


def test_a_spectral_norm_that_scales_the_weight_again_does_not_take_the_shortened_one():
    layer = parametrizations.spectral_norm(nn.Linear(4, 3).eval())
    with pytest.raises(ValueError, match="it cannot take the shortened weight"):
        fast.NodePenalty(layer, 1.0, profile="squared").prox_(lr=1.0)


def test_the_pulls_of_a_pruned_layer_are_said_to_lie_elsewhere():
    layer = prune.l1_unstructured(nn.Linear(4, 3), "weight", 2)
    layer(torch.ones(1, 4)).sum().backward()
    with pytest.raises(ValueError, match="is 'pruned or re-parametrised'; other parameters hold its gradient"):
        fast.NodePenalty(layer, 1.0).pulls()


def test_sparse_gradients_are_added_to_and_measured():
    layer = nn.Embedding(10, 3, sparse=True)
    dense = nn.Embedding(10, 3)
    dense.load_state_dict(layer.state_dict())
    pulled = []
    for each in (layer, dense):
        regulariser = fast.NodePenalty(each, 0.1, EPS)
        each(torch.tensor([1, 3, 3])).sum().backward()
        pulled.append(regulariser.pulls())
        regulariser.add_gradient_()
    torch.testing.assert_close(*pulled)
    torch.testing.assert_close(layer.weight.grad, dense.weight.grad)


# ---- In a training loop


def test_after_unscaling_the_added_gradient_is_that_of_the_penalty_in_the_loss():
    """A scaler multiplies the loss by 65,536: what is added before it is divided out again counts for nothing."""
    ends = []
    for way in ("loss", "gradient"):
        torch.manual_seed(0)
        layer = nn.Linear(6, 4)
        regulariser = fast.NodePenalty(layer, STRENGTH, EPS)
        sgd, scaler = torch.optim.SGD(layer.parameters(), lr=0.1), torch.amp.GradScaler("cpu")
        loss = layer(torch.ones(2, 6)).square().mean() + (regulariser() if way == "loss" else 0)
        scaler.scale(loss).backward()
        scaler.unscale_(sgd)
        if way == "gradient":
            regulariser.add_gradient_()
        scaler.step(sgd)
        scaler.update()
        ends.append(layer.weight.detach())
    torch.testing.assert_close(*ends)


def test_added_once_to_accumulated_gradients_it_is_the_penalty_of_one_step():
    layer, x = nn.Linear(6, 4), torch.randn(8, 6)
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS)
    (expected,) = torch.autograd.grad(layer(x).square().mean() + regulariser(), layer.weight)
    for part in x.chunk(4):
        (layer(part).square().mean() / 4).backward()
    regulariser.add_gradient_()
    torch.testing.assert_close(layer.weight.grad, expected)


@pytest.mark.parametrize("wrap", [lambda layer: layer, parametrizations.weight_norm], ids=["plain", "weight_norm"])
def test_a_frozen_weight_stays_as_it_is(wrap):
    layer = wrap(nn.Linear(6, 4)).requires_grad_(False)
    before = layer.weight.clone()
    regulariser = fast.NodePenalty(layer, STRENGTH, EPS, grouping="output")
    regulariser.add_gradient_()
    regulariser.prox_(1.0)
    assert all(parameter.grad is None for parameter in layer.parameters())
    torch.testing.assert_close(layer.weight, before)
    assert not regulariser().requires_grad


def test_the_settings_can_follow_a_schedule():
    layer = nn.Linear(6, 4)
    regulariser = fast.NodePenalty(layer, 0.1, EPS)
    before = regulariser()
    regulariser.strength = 0.2
    torch.testing.assert_close(regulariser(), 2 * before)
    assert "strength=0.2" in repr(regulariser)
    for name, value in (("eps", 0.5), ("profile", "quartic"), ("grouping", "output")):
        setattr(regulariser, name, value)
        assert getattr(regulariser, name) == value
    torch.testing.assert_close(regulariser(), fast.NodePenalty(layer, 0.2, 0.5, "quartic", "output")())
    regulariser.grouping, regulariser.block = "input", 3
    assert regulariser.norms().shape == (2,)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("strength", -1, "strength is -1; it must be a finite number of at least 0"),
        ("eps", 0, "eps is 0; it must be a finite number greater than 0"),
        ("profile", "hubert", "profile is 'hubert'; .*did you mean 'huber'"),
        ("grouping", "node", "grouping is 'node'; it must be one of"),
        ("block", 4, "block is 4; the layer has 6 inputs"),
    ],
)
def test_a_setting_is_checked_when_it_is_set(name, value, message):
    regulariser = fast.NodePenalty(nn.Linear(6, 4), 0.1)
    before = repr(regulariser)
    with pytest.raises(ValueError, match=message):
        setattr(regulariser, name, value)
    assert repr(regulariser) == before


def test_group_is_the_former_name_of_grouping():
    layer = nn.Linear(6, 4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        regulariser = fast.NodePenalty(layer, 0.1, group="output")
        assert regulariser.grouping == regulariser.group == "output"
        regulariser.group = "weight"
    assert regulariser.grouping == "weight"
    assert {str(warning.message) for warning in caught} == {"NodePenalty's group is called grouping now"}
    assert [(warning.category, warning.filename) for warning in caught] == [(DeprecationWarning, __file__)] * 3


@pytest.mark.parametrize(
    ("settings", "grouping", "block"),
    [("node", "input", 1), ("weight", "weight", 1), ("map", "input", 16)],
)
def test_a_penalty_says_all_at_once(settings, grouping, block):
    layer, penalty = nn.Linear(32, 3), Penalty(STRENGTH, EPS, "quartic", settings)
    regulariser = fast.NodePenalty(layer, penalty)
    assert (regulariser.grouping, regulariser.block, regulariser.profile) == (grouping, block, "quartic")
    torch.testing.assert_close(regulariser(), fast.penalty(layer.weight, penalty))
    assert fast.NodePenalty(layer, penalty, grouping="output").norms().shape == (3,)


def test_an_assignment_that_would_have_no_effect_is_an_error():
    with pytest.raises(AttributeError, match=r"no setting 'stregth'; there are strength, .*did you mean 'strength'"):
        fast.NodePenalty(nn.Linear(6, 4), 0.1).stregth = 0.2


# ---- Before a normalisation layer


def test_before_a_normalisation_layer_a_short_filter_is_in_use_all_the_same():
    """A hundredth of the weights makes the same outputs; `dead` says removable, and removal changes everything."""
    net = nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8, eps=1e-12), nn.ReLU()).double()
    x = torch.randn(16, 1, 8, 8, dtype=torch.float64)
    regulariser = fast.NodePenalty(net[0], 1e-3, eps=0.05, grouping="output")
    before = net(x)
    with torch.no_grad():
        net[0].weight.mul_(0.01)
    torch.testing.assert_close(net(x), before, rtol=1e-4, atol=1e-4)
    assert regulariser.dead().all()
    with torch.no_grad():
        net[0].weight[:4] = 0
    assert (net(x) - before).abs().max() > 0.5
