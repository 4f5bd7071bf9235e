"""`RunConfig`: what it takes, what it refuses and in which words, and its way to JSON and back."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sl1lib import (
    COMPARED_ON_DIGITS,
    DEFAULT_PENALTY,
    PROFILES,
    READINGS,
    MomentumRamp,
    Penalty,
    Reading,
    RunConfig,
    method_name,
)
from sl1lib.pruning.fine_tuning import check_agreement
from sl1lib.settings import GROUPINGS, MOMENTUM_READINGS
from sl1lib.study import Results
from sl1lib.study.declaration import Cell
from sl1lib.study.runner import in_batches
from sl1lib.training.cohorts import split_into_cohorts
from sl1lib.training.config import LEARNING_RATES

COUNT = "it must be a whole number of at least"
BAD = [
    ({"data": ""}, "data is ''; it must be 'mnist', 'digits', 'auto' or the path of a folder"),
    ({"data": 3}, "data is 3; it must be 'mnist', 'digits', 'auto' or the path of a folder"),
    ({"reading": "tabel"}, "reading is 'tabel'; it must be one of 'table', 'text'"),
    ({"reading": "tabel"}, "(did you mean 'table'?)"),
    ({"reading": None}, "reading is None; it must be one of 'table', 'text'"),
    ({"penalty": 0.1}, "penalty is 0.1; it must be None or a Penalty(strength, eps, ...)"),
    ({"penalty": "huber"}, "penalty is 'huber'; it must be None or a Penalty"),
    ({"epochs": 0}, f"epochs is 0; {COUNT} 1"),
    ({"epochs": 1.5}, f"epochs is 1.5; {COUNT} 1"),
    ({"epochs": True}, f"epochs is True; {COUNT} 1"),
    ({"batch_size": 0}, f"batch_size is 0; {COUNT} 1"),
    ({"batch_size": "50"}, f"batch_size is '50'; {COUNT} 1"),
    ({"lr": 0}, "lr is 0; it must be a finite number greater than 0"),
    ({"lr": -0.1}, "lr is -0.1; it must be a finite number greater than 0"),
    ({"lr": float("nan")}, "lr is nan; it must be a finite number greater than 0"),
    ({"lr": float("inf")}, "lr is inf; it must be a finite number greater than 0"),
    ({"lr": "fast"}, "lr is 'fast'; it must be a finite number greater than 0"),
    ({"lr_end": 1.5}, "lr_end is 1.5; it is the share of lr that remains in the end, from 0 to 1"),
    ({"lr_end": -0.5}, "lr_end is -0.5; it must be a finite number of at least 0"),
    ({"lr_end": None}, "lr_end is None; it must be a finite number of at least 0"),
    ({"momentum": 1.0}, "momentum start is 1.0; it must be below 1"),
    ({"momentum": -0.1}, "momentum is -0.1; it must be a finite number of at least 0"),
    ({"momentum": None}, "momentum is None; it must be a finite number of at least 0"),
    ({"momentum": "ramp"}, "momentum is 'ramp'; it must be a number or a MomentumRamp; MOMENTUM_READINGS has ramp, "),
    ({"loss": "hinge"}, "loss is 'hinge'; it must be one of 'cross_entropy', 'squared_error'"),
    ({"seed": -1}, f"seed is -1; {COUNT} 0"),
    ({"seed": 0.5}, f"seed is 0.5; {COUNT} 0"),
    ({"n_train": 0}, f"n_train is 0; {COUNT} 1"),
    ({"validation": -1}, f"validation is -1; {COUNT} 0"),
    ({"dtype": "float16"}, "dtype is 'float16'; it must be one of 'float32', 'float64'"),
    ({"dtype": np.float32}, "it must be one of 'float32', 'float64'"),
    ({"device": ""}, "device is ''; it must be a device as PyTorch names it, 'cpu' or 'cuda'"),
    ({"device": None}, "device is None; it must be a device as PyTorch names it, 'cpu' or 'cuda'"),
]


@pytest.mark.parametrize(("fields", "message"), BAD, ids=lambda value: str(value)[:40])
def test_a_wrong_value_is_named_with_what_would_be_right(fields, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        RunConfig(**fields)


def test_every_field_has_a_case_among_the_wrong_values():
    assert {name for fields, _ in BAD for name in fields} == {field.name for field in dataclasses.fields(RunConfig)}


def test_defaults():
    config = RunConfig()
    assert (config.data, config.reading, config.penalty) == ("mnist", READINGS["table"], None)
    assert (config.epochs, config.batch_size, config.seed) == (10, 50, 0)
    assert (config.n_train, config.validation, config.dtype, config.device) == (None, 0, "float32", "cpu")
    assert config.momentum == MomentumRamp()


@pytest.mark.parametrize("name", ["table", "text", "table+relu-logits", "text+relu-logits"])
def test_a_reading_is_looked_up_and_brings_its_tuned_learning_rate(name):
    config = RunConfig(reading=name)
    assert config.reading.name == name
    assert config.lr == LEARNING_RATES[config.reading.activation]
    assert RunConfig(reading=config.reading) == config


def test_the_strengths_for_the_digits_are_those_that_validation_chose():
    results = Results.open(Path(__file__).parents[2] / "results" / "digits")
    assert results.complete
    stage = results.stage("table strengths")
    for penalty in COMPARED_ON_DIGITS[1:]:
        tried = stage.where(method=method_name(penalty))
        means = {s: tried.where(strength=s)["held_out_E0"].mean() for s in sorted(set(tried["strength"].tolist()))}
        assert penalty.strength == min(means, key=means.get)
        assert min(means) < penalty.strength < max(means)  # at an edge a better one may lie outside


def test_on_the_digits_sl1_switches_nodes_off_and_costs_no_accuracy():
    results = Results.open(Path(__file__).parents[2] / "results" / "digits")
    sl1 = COMPARED_ON_DIGITS[-1]
    chosen = results.stage("table strengths").where(method="SL1", strength=sl1.strength)
    plain = results.stage("no penalty").where(reading="table")
    assert all((record.arrays["node_norms"] < sl1.eps).any() for record in chosen.records)
    assert not any((record.arrays["node_norms"] < sl1.eps).any() for record in plain.records)
    assert chosen["held_out_error"].mean() <= plain["held_out_error"].mean()


def test_a_number_is_a_constant_momentum():
    ramp = RunConfig(momentum=0.3).momentum
    assert {ramp.at(update) for update in (0, 1, 19, 20, 1000)} == {0.3}


def test_a_folder_may_be_a_path():
    assert RunConfig(data=Path("some") / "folder").data == str(Path("some") / "folder")


def test_it_cannot_be_changed_but_replaced_and_is_then_checked_again():
    config = RunConfig()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.epochs = 3
    assert config.replace(epochs=3).epochs == 3
    with pytest.raises(ValueError, match="epochs is 0"):
        config.replace(epochs=0)


@st.composite
def penalties(draw):
    profile = draw(st.sampled_from(list(PROFILES)))
    steps = ["gradient", "proximal"] if PROFILES[profile].convex else ["gradient"]
    least = 1e-6 if PROFILES[profile].has_width else 0
    eps, grouping = draw(st.floats(least, 10)), draw(st.sampled_from(GROUPINGS))
    return Penalty(draw(st.floats(0, 10)), eps, profile, grouping, draw(st.sampled_from(steps)))


shares = st.floats(0, 1, exclude_max=True)
configs = st.builds(
    RunConfig,
    data=st.sampled_from(["mnist", "digits", "auto", "a folder/with ümlauts"]),
    reading=st.sampled_from(["table", "text", "text+relu-logits", Reading("mine", "sigmoid", True)]),
    penalty=st.none() | penalties(),
    epochs=st.integers(1, 1000),
    batch_size=st.integers(1, 1000) | st.integers(1, 1000).map(np.int64),
    lr=st.none() | st.floats(1e-9, 100) | st.sampled_from([np.float32(0.1), np.float64(0.1)]),
    lr_end=st.floats(0, 1),
    momentum=st.builds(MomentumRamp, shares, shares, st.integers(0, 99)) | shares,
    seed=st.integers(0, 2**70),
    n_train=st.none() | st.integers(1, 60_000),
    validation=st.integers(0, 59_999),
    dtype=st.sampled_from(["float32", "float64"]),
    device=st.sampled_from(["cpu", "cuda:1"]),
)


@given(config=configs)
def test_it_survives_json(config):
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(RunConfig)])
def test_a_missing_field_is_named(name):
    fields = RunConfig().to_dict()
    del fields[name]
    with pytest.raises(ValueError, match=f"missing or unknown: '{name}'"):
        RunConfig.from_dict(fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"speed": 3}, "missing or unknown: 'speed'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"reading": "table"}, "not the fields of a RunConfig"),
        ({"momentum": None}, "not the fields of a RunConfig"),
        ({"penalty": {"strength": -1}}, "strength is -1"),
        ({"penalty": {"force": 1}}, "not the fields of a RunConfig"),
    ],
)
def test_wrong_fields_are_refused(change, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        RunConfig.from_dict({**RunConfig().to_dict(), **change})


@pytest.mark.parametrize("fields", [None, 3, [], "data", {}])
def test_what_is_no_configuration_is_refused(fields):
    with pytest.raises(ValueError, match=r"not the fields|dictionary update sequence"):
        RunConfig.from_dict(fields)


@pytest.mark.parametrize(
    ("penalty", "name"),
    [
        (None, "none"),
        (Penalty(0), "none"),
        (DEFAULT_PENALTY, "SL1"),
        (Penalty(1, profile="squared"), "L2"),
        (Penalty(1, profile="abs", grouping="weight"), "L1"),
        (Penalty(1, profile="abs"), "group lasso"),
        (Penalty(1, profile="abs", step="proximal"), "group lasso proximal"),
        (Penalty(1, profile="abs", grouping="map"), "group lasso map-wise"),
        (Penalty(1, profile="abs", grouping="weight", step="proximal"), "L1 proximal"),
        (Penalty(1, profile="quartic"), "SL1 quartic"),
        (Penalty(1, profile="log_cosh", grouping="map"), "SL1 log_cosh map-wise"),
        (Penalty(1, profile="sqrt_quartic", grouping="weight"), "smoothed L1/2 weight-wise"),
    ],
)
def test_methods_have_the_fields_names(penalty, name):
    assert method_name(penalty) == RunConfig(penalty=penalty).method == name


def test_the_readings_of_the_momentum_are_accepted():
    for ramp in MOMENTUM_READINGS.values():
        assert RunConfig(momentum=ramp).momentum is ramp


@dataclasses.dataclass(frozen=True)
class Wider(RunConfig):
    """A configuration with a field that `RunConfig` does not have yet."""

    width: int = 6


@pytest.mark.parametrize("divide", ["cohorts", "batches", "fine-tuning"])
def test_trainings_that_differ_in_a_new_field_are_not_trained_side_by_side(divide, digits):
    """A field that nobody thought of must not be taken from the first training of a cohort."""
    configs = [Wider(data="digits", width=width, seed=seed) for width in (6, 12) for seed in (0, 1)]
    if divide == "cohorts":
        assert split_into_cohorts(configs, {"digits": digits}) == [[0, 1], [2, 3]]
    elif divide == "batches":
        cells = [Cell("stage", "none", config, {}) for config in configs]
        assert [[cell.config for cell in batch] for batch in in_batches(cells, 8)] == [configs[:2], configs[2:]]
    else:
        with pytest.raises(ValueError, match=r"width of two networks is \[6, 12\]"):
            check_agreement(configs)


def test_every_field_is_shared_or_each_trainings_own():
    """Two trainings that agree in what is shared differ in nothing but penalty, rate, momentum and seed."""
    names = {field.name for field in dataclasses.fields(RunConfig)}
    assert names - set(RunConfig().shared()) == {"penalty", "lr", "lr_end", "momentum", "seed"}
    assert names - set(RunConfig(n_train=9).shared()) == {"penalty", "lr", "lr_end", "momentum"}
