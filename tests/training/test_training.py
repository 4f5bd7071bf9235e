"""`train` and `train_many`: one seed one result, pairs, validation, agreement with the reference, ways to end early."""

import json
import math
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from support import PATIENCE

from sl1lib import DataError, DivergedError, Penalty, RunConfig, fast, reference, train, train_many
from sl1lib.architecture import epoch_order
from sl1lib.engine import Engine, Trainer, Training, images_to_tensor, make_engine
from sl1lib.settings import LearningRate
from sl1lib.training import cohorts, loop, training

TRAIN_AND_SAVE = """
import json, sys
from sl1lib import RunConfig, train
for number, fields in enumerate(json.loads(sys.argv[1])):
    train(RunConfig.from_dict(fields), progress=False).save(sys.argv[2] + str(number))
"""


@pytest.mark.threads
def test_one_seed_gives_the_same_bytes_in_two_processes(small, same, tmp_path):
    configs = [small, small.replace(reading="text", lr=2.0, dtype="float64")]
    for name in ("one", "other"):
        arguments = [json.dumps([config.to_dict() for config in configs]), str(tmp_path / name)]
        subprocess.run([sys.executable, "-c", TRAIN_AND_SAVE, *arguments], check=True, timeout=PATIENCE)
    for number in range(len(configs)):
        one, other = (training.Run.load(tmp_path / f"{name}{number}.npz") for name in ("one", "other"))
        same(one, other)
        assert len(one.history.E0) == 20
        assert np.all(one.params["b"] != 0)  # exact: none stayed where it began


def test_another_seed_gives_another_run(small, run):
    other = train(small.replace(seed=1), progress=False)
    assert run.history.E0[0] != other.history.E0[0]
    assert all(np.all(run.params[name] != other.params[name]) for name in ("K1", "U"))  # exact: other draws


def watch(monkeypatch, tell):
    """Tell of each engine's trainings when it is made."""
    real = Trainer.__init__

    def made(self, trainings, *rest, **settings):
        tell(trainings)
        real(self, trainings, *rest, **settings)

    monkeypatch.setattr(Trainer, "__init__", made)


def test_methods_with_one_seed_start_alike_and_see_the_same_batches(small, monkeypatch):
    given = []

    watch(monkeypatch, given.extend)
    penalties = (None, Penalty(0.05, 0.1), Penalty(0.05, profile="abs", step="proximal"))
    runs = train_many([small.replace(penalty=penalty, epochs=1) for penalty in penalties], progress=False)
    assert len({run.history.E0[0] for run in runs}) == 1
    assert len({run.history.E0[-1] for run in runs}) == 3
    assert [each.seed for each in given] == [0, 0, 0]  # it decides the order of the images
    for each in given[1:]:
        assert all(torch.equal(each.params[name], given[0].params[name]) for name in each.params)  # exact: a copy


def test_side_by_side_gives_what_one_after_the_other_gives(small, same):
    configs = [
        small,
        small.replace(penalty=None, seed=1),  # another subset of the images: another cohort
        small.replace(reading="text", lr=1.0),
        small.replace(lr=0.1, momentum=0.5),
        small.replace(penalty=Penalty(0.05, profile="abs", step="proximal")),
        small.replace(n_train=None, seed=1, epochs=1, dtype="float64"),
        small.replace(n_train=None, seed=2, epochs=1, dtype="float64"),
    ]
    for run, config in zip(train_many(configs, progress=False), configs, strict=True):
        alone = train(config, progress=False)
        assert run.config == config
        assert run.complete
        assert run.data_name == alone.data_name
        assert len(run.history.seconds) == config.epochs
        same(run, alone)


def test_a_cohort_that_needs_too_much_memory_is_split(small, monkeypatch, same):
    built = []

    watch(monkeypatch, lambda trainings: built.append(len(trainings)))
    each = Engine.bytes_per_training(20, predicted=382) + 10 * 2 * 8  # and its history
    monkeypatch.setattr(cohorts, "COHORT_BYTES", int(2.5 * each))
    configs = [small.replace(lr=0.1 + 0.02 * i, epochs=1) for i in range(5)]
    runs = train_many(configs, progress=False)
    assert built == [2, 2, 1]
    assert [run.config for run in runs] == configs
    monkeypatch.setattr(cohorts, "COHORT_BYTES", 1)
    assert len(train_many(configs[:2], progress=False)) == 2
    assert built[3:] == [1, 1]


def test_a_subset_is_trained_on_alone(small, digits):
    run = train(small.replace(n_train=50, batch_size=20, epochs=1), progress=False)
    assert len(run.history.E0) == 3  # 20, 20 and 10 images
    assert run.data_name == "digits[50 training, seed 0]"
    with pytest.raises(DataError, match="n_train is 2000; it must be a whole number from 1 to 1415"):
        train(small.replace(n_train=2000), progress=False)


@pytest.fixture(scope="module")
def validated(small):
    return train(small.replace(n_train=None, validation=1215), progress=False)


def test_a_validated_run_has_no_test_error_and_says_what_to_do(validated):
    with pytest.raises(ValueError, match=r"1215 validation images and has no test error; use run\.evaluate"):
        _ = validated.test_error
    assert validated.held_out == "validation"
    assert "validation error" in repr(validated)
    assert 0 <= validated.held_out_error <= 1


def test_a_validated_run_is_measured_on_the_images_set_aside(validated, digits):
    aside = digits.split(1215)
    E0, error = validated.evaluate(aside.x_test, aside.y_test)
    assert error == validated.held_out_error
    assert pytest.approx(validated.history.held_out_E0[-1], rel=1e-6) == E0


def test_the_test_images_make_no_difference_to_a_validated_run(small, validated, same, digits):
    blank = training.Dataset(digits.x_train, digits.y_train, np.zeros_like(digits.x_test), digits.y_test, name="blank")
    same(train(validated.config, progress=False, data=blank), validated)


def test_the_test_images_can_be_shown_to_a_validated_run_afterwards(validated, digits):
    E0, error = validated.evaluate(digits.x_test, digits.y_test)
    assert math.isfinite(E0)
    assert 0 <= error < 0.9


@pytest.mark.parametrize("reading", ["table", "text"])
@pytest.mark.parametrize("penalty", [None, Penalty(0.02, 0.05), Penalty(0.02, profile="abs", step="proximal")])
def test_in_float64_it_gives_the_numbers_of_the_reference(digits, reading, penalty):
    config = RunConfig("digits", reading, penalty, epochs=2, n_train=45, batch_size=20, lr=0.3, seed=4, dtype="float64")
    run = train(config, progress=False)
    data = digits.subset(45, seed=4)
    updates = list(
        reference.train(
            reference.init_params(4),
            data.x_train[:, None] / 255,
            data.y_train,
            epochs=2,
            lr=LearningRate(0.3, end=0, updates=6),
            momentum=config.momentum,
            reading=reading,
            penalty=penalty,
            batch_size=20,
            seed=4,
        )
    )
    np.testing.assert_allclose(run.history.E0, [update.error for update in updates], rtol=1e-10)
    np.testing.assert_allclose(run.history.penalty, [update.penalty for update in updates], rtol=1e-10)
    for name, expected in updates[-1].params.items():
        np.testing.assert_allclose(run.params[name], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("profile", ["huber", "abs"])
def test_no_strength_is_no_penalty(small, same, profile):
    without, zero = train_many(
        [small.replace(penalty=penalty) for penalty in (None, Penalty(0, profile=profile))], progress=False
    )
    same(zero, without)


def test_only_the_proximal_step_gives_exact_zeros(small):
    for step, exact in {"proximal": True, "gradient": False}.items():
        run = train(small.replace(penalty=Penalty(0.1, profile="abs", step=step), epochs=4), progress=False)
        assert np.any(run.node_norms == 0) == exact
        if exact:
            assert run.nodes_below(1e-12) == (run.node_norms == 0).sum() > 10


def test_the_last_weights_stay_nearer_to_zero_with_a_penalty(small, run):
    assert run.node_norms.mean() < train(small.replace(penalty=None), progress=False).node_norms.mean()


@pytest.mark.parametrize(
    ("changes", "kind"), [({"lr": 1e9}, "lr"), ({"penalty": Penalty(1e30, profile="squared")}, "strength")]
)
def test_a_diverging_run_stops_at_its_first_error_that_is_not_finite(small, digits, changes, kind):
    config = small.replace(epochs=20, **changes)
    with pytest.raises(
        DivergedError, match=r"the error is (nan|inf) at update \d+ .* a smaller lr or strength"
    ) as caught:
        train(config, progress=False)
    data = digits.subset(200)
    schedule = LearningRate(config.lr, 0, 200)
    same = Training(fast.init_params(0), schedule, config.momentum, config.penalty)
    images = torch.tensor(data.x_train).unsqueeze(1)
    costs = Engine([same], images, torch.tensor(data.y_train), batch_size=20).advance(200)
    first = next(number for number, total in enumerate(costs.E0 + costs.penalty) if not math.isfinite(total.item()))
    assert caught.value.update == first > 0
    assert f"at update {first} " in str(caught.value)
    assert not math.isfinite(caught.value.value)


def test_one_that_diverges_does_not_take_the_others_with_it(small):
    configs = [small, small.replace(lr=1e9), small.replace(lr=0.1)]
    with pytest.raises(DivergedError, match=r"lr 1e\+09") as caught:
        train_many([config.replace(epochs=20) for config in configs], progress=False)
    assert [(run.config.lr, run.complete) for run in caught.value.runs] == [(0.2, True), (0.1, True)]
    assert caught.value.config.lr == 1e9


def test_a_cohort_that_diverges_does_not_keep_the_next_ones_from_training(small):
    configs = [small.replace(lr=1e9, epochs=20), small.replace(reading="text"), small.replace(n_train=100)]
    with pytest.raises(DivergedError, match=r"lr 1e\+09") as caught:
        train_many(configs, progress=False)
    assert [run.config for run in caught.value.runs] == configs[1:]
    assert all(run.complete for run in caught.value.runs)


def test_of_several_that_diverge_the_first_is_raised_whatever_the_cohorts(small):
    tame = small.replace(epochs=20)
    wild = tame.replace(lr=1e9)
    configs = [tame, wild.replace(n_train=100), wild, tame.replace(n_train=100)]  # 0 and 2 are a cohort, 1 and 3
    with pytest.raises(DivergedError) as caught:
        train_many(configs, progress=False)
    assert caught.value.config == configs[1]
    assert [run.config for run in caught.value.runs] == [configs[0], configs[3]]


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "meta", "the fast one"])
def test_a_device_that_is_not_there_is_refused(small, device):
    with pytest.raises(ValueError, match=rf"device is '{device}'; this machine has 'cpu'"):
        train(small.replace(device=device), progress=False)


def interrupt_at(monkeypatch, number):
    """Press Ctrl-C in the ``number``-th update, when its batch is chosen and the step is not made."""
    real, calls = Trainer._batch_orders, []

    def batch_orders(self):
        calls.append(1)
        found = real(self)
        if len(calls) == number:
            signal.raise_signal(signal.SIGINT)
        return found

    monkeypatch.setattr(Trainer, "_batch_orders", batch_orders)


@pytest.mark.parametrize(("number", "epochs"), [(1, 0), (4, 0), (10, 0), (11, 1), (17, 1)])
def test_ctrl_c_in_an_update_keeps_it_and_what_was_before(small, run, monkeypatch, number, epochs):
    interrupt_at(monkeypatch, number)
    broken = train(small, progress=False)
    assert not broken.complete
    assert "interrupted" in repr(broken)
    history = broken.history
    np.testing.assert_array_equal(history.E0, run.history.E0[:number])  # exact: repeated on one machine
    # exact: repeated on one machine
    np.testing.assert_array_equal(history.penalty, run.history.penalty[:number])
    assert len(history.held_out_E0) == len(history.held_out_error) == len(history.seconds) == epochs
    assert len(history.smoothed("E")) == number
    assert np.isnan(broken.test_error) == (epochs == 0)


def test_what_ctrl_c_keeps_are_the_parameters_after_the_last_update(small, digits, monkeypatch):
    interrupt_at(monkeypatch, 4)
    broken = train(small, progress=False)
    monkeypatch.undo()
    data = digits.subset(200)
    same = Training(fast.init_params(0), LearningRate(0.2, 0, 20), small.momentum, small.penalty)
    expected = make_engine([same], torch.tensor(data.x_train).unsqueeze(1), torch.tensor(data.y_train), batch_size=20)
    expected.advance(4)
    for name, tensor in expected.params().items():
        np.testing.assert_array_equal(broken.params[name], tensor.numpy())  # exact: repeated on one machine


@pytest.mark.parametrize(("epoch", "complete"), [(1, False), (2, True)])
def test_ctrl_c_while_measuring_keeps_the_epoch(small, monkeypatch, epoch, complete):
    real, calls = Trainer.predict, []

    def predict(*arguments, **settings):
        calls.append(1)
        if len(calls) == epoch:
            signal.raise_signal(signal.SIGINT)
        return real(*arguments, **settings)

    monkeypatch.setattr(Trainer, "predict", predict)
    broken = train(small, progress=False)
    assert (broken.complete, len(broken.history.E0), len(broken.history.seconds)) == (complete, 10 * epoch, epoch)


def test_a_second_ctrl_c_does_not_wait(small, monkeypatch):
    real = Trainer._batch_orders

    def batch_orders(self):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
        return real(self)

    monkeypatch.setattr(Trainer, "_batch_orders", batch_orders)
    with pytest.raises(KeyboardInterrupt):
        train(small, progress=False)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_training_in_another_thread_leaves_signals_alone(small, run, same):
    found = []
    thread = threading.Thread(target=lambda: found.append(train(small, progress=False)))
    thread.start()
    thread.join(timeout=PATIENCE)
    same(found[0], run)


def test_an_interrupted_run_can_be_saved_and_loaded(small, same, monkeypatch, tmp_path):
    interrupt_at(monkeypatch, 4)
    broken = train(small, progress=False)
    again = training.Run.load(broken.save(tmp_path / "broken"))
    same(again, broken)
    assert not again.complete


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
@pytest.mark.parametrize("delay", [0.05, 0.12, 0.2])
def test_a_real_ctrl_c_at_any_moment_keeps_what_is_done(small, monkeypatch, delay):
    """The signal comes from a thread, wherever the main one is: mostly inside an update."""
    real, started = Trainer.advance, []

    def advance(self, *arguments, **settings):
        if not started:
            started.append(threading.Timer(delay, signal.raise_signal, [signal.SIGINT]))
            started[0].start()
        return real(self, *arguments, **settings)

    monkeypatch.setattr(Trainer, "advance", advance)
    broken = train(small.replace(epochs=10_000), progress=False)
    assert not broken.complete
    assert len(broken.history.E0) == len(broken.history.penalty)
    assert len(broken.history.seconds) == len(broken.history.held_out_E0) == len(broken.history.held_out_error)
    assert all(np.isfinite(array).all() for array in broken.params.values())


def test_after_an_interrupted_cohort_no_other_is_begun(small, monkeypatch):
    interrupt_at(monkeypatch, 25)  # in the second cohort: the seed draws the images
    runs = train_many((small.replace(seed=seed) for seed in range(4)), progress=False)
    assert [(run.config.seed, run.complete) for run in runs] == [(0, True), (1, False)]


def test_ctrl_c_ends_all_of_a_group_alike(small, monkeypatch):
    interrupt_at(monkeypatch, 5)
    runs = train_many([small.replace(lr=lr) for lr in (0.1, 0.2, 0.3)], progress=False)
    assert [(len(run.history.E0), run.complete) for run in runs] == [(5, False)] * 3


def test_ctrl_c_between_two_groups_keeps_the_first(small, run, monkeypatch, same):
    real, calls = loop.Images.prepare, []

    def prepare(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(loop.Images, "prepare", prepare)
    runs = train_many([small, small.replace(seed=1), small.replace(seed=2)], progress=False)
    assert len(runs) == 1
    same(runs[0], run)


def test_ctrl_c_before_anything_is_done_is_passed_on(small, monkeypatch):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "load_data", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_many([small], progress=False)


def test_the_history_says_what_happened(small, run, digits):
    history = run.history
    assert all(getattr(history, name).dtype == np.float64 for name in ("E0", "penalty", "held_out_E0", "seconds"))
    assert len(history.E0) == len(history.penalty) == 20
    assert len(history.seconds) == len(history.held_out_error) == 2
    assert (history.seconds > 0).all()
    assert run.complete
    assert run.evaluate(digits.x_test, digits.y_test)[1] == run.test_error == history.held_out_error[-1]
    start, data = fast.init_params(0), digits.subset(200)
    first = epoch_order(0, 0, 200)[:20]
    scores = fast.forward(start, images_to_tensor(data.x_train[first]))
    assert history.E0[0] == pytest.approx(
        fast.cross_entropy(scores, torch.tensor(data.y_train[first])).item(), rel=1e-6
    )
    assert history.penalty[0] == pytest.approx(0.02 * fast.penalty(start["U"], 0.05).item(), rel=1e-6)


def test_the_provenance_names_versions_and_data(run, digits):
    assert run.provenance["data_sha256"] == digits.digest
    assert run.provenance["torch"] == torch.__version__
    assert all(isinstance(value, str) and value for value in run.provenance.values())


def test_data_may_be_given(small, run, digits, same):
    same(train(small.replace(data="mnist"), progress=False, data=digits), run)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: train("digits"), r"config is 'digits'; it must be a RunConfig"),
        (lambda: train(RunConfig(data="digits"), data="digits"), r"data is 'digits'; it must be a Dataset"),
        (lambda: train_many(RunConfig(data="digits")), r"configs is RunConfig\(.*it must be several"),
        (lambda: train_many(["digits"]), r"config is 'digits'; it must be a RunConfig"),
    ],
)
def test_what_is_no_configuration_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
