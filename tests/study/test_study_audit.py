"""The audit: what was stored comes out again, and what was tampered with is named."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from study_support import METHODS, Serial, imagined, small_study
from support import PATIENCE

from sl1lib import Penalty, RunConfig, cli
from sl1lib.study import Record, Repeat, Results, Stage, Store, StoreError, Study, audit, auditing, run
from sl1lib.study.evidence import load_evidence
from sl1lib.study.experiments import rounding
from sl1lib.study.worker import Batch, train_batch
from sl1lib.training import processes

ROOT = Path(__file__).resolve().parents[2]

TINY = Study(
    "tiny",
    "?",
    METHODS,
    [Stage("finals", "?", ["none", "L2", "SL1"], [0, 1], fields={"batch_size": 200})],
    base={"data": "digits", "epochs": 1},
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """What a study's processes have; and two threads crawl where others want the cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "tiny"
    run(TINY, folder, executor=Serial(), batch=2, progress=False)
    return folder


def tampered(results: Path, folder: Path, change) -> Path:
    """Copy the results with one training, or one batch's circumstances, changed."""
    store = Store(results)
    with Store(folder) as copy:
        for facts in store.batches.values():
            records = [store.records[key] for key in facts["keys"]]
            copy.add("finals", change(Batch(records, {k: v for k, v in facts.items() if k != "keys"})))
    return folder


def test_honest_results_come_out_again(results):
    findings = audit(Results(TINY, results), sample=100, executor=Serial())
    assert len(findings) == 6
    assert all(finding.passed and finding.exact for finding in findings)
    assert str(findings[0]).startswith("✓ ")
    assert "to the bit" in str(findings[0])


def test_a_training_is_done_again_by_the_engine_that_stored_it(results, tmp_path):
    """Version 0.1 named no engine: it had one."""

    def of_then(batch):
        then = train_batch([record.config for record in batch.records], engine="Engine")
        return Batch(then.records, {name: fact for name, fact in then.provenance.items() if name != "engine"})

    folder = tampered(results, tmp_path / "then", of_then)
    findings = audit(Results(TINY, folder), sample=100, executor=Serial())
    assert all(finding.passed and finding.exact for finding in findings)


def test_the_seed_draws_the_sample(results):
    drawn = [[f.stored.key for f in audit(Results(TINY, results), 3, seed, executor=Serial())] for seed in (0, 0, 1)]
    assert len(set(drawn[0])) == 3
    assert drawn[0] == drawn[1]
    assert set(drawn[0]) != set(drawn[2])


def test_a_number_that_was_changed_is_found(results, tmp_path):
    victim = Store(results).batches.copy().popitem()[1]["keys"][0]

    def change(batch):
        records = [
            replace(r, numbers={**r.numbers, "held_out_error": r.held_out_error - 1e-9}) if r.key == victim else r
            for r in batch.records
        ]
        return Batch(records, batch.provenance)

    findings = audit(Results(TINY, tampered(results, tmp_path / "t", change)), sample=6, executor=Serial())
    assert [finding.stored.key for finding in findings if not finding.passed] == [victim]


def test_elsewhere_the_error_may_differ_by_rounding_only(results, tmp_path):
    def elsewhere(batch):
        records = [replace(record, fingerprint="other bits") for record in batch.records]
        return Batch(records, batch.provenance | {"processor": "another"})

    findings = audit(Results(TINY, tampered(results, tmp_path / "a", elsewhere)), sample=6, executor=Serial())
    assert all(finding.passed and not finding.exact for finding in findings)
    assert "processor differ" in str(findings[0])

    def invented(batch):
        batch = elsewhere(batch)
        records = [replace(r, numbers={**r.numbers, "held_out_error": r.held_out_error / 3}) for r in batch.records]
        return Batch(records, batch.provenance)

    findings = audit(Results(TINY, tampered(results, tmp_path / "b", invented)), sample=6, executor=Serial())
    assert not any(finding.passed for finding in findings)


ELSEWHERE = ("processor",)
STRONG = Penalty(0.05, 0.3)  # its corner is as wide as the nodes are long: eps decides every update


def longer(penalty=None, **changes) -> RunConfig:
    """A training of 29 updates, more than the audit calls early."""
    return RunConfig(data="digits", epochs=1, lr=0.2, penalty=penalty).replace(**changes)


@pytest.mark.parametrize(
    ("config", "wrong"),
    [
        (longer(), longer(seed=1)),
        (longer(), longer(lr=0.202)),
        (longer(reading="text", lr=2.0), longer(reading="text", lr=2.02)),
        (longer(STRONG), longer(replace(STRONG, eps=0.33))),
        (longer(STRONG), longer(replace(STRONG, strength=0.055))),
        (longer(), longer(momentum=0.25)),
    ],
    ids=["seed", "rate", "rate, sigmoid", "eps", "strength", "momentum"],
)
def test_another_training_is_found_on_any_processor(config, wrong):
    """A seed, a rate 1 % larger, another eps: what rounding does is far smaller."""
    (again,), (other,) = (train_batch([each]).records for each in (config, wrong))
    forged = replace(other, config=config)
    finding = Repeat(forged, again, exact=False, differs=ELSEWHERE)
    assert finding.early > 2 * auditing.EARLY
    assert not finding.passed
    assert str(finding).startswith("✗ ")
    assert Repeat(again, again, exact=False, differs=ELSEWHERE).passed


EMULATED = """
import sys
from pathlib import Path
from study_support import Serial
from test_study_audit import LONG
from sl1lib.study import run
run(LONG, Path(sys.argv[1]), executor=Serial(), batch=2, progress=False)
"""
LONG = Study(
    "long",
    "?",
    METHODS,
    [
        Stage("table", "?", ["none", "L2", "SL1"], [0, 1], fields={"epochs": 2}),
        Stage("text", "?", ["none", "SL1"], [0], fields={"reading": "text", "lr": 2.0}),
    ],
    base={"data": "digits", "epochs": 1},
)


def test_honest_trainings_of_another_processor_pass(tmp_path):
    """ATen without vector instructions and MKL's compatible mode round as no processor of today does by itself."""
    other = {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, "-c", EMULATED, str(tmp_path / "long")],
        env={**os.environ, **other, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
        timeout=PATIENCE,
    )
    findings = audit(Results(LONG, tmp_path / "long"), sample=100, executor=Serial())
    assert len(findings) == 8
    assert all(finding.passed for finding in findings), "\n".join(map(str, findings))


def apart(early: float, late: float, error: float = 0.2) -> Repeat:
    """Two imagined trainings of 200 updates with errors of 0.2 and another, whose courses are so far apart."""
    stored, again = (imagined(TINY.cells(TINY.stages[0])[0].config, each, updates=200) for each in (0.2, error))
    curve = np.full(200, 0.2, np.float32)
    drift = np.where(np.arange(200) < auditing.EARLY_UPDATES, early, late)
    for record, factor in ((stored, 1), (again, 1 + drift)):
        record.arrays["curve"] = (factor * curve).astype(np.float32)
    return Repeat(stored, again, exact=False, differs=ELSEWHERE)


def test_the_tolerance_follows_from_whether_rounding_drove_the_trainings_apart():
    assert apart(1e-6, 1e-4).tolerance == pytest.approx(2.5 / 382)
    assert apart(1e-6, 1e-4, error=0.2 + 2 / 382).passed
    assert not apart(1e-6, 1e-4, error=0.2 + 3 / 382).passed
    parted = 1.5 * np.sqrt(2 * 0.2 * 0.8 / 382) + 1 / 382 + 0.2 * 0.1
    assert apart(1e-6, 0.1).tolerance == pytest.approx(parted, rel=1e-5)
    assert apart(1e-6, 0.1, error=0.2 + 0.99 * parted).passed
    assert not apart(1e-6, 0.1, error=0.2 + 1.01 * parted).passed
    assert not apart(1e-4, 0.1).passed  # in the first updates rounding drives nothing apart
    said = f"within {100 * parted:.2f} points; E0 apart by 1e-06 in 20 updates, by 1e-01 in all: processor differ"
    assert said in str(apart(1e-6, 0.1, error=0.21))


def test_of_a_training_that_learns_or_not_by_rounding_the_audit_says_so():
    finding = apart(1e-6, 3.0, error=0.02)
    assert finding.passed
    assert "(rounding decided whether it learns; E0 apart by 1e-06 in 20 updates" in str(finding)
    assert not apart(1e-4, 3.0, error=0.02).passed


def test_nodes_of_other_lengths_are_found_where_all_else_agrees():
    finding = apart(1e-6, 1e-4)
    finding.again.arrays["node_norms"][:] *= 1.01
    assert finding.passed
    finding.again.arrays["node_norms"][:] *= 1.02
    assert not finding.passed


def test_a_divergence_comes_out_again_at_its_update_unless_it_took_long():
    config = TINY.cells(TINY.stages[0])[0].config
    soon, later, late, latest = (Record.of_divergence(config, update) for update in (3, 4, 50, 60))
    assert Repeat(soon, soon, exact=True).passed
    assert not Repeat(soon, later, exact=False, differs=ELSEWHERE).passed
    assert Repeat(late, latest, exact=False, differs=ELSEWHERE).passed
    assert not Repeat(late, latest, exact=True).passed
    for pair in ((soon, imagined(config)), (imagined(config), late)):
        assert not Repeat(*pair, exact=False, differs=ELSEWHERE).passed
    assert "diverged at update 3 stored, diverged at update 4 now (processor differ)" in str(
        Repeat(soon, later, exact=False, differs=ELSEWHERE)
    )


@pytest.mark.parametrize("study", ["paper", "smoke"])
def test_the_tolerances_are_well_above_what_another_processor_was_seen_to_do(study):
    seen = load_evidence(ROOT / "results" / study, rounding.ROUNDING.name)
    assert seen.provenance["stored"] != seen.provenance["again"]
    assert len(seen) >= 60
    assert seen["early"].max() < auditing.EARLY / 5
    together = seen["drift"] <= auditing.TOGETHER
    assert seen["lengths"][together].max() < auditing.LENGTHS / 2
    assert seen["images"][together].max() < auditing.TIES - 1
    assert (seen["images"] <= seen["allowed"]).all()
    assert np.mean(seen["standard_errors"] > auditing.STANDARD_ERRORS / 1.8) < 0.05


def test_nothing_to_audit_is_an_error(tmp_path):
    with pytest.raises(StoreError, match=r"has no results of study 'small'; run it first"):
        audit(Results(small_study(), tmp_path), executor=Serial())
    with pytest.raises(ValueError, match=r"sample is 0; it must be a whole number of at least 1"):
        audit(Results(small_study(), tmp_path), sample=0, executor=Serial())


def test_the_command_says_which_training_did_not_come_out(results, tmp_path, monkeypatch, capsys):
    study = tmp_path / "tiny.toml"
    study.write_text(TINY.to_toml(), encoding="utf-8")
    monkeypatch.setattr(processes, "Processes", lambda count: Serial())
    words = ["study", "audit", str(study), "--sample", "6", "--results"]
    assert cli.main([*words, str(results.parent)]) == 0
    assert capsys.readouterr().out.endswith("6 trainings done again, 0 did not come out as stored\n")

    def forged(batch):
        return Batch([replace(record, fingerprint="forged") for record in batch.records], batch.provenance)

    tampered(results, tmp_path / "forged" / "tiny", forged)
    assert cli.main([*words, str(tmp_path / "forged")]) == 1
    output = capsys.readouterr().out
    assert output.startswith(auditing.RULE)
    assert "✗ " in output
    key = train_batch([TINY.cells(TINY.stages[0])[0].config]).records[0].key
    assert key in output.splitlines()[-1]


GRID = Study(
    "grid",
    "?",
    METHODS,
    [
        Stage("finals", "?", ["none", "SL1"], [0, 1], fields={"batch_size": 200}),
        Stage("small", "?", ["none"], [0, 1], fields={"batch_size": 20}, grid={"n_train": (40, 60)}),
    ],
    base={"data": "digits", "epochs": 1},
)


@pytest.fixture(scope="module")
def grid_results(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "grid"
    run(GRID, folder, executor=Serial(), batch=2, progress=False)
    return folder


def test_an_audit_can_be_restricted_to_stages_and_to_values(grid_results):
    executor = Serial()
    findings = audit(Results(GRID, grid_results), 100, stages=["small"], where={"n_train": 40}, executor=executor)
    assert all(finding.passed for finding in findings)
    assert [finding.stored.config.n_train for finding in findings] == [40, 40]
    assert {config.n_train for batch in executor.batches for config in batch} == {40}  # and nothing else was trained
    assert len(audit(Results(GRID, grid_results), 100, stages=["finals"], executor=Serial())) == 4
    assert len(audit(Results(GRID, grid_results), 100, where={"seed": 1}, executor=Serial())) == 4


def test_whole_batches_are_compared_where_that_is_asked_for(grid_results):
    store, executor = Store(grid_results), Serial()
    findings = audit(Results(GRID, grid_results), 1, stages=["finals"], whole=True, executor=executor)
    (trained,) = executor.batches
    assert [finding.stored.config for finding in findings] == trained
    assert len(findings) == 2
    assert len({store.batch_of[finding.stored.key] for finding in findings}) == 1
    assert len(audit(Results(GRID, grid_results), 1, stages=["finals"], executor=Serial())) == 1


def test_a_restriction_that_nothing_meets_or_that_does_not_exist_is_an_error(grid_results):
    with pytest.raises(StoreError, match="has no results of study 'grid' that this audit is restricted to"):
        audit(Results(GRID, grid_results), where={"n_train": 7}, executor=Serial())
    with pytest.raises(ValueError, match=r"a stage to audit is 'smal'; .*did you mean 'small'"):
        audit(Results(GRID, grid_results), stages=["smal"], executor=Serial())
    with pytest.raises(ValueError, match=r"a field to audit by is 'ntrain'; .*did you mean 'n_train'"):
        audit(Results(GRID, grid_results), where={"ntrain": 500}, executor=Serial())
