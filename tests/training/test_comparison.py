"""`compare`: one start, one order of the images, several penalties."""

import pytest

from sl1lib import COMPARED_PENALTIES, CheckpointError, Penalty, RunConfig, train_many
from sl1lib.training import compare, loop


def test_the_four_methods_are_compared_on_equal_terms(small, same):
    runs = compare(small, progress=False)
    assert [run.config.method for run in runs] == ["none", "L2", "L1", "SL1"]
    assert len({run.history.E0[0] for run in runs}) == 1
    assert len({run.history.E0[-1] for run in runs}) == 4
    configs = [small.replace(penalty=penalty) for penalty in COMPARED_PENALTIES]
    assert [run.config for run in runs] == configs
    for run, expected in zip(runs, train_many(configs, progress=False), strict=True):
        same(run, expected)


def test_other_penalties_may_be_compared_and_other_data(small, digits):
    penalties = (penalty for penalty in (Penalty(0.1, 0.1, "quartic"), None))
    runs = compare(small.replace(data="mnist"), penalties, progress=False, data=digits.subset(300))
    assert [run.config.method for run in runs] == ["SL1 quartic", "none"]
    assert runs[0].data_name == "digits[300 training, seed 0][200 training, seed 0]"


def test_it_is_kept_in_a_checkpoint(small, same, tmp_path, monkeypatch):
    runs = compare(small, progress=False, checkpoint=tmp_path, checkpoint_every=0)
    monkeypatch.setattr(loop, "Images", None)
    for run, again in zip(runs, compare(small, progress=False, checkpoint=tmp_path), strict=True):
        same(run, again, seconds=True)
    with pytest.raises(CheckpointError, match="it holds 4 trainings, and 1 training is asked for"):
        compare(small, [None], progress=False, checkpoint=tmp_path)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: compare("digits"), r"config is 'digits'; it must be a RunConfig\(data="),
        (lambda: compare(RunConfig(), Penalty(1)), r"penalties is Penalty\(.*it must be several"),
        (lambda: compare(RunConfig(), [0.1]), r"penalty is 0\.1; it must be None or a Penalty"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
