"""All claims judged: the table's, the experiments', and what is missing, out of date or damaged."""

import dataclasses
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support import PATIENCE

from sl1lib import cli
from sl1lib.study import Claim, Judgement, Verdict, judging, load_study
from sl1lib.study.evidence import Evidence, EvidenceError, evidence_path
from sl1lib.study.judging import EXPERIMENTS, experiment, judge_all, measure_missing

SMOKE = load_study("smoke")
CLAIMS = (
    *SMOKE.claims,
    Claim(3, "Weights jump.", elsewhere="If they jump.", experiment="jumps"),
    Claim(4, "They jump far.", elsewhere="If they jump far.", experiment="jumps"),
)
STUDY = dataclasses.replace(SMOKE, claims=CLAIMS)


@pytest.fixture
def jumps(monkeypatch):
    """An experiment that counts how often it is done."""
    module = types.SimpleNamespace(NAME="jumps", done=0, version=1)

    def measure(study, results_folder, data=None, progress=True):
        module.done += 1
        return Evidence("jumps", {"far": np.array([1.0, 2.0])}, {"version": module.version})

    def judge(claim, evidence):
        return Judgement(claim, Verdict.HOLDS, (), f"{len(evidence)} jumps")

    module.measure, module.judge = measure, judge
    module.is_current = lambda evidence, study, folder: evidence.provenance["version"] == module.version
    known = {**EXPERIMENTS, "jumps": "jumps"}
    monkeypatch.setattr(judging, "EXPERIMENTS", known)
    monkeypatch.setattr(judging, "experiment", lambda name: module if name == "jumps" else experiment(name))
    return module


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "smoke"
    folder.mkdir()
    return folder


def test_claims_wait_for_trainings_and_evidence(results, jumps):
    found = judge_all(STUDY, results)
    assert [each.claim for each in found] == list(CLAIMS)
    assert [each.verdict for each in found] == [Verdict.OPEN, Verdict.UNTESTED, Verdict.OPEN, Verdict.OPEN]
    assert found[0].reason == "trainings that it needs are missing: 21 of 'finals'"
    assert found[2].reason == "its evidence is missing; `sl1 study run smoke` makes it"


def test_evidence_is_made_once_and_again_when_it_is_out_of_date(results, jumps):
    assert [evidence.name for evidence in measure_missing(STUDY, results, progress=False)] == ["jumps"]
    assert list(measure_missing(STUDY, results, progress=False)) == []
    assert jumps.done == 1  # for both claims
    assert [each.reason for each in judge_all(STUDY, results)[2:]] == ["2 jumps", "2 jumps"]
    jumps.version = 2
    assert judge_all(STUDY, results)[2].reason == "its evidence is out of date; `sl1 study run smoke` makes it"
    assert judge_all(STUDY, results)[2].verdict == Verdict.OPEN
    assert len(list(measure_missing(STUDY, results, progress=False))) == 1
    assert judge_all(STUDY, results)[2].verdict == Verdict.HOLDS


def test_damaged_evidence_is_an_error_to_judge_and_made_again_to_measure(results, jumps):
    (saved,) = measure_missing(STUDY, results, progress=False)
    path = evidence_path(results, saved.name)
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"jumps\.json: no evidence"):
        judge_all(STUDY, results)
    assert len(list(measure_missing(STUDY, results, progress=False))) == 1
    assert judge_all(STUDY, results)[3].verdict == Verdict.HOLDS


def test_evidence_without_what_its_experiment_looks_up_is_damaged(results, jumps):
    Evidence("jumps", {"far": np.array([1.0])}, {}).save(results)
    with pytest.raises(EvidenceError, match=r"jumps\.json: no evidence \(KeyError: 'version'\); delete it, and `sl1"):
        judge_all(STUDY, results)
    assert len(list(measure_missing(STUDY, results, progress=False))) == 1
    assert judge_all(STUDY, results)[3].verdict == Verdict.HOLDS


def test_an_interrupted_experiment_leaves_nothing_and_the_finished_ones(results, jumps, monkeypatch):
    def interrupted(study, results_folder, data=None, progress=True):
        raise KeyboardInterrupt

    other = types.SimpleNamespace(NAME="other", measure=interrupted, is_current=lambda *_: True)
    monkeypatch.setattr(judging, "experiment", lambda name: jumps if name == "jumps" else other)
    both = dataclasses.replace(STUDY, claims=(*CLAIMS, Claim(5, "?", elsewhere="?", experiment="other")))
    with pytest.raises(KeyboardInterrupt):
        list(measure_missing(both, results, progress=False, processes=1))
    assert [path.name for path in (results / "evidence").iterdir()] == ["jumps.json"]


class Threads(ThreadPoolExecutor):
    """Stands for `Processes`, which would not see what a test replaces."""

    stopped = False

    def stop(self):
        self.stopped = True


@pytest.mark.parametrize("fails", [False, True])
def test_several_experiments_run_side_by_side_and_what_is_done_is_kept(results, jumps, monkeypatch, fails):
    first_is_kept = threading.Event()

    def measure(study, results_folder, data=None, progress=True):
        assert first_is_kept.wait(PATIENCE)  # so both run at once
        if fails:
            raise RuntimeError("broken on purpose")
        return Evidence("other", {"far": np.array([3.0])}, {})

    other = types.SimpleNamespace(NAME="other", measure=measure, is_current=lambda *_: True)
    monkeypatch.setattr(judging, "experiment", lambda name: jumps if name == "jumps" else other)
    pools = []
    monkeypatch.setattr(judging, "Processes", lambda count: pools.append(Threads(2)) or pools[0])
    both = dataclasses.replace(STUDY, claims=(Claim(5, "?", elsewhere="?", experiment="other"), *CLAIMS))
    found = measure_missing(both, results, progress=False)
    assert next(found).name == "jumps"
    assert [path.name for path in (results / "evidence").iterdir()] == ["jumps.json"]
    first_is_kept.set()
    if fails:
        with pytest.raises(RuntimeError, match="on purpose"):
            next(found)
    else:
        assert [each.name for each in found] == ["other"]
    assert pools[0].stopped is fails
    assert len(list((results / "evidence").iterdir())) == 2 - fails


def test_every_experiment_of_the_paper_has_what_is_asked_of_it():
    study = load_study("paper")
    assert {claim.experiment for claim in study.claims if claim.experiment} == set(EXPERIMENTS)
    assert all(claim.experiment for claim in study.claims if claim.elsewhere)
    for name in EXPERIMENTS:
        module = experiment(name)
        assert name == module.NAME
        assert all(callable(getattr(module, part)) for part in ("measure", "is_current", "judge"))
    with pytest.raises(ValueError, match=r"experiment is 'chater'; it must be one of .* \(did you mean 'chatter'\?\)"):
        experiment("chater")
    with pytest.raises(ValueError, match=r"elsewhere of claim 1 is ''; an experiment is judged by a rule, in words"):
        Claim(1, "?", experiment="chatter", untested="?")


def test_a_study_without_results_has_no_verdict():
    study = load_study("paper")
    found = judge_all(study, judging.Path("nowhere"))
    assert [each.claim.number for each in found if each.verdict == Verdict.UNTESTED] == [15]
    assert all(each.verdict == Verdict.OPEN for each in found if each.claim.number != 15)


def test_the_command_measures_after_the_trainings_and_shows_what_came_of_it(results, jumps, monkeypatch, capsys):
    from sl1lib.cli import study as command
    from sl1lib.study import Outcome

    missing = [1]
    monkeypatch.setattr(command, "load_study", lambda name: STUDY)
    monkeypatch.setattr(command, "run_study", lambda *_, **__: Outcome(trained=2, missing=missing[0]))
    words = ["study", "run", "smoke", "--results", str(results.parent), "--quiet"]
    assert cli.main(words) == 1
    assert jumps.done == 0  # it may be about the trainings that are missing
    missing[0] = 0
    assert cli.main(words) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"2 rows of evidence on 'jumps' added to {results}"
    assert cli.main(words) == 0
    assert "evidence" not in capsys.readouterr().out
    assert cli.main(["study", "show", "smoke", "--results", str(results.parent)]) == 0
    assert " 4. They jump far.\n    holds: 2 jumps" in capsys.readouterr().out
