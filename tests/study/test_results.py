"""All claims decided: by trainings, by experiments; and what is missing, out of date or damaged."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support import PATIENCE

from sl1lib import cli
from sl1lib.book.reasons import reason
from sl1lib.study import (
    EXPERIMENTS,
    Answer,
    Claim,
    Experiment,
    NotMeasuredError,
    Number,
    Results,
    StoreError,
    Study,
    Table,
    experiments,
    load_study,
)
from sl1lib.study.evidence import evidence_path, save_evidence
from sl1lib.study.verdicts import UndecidedError
from sl1lib.training import processes

SMOKE = load_study("smoke")


def jumping(number, statement, **changes):
    declared = {"experiment": "jumps", "rule": "jumps", "settings": {"least": 2}, "words": "If {least} jump."}
    return Claim(number, statement, **declared | changes)


CLAIMS = (*SMOKE.claims, jumping(3, "Weights jump."), jumping(4, "They jump far."))
STUDY = dataclasses.replace(SMOKE, claims=CLAIMS)


def count_jumps(table, least):
    if table["far"].max() < 0:
        raise UndecidedError("nothing jumped yet")
    return Answer.HOLDS if len(table) >= least else Answer.FAILS, (), [Number("jumps", len(table), 0, 9, 1)]


@dataclasses.dataclass(frozen=True)
class Jumps(Experiment):
    """An experiment that counts how often it is done."""

    done: list = dataclasses.field(default_factory=list)
    version: list = dataclasses.field(default_factory=lambda: [1])
    before: object = None
    far: tuple = (1.0, 2.0)

    def measure(self, results, progress=True):
        self.done.append(results.study.name)
        if self.before is not None:
            self.before()
        return Table({"far": np.array(self.far)}, name=self.name, provenance={"version": self.version[0]})

    def is_current(self, table, results):
        return table.provenance["version"] == self.version[0]


@pytest.fixture
def known(monkeypatch):
    """The experiments by name, to which a test adds its own."""
    added = dict(EXPERIMENTS)
    monkeypatch.setattr(experiments, "EXPERIMENTS", added)
    return added


@pytest.fixture
def jumps(known):
    known["jumps"] = Jumps("jumps", {"jumps": count_jumps})
    return known["jumps"]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "smoke"
    folder.mkdir()
    return folder


def verdicts(folder, study=STUDY):
    return Results(study, folder).verdicts


def measured(folder, study=STUDY, processes=None):
    return [table.name for table in Results(study, folder).measure_missing(progress=False, processes=processes)]


def test_claims_wait_for_trainings_and_evidence(folder, jumps):
    found = verdicts(folder)
    assert [each.claim for each in found] == list(CLAIMS)
    assert [each.answer for each in found] == [Answer.OPEN, Answer.UNTESTED, Answer.OPEN, Answer.OPEN]
    assert reason(found[0]) == "trainings that it needs are missing: 21 of 'finals'"
    assert reason(found[1]) == "A minimum that was found does not show that it is the global one."
    assert reason(found[2]) == "its evidence is not there; `sl1 study run smoke` makes it"


def test_evidence_is_made_once_and_again_when_it_is_out_of_date(folder, jumps):
    assert measured(folder) == ["jumps"]
    assert measured(folder) == []
    assert len(jumps.done) == 1  # for both claims
    assert [each.numbers["jumps"].value for each in verdicts(folder)[2:]] == [2, 2]
    jumps.version[0] = 2
    assert verdicts(folder)[2].answer == Answer.OPEN
    assert verdicts(folder)[2].waiting == "its evidence is out of date; `sl1 study run smoke` makes it"
    with pytest.raises(NotMeasuredError, match=r"jumps\.json is out of date; `sl1 study run smoke` makes it"):
        Results(STUDY, folder).experiment("jumps")
    assert measured(folder) == ["jumps"]
    assert verdicts(folder)[2].answer == Answer.HOLDS


def test_results_read_each_file_once(folder, jumps, monkeypatch):
    measured(folder)
    read, original = [], type(folder).read_text
    monkeypatch.setattr(type(folder), "read_text", lambda path, **how: read.append(path.name) or original(path, **how))
    results = Results(STUDY, folder)
    assert read == []
    assert results.verdict(3).answer == results.verdict(4).answer == Answer.HOLDS
    assert results.experiment("jumps") is results.experiment("jumps")
    assert results.verdict(3) is results.verdict(3)
    assert read == ["jumps.json"]


def test_damaged_evidence_is_an_error_to_judge_and_made_again_to_measure(folder, jumps):
    measured(folder)
    path = evidence_path(folder, "jumps")
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    with pytest.raises(StoreError, match=r"jumps\.json holds no evidence"):
        verdicts(folder)
    assert measured(folder) == ["jumps"]
    assert verdicts(folder)[3].answer == Answer.HOLDS


def test_evidence_without_what_its_experiment_looks_up_is_damaged(folder, jumps):
    save_evidence(Table({"far": np.array([1.0])}, name="jumps"), folder)
    with pytest.raises(StoreError, match=r"jumps\.json holds no evidence \(KeyError: 'version'\); delete it, and `sl1"):
        verdicts(folder)
    assert measured(folder) == ["jumps"]
    assert verdicts(folder)[3].answer == Answer.HOLDS


def test_a_rule_says_what_it_waits_for_and_refuses_other_settings(folder, known):
    known["jumps"] = Jumps("jumps", {"jumps": count_jumps}, far=(-1.0,))
    measured(folder)
    assert verdicts(folder)[2].waiting == "nothing jumped yet"
    for changes, message in (
        ({"rule": "jump"}, r"rule of claim 3 is 'jump'; it must be one of 'jumps' \(did you mean 'jumps'\?\)"),
        (
            {"settings": {"least": 1, "most": 2}},
            r"settings of claim 3 is \['least', 'most'\]; rule 'jumps' takes least",
        ),
    ):
        study = dataclasses.replace(STUDY, claims=[jumping(3, "?", **changes)])
        with pytest.raises(ValueError, match=message):
            verdicts(folder, study)


def test_an_interrupted_experiment_leaves_nothing_and_the_finished_ones(folder, jumps, known):
    def interrupt():
        raise KeyboardInterrupt

    known["other"] = Jumps("other", {"jumps": count_jumps}, before=interrupt)
    both = dataclasses.replace(STUDY, claims=(*CLAIMS, jumping(5, "?", experiment="other")))
    with pytest.raises(KeyboardInterrupt):
        measured(folder, both, processes=1)
    assert [path.name for path in (folder / "evidence").iterdir()] == ["jumps.json"]


class Threads(ThreadPoolExecutor):
    """Stands for `Processes`, which would not see what a test replaces."""

    stopped = False

    def stop(self):
        self.stopped = True


@pytest.mark.parametrize("fails", [False, True])
def test_several_experiments_run_side_by_side_and_what_is_done_is_kept(folder, jumps, known, monkeypatch, fails):
    first_is_kept = threading.Event()

    def wait():
        assert first_is_kept.wait(PATIENCE)  # so both run at once
        if fails:
            raise RuntimeError("broken on purpose")

    known["other"] = Jumps("other", {"jumps": count_jumps}, before=wait)
    pools = []
    monkeypatch.setattr(processes, "Processes", lambda count: pools.append(Threads(2)) or pools[0])
    both = dataclasses.replace(STUDY, claims=(jumping(5, "?", experiment="other"), *CLAIMS))
    found = Results(both, folder).measure_missing(progress=False)
    assert next(found).name == "jumps"
    assert [path.name for path in (folder / "evidence").iterdir()] == ["jumps.json"]
    first_is_kept.set()
    if fails:
        with pytest.raises(RuntimeError, match="on purpose"):
            next(found)
    else:
        assert [each.name for each in found] == ["other"]
    assert pools[0].stopped is fails
    assert len(list((folder / "evidence").iterdir())) == 2 - fails


def test_every_experiment_of_the_paper_has_the_rules_that_are_asked_of_it():
    study = load_study("paper")
    asked = [claim for claim in study.claims if claim.words]
    assert {claim.experiment for claim in asked} == set(EXPERIMENTS) - {"rounding"}
    rules = {(claim.experiment, claim.rule) for claim in asked}
    assert rules == {(name, rule) for name, each in EXPERIMENTS.items() for rule in each.rules}
    with pytest.raises(ValueError, match=r"experiment is 'chater'; it must be one of .* \(did you mean 'chatter'\?\)"):
        experiments.experiment_of("chater")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rule": ""}, r"claim 3 has experiment 'jumps' and no 'rule'; it needs both"),
        ({"experiment": ""}, r"claim 3 has rule 'jumps' and no 'experiment'; it needs both"),
        ({"words": ""}, r"claim 3 has rule 'jumps' and no 'words'; it needs both"),
        ({"words": "{most:g}"}, r"words of claim 3 is '\{most:g\}'; each name in braces must be one of the settings"),
        ({"settings": 3}, r"settings of claim 3 is 3; it must be a table"),
    ],
)
def test_a_claim_on_an_experiment_says_by_which_rule_and_in_words(changes, message):
    assert jumping(3, "?").rule_in_words == "If 2 jump."
    with pytest.raises(ValueError, match=message):
        jumping(3, "?", **changes)


def test_a_study_without_results_has_no_verdict():
    found = Results(load_study("paper"), "nowhere").verdicts
    assert [each.claim.number for each in found if each.answer == Answer.UNTESTED] == [15]
    assert all(each.answer == Answer.OPEN for each in found if each.claim.number != 15)


def test_rules_that_version_0_1_stored_as_prose_are_read_and_not_decided(folder):
    text = (
        SMOKE.to_toml() + '\n[[claims]]\nnumber = 9\nstatement = "?"\nelsewhere = "By eye."\nexperiment = "chatter"\n'
    )
    study = Study.from_toml(text)
    assert study.claims[-1] == Claim(9, "?", words="By eye.")
    found = Results(study, folder).verdict(9)
    assert (found.answer, found.waiting) == (Answer.OPEN, "By eye.")


def test_a_folder_is_opened_by_its_name_or_by_its_declaration(tmp_path):
    assert Results.open(tmp_path / "smoke").study == SMOKE
    own = tmp_path / "mine"
    own.mkdir()
    with pytest.raises(ValueError, match=r"study is 'mine'; it must be one of"):
        Results.open(own)
    mine = dataclasses.replace(SMOKE, name="mine")
    (own / "study.toml").write_text(mine.to_toml(), encoding="utf-8")
    assert Results.open(own).study == mine
    with pytest.raises(ValueError, match=r"claim is 7; the claims of study 'mine' are 1, 2"):
        Results.open(own).verdict(7)


def test_the_command_measures_after_the_trainings_and_shows_what_came_of_it(folder, jumps, monkeypatch, capsys):
    from sl1lib.cli import study as command
    from sl1lib.study import Outcome

    missing = [1]
    monkeypatch.setattr(command, "load_study", lambda name: STUDY)
    monkeypatch.setattr("sl1lib.study.runner.run", lambda *_, **__: Outcome(trained=2, missing=missing[0]))
    monkeypatch.setattr("sl1lib.book.reasons._REASONS", {"jumps": lambda verdict: "they do"})
    words = ["study", "run", "smoke", "--results", str(folder.parent), "--quiet"]
    assert cli.main(words) == 1
    assert jumps.done == []  # it may be about the trainings that are missing
    missing[0] = 0
    assert cli.main(words) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"2 rows of evidence on 'jumps' added to {folder}"
    assert cli.main(words) == 0
    assert "evidence" not in capsys.readouterr().out
    assert cli.main(["study", "show", "smoke", "--results", str(folder.parent)]) == 0
    assert " 4. They jump far.\n    holds: they do\n      jumps: 2 [0, 9], n = 1\n" in capsys.readouterr().out
