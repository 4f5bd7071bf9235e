"""Declaring a study: the grid it makes, what it refuses, its text and back."""

import datetime
import tomllib
from dataclasses import replace

import pytest
import tomli_w
from study_support import METHODS, small_study

from sl1lib import MOMENTUM_READINGS, Penalty, RunConfig
from sl1lib.study import STUDIES, Choice, Claim, Selection, Stage, Study, load_study
from sl1lib.study.layout import first_selection
from sl1lib.study.record import config_key


def stage(**changes):
    return Stage(**{"name": "finals", "question": "?", "methods": ["SL1"], "seeds": [0]} | changes)


def test_a_stage_trains_every_point_of_its_grid_with_every_seed():
    study = small_study()
    cells = study.cells(study.stages[0])
    assert len(cells) == 3 * 4 * 2
    assert len({cell.key for cell in cells}) == len(cells)
    sl1 = [cell for cell in cells if cell.method == "SL1" and cell.config.seed == 100]
    found = [(cell.config.lr, cell.config.penalty.strength) for cell in sl1]
    assert found == [(0.1, 3e-4), (0.1, 3e-3), (0.3, 3e-4), (0.3, 3e-3)]
    assert all(cell.config.validation == 200 and cell.config.penalty.eps == 0.05 for cell in sl1)
    none = [cell.config for cell in cells if cell.method == "none" and cell.config.seed == 101]
    assert [config.lr for config in none] == [0.1, 0.15, 0.2, 0.3]
    assert {config.penalty for config in none} == {None}


def test_seeds_stand_together_since_they_share_their_batches():
    study = small_study()
    seeds = [cell.config.seed for cell in study.cells(study.stages[0])]
    assert seeds == sorted(seeds)


def test_later_stages_take_what_was_selected():
    study = small_study()
    tuning, finals = study.stages
    choices = [
        Choice("none", {}, {"lr": 0.2}, 0.1, 4, 0, (), 0),
        Choice("L2", {}, {"lr": 0.3, "strength": 1e-4}, 0.1, 4, 0, (), 0),
        Choice("SL1", {}, {"lr": 0.1, "strength": 3e-4}, 0.1, 4, 0, (), 0),
    ]
    cells = study.cells(finals, Selection(tuning, tuple(choices)))
    by_method = {cell.method: cell.config for cell in cells}
    assert [by_method[name].lr for name in ("none", "L2", "SL1")] == [0.2, 0.3, 0.1]
    assert by_method["L2"].penalty == Penalty(1e-4, profile="squared")
    assert by_method["SL1"].penalty == Penalty(3e-4, 0.05)
    assert by_method["none"].validation == 0
    with pytest.raises(ValueError, match=r"selection is None; stage 'finals' is tuned by 'tuning'"):
        study.cells(finals)


def test_a_scale_multiplies_what_was_selected_and_is_rounded():
    study = Study("s", "?", METHODS, [stage(scale={"strength": (1 / 3, 1.0)}, grid={"eps": (0.01, 0.1)})])
    penalties = [cell.config.penalty for cell in study.cells(study.stages[0])]
    assert [(p.eps, p.strength) for p in penalties] == [(0.01, 0.001), (0.01, 0.003), (0.1, 0.001), (0.1, 0.003)]


def test_momentum_is_named():
    study = Study("s", "?", METHODS, [stage(grid={"momentum": ("rise", 0.9)})])
    momenta = [cell.config.momentum for cell in study.cells(study.stages[0])]
    assert momenta == [MOMENTUM_READINGS["rise"], RunConfig(momentum=0.9).momentum]


def test_a_tuning_stage_can_select_for_each_value_of_another_axis():
    tuning = stage(
        name="tuning", fields={"validation": 9}, grid={"momentum": ("ramp", "none"), "lr": (0.1, 0.2)}, select=("lr",)
    )
    finals = stage(tuned_by="tuning", grid={"momentum": ("none", "ramp")})
    study = Study("s", "?", METHODS, [tuning, finals])
    choices = [
        Choice("SL1", {"momentum": name}, {"lr": lr}, 0, 2, 0, (), 0) for name, lr in (("ramp", 0.1), ("none", 0.2))
    ]
    cells = study.cells(finals, Selection(tuning, tuple(choices)))
    assert [(cell.point["momentum"], cell.config.lr) for cell in cells] == [("none", 0.2), ("ramp", 0.1)]
    with pytest.raises(ValueError, match=r"'momentum' is missing: stage 'tuning' selects for each value of it"):
        Study("s", "?", METHODS, [tuning, stage(tuned_by="tuning")])


@pytest.mark.parametrize("name", STUDIES)
def test_the_studies_of_the_library_can_be_laid_out_and_written(name):
    study = load_study(name)
    assert study.name == name
    assert Study.from_toml(study.to_toml()) == study
    for each in study.stages:
        cells = study.cells(each, first_selection(study, each))
        assert cells
        assert {cell.method for cell in cells} == set(each.methods)


def test_a_study_survives_being_written_and_read():
    claim = Claim(1, 'With "quotes" and ε', ["finals"], ["gap"], favoured="SL1", against=["none"], each=["n_train"])
    study = small_study(claims=(claim,), question='Umlaut ü, backslash \\, "quote", \x7f')
    assert Study.from_toml(study.to_toml()) == study


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(small_study().to_toml(), encoding="utf-8")
    assert load_study(path) == small_study()
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.toml: Invalid value"):
        load_study(path)
    path.write_text('name = "x"\nquestion = "?"\n[methods]\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.toml: the declaration has no 'stages'; it must be given"):
        load_study(path)
    path.write_text(small_study().to_toml(), encoding="utf-8-sig")
    assert load_study(path) == small_study()
    with pytest.raises(ValueError, match=r"study is 'papre'; it must be one of .*smoke.*, or a file"):
        load_study("papre")


def test_the_key_of_a_configuration_is_what_stored_results_are_found_by():
    config = RunConfig(penalty=Penalty(1e-3, 1e-2))
    assert config_key(config) == "58785087ad16aa7a"
    assert config_key(config.replace(lr_end=0.1)) != config_key(config)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: stage(methods="SL1"), r"methods of stage 'finals' is 'SL1'; it must be a list"),
        (lambda: stage(seeds=100), r"seeds of stage 'finals' is 100; it must be a list"),
        (lambda: stage(methods=[]), r"methods of stage 'finals' is \(\); it must have one entry at least"),
        (lambda: stage(seeds=[1, 1]), r"seeds of stage 'finals' is \(1, 1\); it must have one entry at least"),
        (lambda: stage(fields={"epoch": 1}), r"a field of stage 'finals' is 'epoch'.*did you mean 'epochs'"),
        (lambda: stage(grid={"strenght": (1,)}), r"an axis of stage 'finals' is 'strenght'.*did you mean 'strength'"),
        (lambda: stage(grid={"lr": ()}), r"the values of axis 'lr' is \(\); it must be a list of one value at least"),
        (lambda: stage(grid={"lr": 0.1}), r"the values of axis 'lr' is 0.1; it must be a list"),
        (lambda: stage(grid={"lr": (1,)}, scale={"lr": (1,)}), r"'lr'; it stands in grid and in scale"),
        (lambda: stage(grid={"lr": [1, 1.0]}), r"axis 'lr' is \[1, 1.0\]; it has 1.0 twice"),
        (lambda: stage(scale={"momentum": [1]}), r"a scaled axis of stage 'finals' is 'momentum'; it must be one of"),
        (lambda: stage(scale={"lr": ["a"]}), r"a factor of 'lr' of stage 'finals' is 'a'; it must be a finite number"),
        (
            lambda: Study("s", "?", METHODS, [stage(scale={"lr": [1]})]),
            r"'lr', which stage 'finals' scales, has no value; set it in the base or in the stage's fields",
        ),
        (
            lambda: Study("s", "?", METHODS, [stage(scale={"lr": [1]}, fields={"lr": "fast"})]),
            r"'lr', which stage 'finals' scales, is 'fast'; it must be a finite number",
        ),
        (lambda: stage(scale={"lr": [1, 1]}), r"axis 'lr' is \[1, 1\]; it has 1 twice"),
        (lambda: stage(instead={"SL1": {"lr": [1, 1]}}), r"axis 'lr' is \[1, 1\]; it has 1 twice"),
        (lambda: stage(grid={"momentum": ["constant", 0.2]}), r"axis 'momentum' .*; it has 0.2 twice"),
        (lambda: stage(select=["reading"]), r"a selected field of stage 'finals' is 'reading'; it must be one of"),
        (lambda: stage(select=["momentum"]), r"a selected field of stage 'finals' is 'momentum'; it must be one of"),
        (lambda: stage(select=["loss"]), r"a selected field of stage 'finals' is 'loss'; it must be one of"),
        (lambda: stage(instead={"L2": {"lr": (1,)}}), r"a method in 'instead' of stage 'finals' is 'L2'"),
        (
            lambda: stage(grid={"lr": (1,)}, select=["lr"]),
            r"validation of stage 'finals' is 0; tuning needs validation",
        ),
        (lambda: small_study(name="a/b"), r"the name of a study is 'a/b'; it names a folder"),
        (lambda: small_study(methods={"SL1": None}), r"the name of a method is 'SL1'; tables will call it 'none'"),
        (lambda: small_study(base={"seed": 1}), r"a field of the base is 'seed'"),
        (lambda: Study("s", "?", METHODS, [stage(), stage()]), r"a stage is 'finals'; another stage has it already"),
        (
            lambda: Study("s", "?", METHODS, [stage(name="!?")]),
            r"a stage is '!\?'; it names a file, and needs a letter",
        ),
        (
            lambda: Study("s", "?", METHODS, [stage(name="x a"), stage(name="X-A")]),
            r"a stage is 'X-A'; its results would be in the file 'x-a', where those of stage 'x a' are",
        ),
        (lambda: Study("s", "?", METHODS, [stage(methods=["L1"])]), r"a method of stage 'finals' is 'L1'; it must be"),
        (lambda: Study("s", "?", METHODS, [stage(tuned_by="x")]), r"tuned_by of stage 'finals' is 'x'"),
        (
            lambda: small_study(claims=[Claim(1, "?", ["x"], ["gap"], favoured="a", against=["b"])]),
            r"a stage of claim 1",
        ),
        (lambda: Claim(2, "?", ["x"], ["speed"]), r"a measure of claim 2 is 'speed'"),
        (
            lambda: Claim(2, "?", ["x"], ["gap"], favoured="a"),
            r"against of claim 2 is \(\); a claim that is tested needs it",
        ),
        (lambda: Claim(2, "?", ["x"], ["gap"], spread_over="lr"), r"measures of claim 2 is \('gap',\); a spread needs"),
    ],
)
def test_what_is_wrong_is_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize("value", [[1], {"start": 0.1}, "fast", datetime.date(2020, 1, 1)])
@pytest.mark.parametrize("where", ["fields", "grid"])
def test_a_value_that_no_training_has_is_named_with_its_stage(value, where):
    study = Study("s", "?", METHODS, [stage(**{where: {"momentum": value if where == "fields" else [value]}})])
    with pytest.raises(ValueError, match=r"stage 'finals', SL1: momentum is ") as error:
        study.cells(study.stages[0])
    assert repr(value) in str(error.value)


def test_what_toml_cannot_say_is_named():
    study = Study("s", "?", METHODS, [stage(grid={"momentum": [MOMENTUM_READINGS["ramp"]]})])
    assert study.cells(study.stages[0])
    with pytest.raises(
        ValueError, match=r"study 's' cannot be written as TOML \(.*MomentumRamp.*\); each value must be a text"
    ):
        study.to_toml()


SMALL = """\
name = "small"
question = "?"

[base]
data = "digits"
epochs = 1
batch_size = 100

[methods]
none = {}
L2 = {profile = "squared", strength = 0.001}
SL1 = {strength = 0.003, eps = 0.05}

[[stages]]
name = "tuning"
question = "Which?"
methods = ["none", "L2", "SL1"]
seeds = [100, 101]
fields = {validation = 200}
grid = {lr = [0.1, 0.3]}
scale = {strength = [0.1, 1.0]}
instead = {none = {lr = [0.1, 0.15, 0.2, 0.3]}}
select = ["lr", "strength"]

[[stages]]
name = "finals"
question = "How good?"
methods = ["none", "L2", "SL1"]
seeds = [0, 1, 2]
tuned_by = "tuning"
keep_params = true
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds =", "seed =", r"a key of number 1 of the stages is 'seed'; .*did you mean 'seeds'"),
        ("seeds = [100, 101]", "seeds = 100", r"seeds of stage 'tuning' is 100; it must be a list"),
        ("seeds = [100, 101]", "seeds = [0.5]", r"a seed of stage 'tuning' is 0.5; it must be a whole number"),
        (
            'methods = ["none", "L2", "SL1"]',
            'methods = "SL1"',
            r"methods of stage 'tuning' is 'SL1'; it must be a list",
        ),
        ("grid = {lr = [0.1, 0.3]}", "grid = 3", r"grid of stage 'tuning' is 3; it must be a table"),
        ("instead = {none = {", "instead = {none = 3, L2 = {", r"'none' in 'instead' of stage 'tuning' is 3; it must"),
        ("none = {}", "none = 3", r"method 'none' is 3; it must be a table"),
        ("none = {}", "none = {profil = 1}", r"a key of method 'none' is 'profil'; it .*did you mean 'profile'"),
        ("[methods]", "[method]", r"a key of the declaration is 'method'; it .*did you mean 'methods'"),
        ('name = "small"', "name = 3", r"the name of a study is 3; it must be a text"),
        ('name = "tuning"', "name = 3", r"the name of a stage is 3; it must be a text"),
        ('question = "?"\n', 'question = "?"\nclaims = [3]\n', r"number 1 of the claims is 3; it must be a table"),
        ('question = "?"\n', 'question = "?"\nclaims = "x"\n', r"claims is 'x'; each stands in a table of its own"),
        ('question = "?"\n', "", r"the declaration has no 'question'; it must be given"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(old, new, message):
    assert Study.from_toml(SMALL) == small_study()
    assert old in SMALL
    with pytest.raises(ValueError, match=message):
        Study.from_toml(SMALL.replace(old, new, 1))


def _changed(given, value):
    """Yield copies of a declaration with one of its values, however deep, replaced."""
    for place in given if isinstance(given, dict) else range(len(given)):
        for new in (value, *(_changed(given[place], value) if isinstance(given[place], dict | list) else ())):
            copy = given.copy()
            copy[place] = new
            yield copy


@pytest.mark.parametrize("value", [3, -1.5, "x", True, [], [[1]], ["x"], {}, {"x": 1}, [{"x": 1}]])
def test_whatever_is_wrong_in_a_file_is_an_error_with_words(value):
    whole, refused = tomllib.loads(load_study("smoke").to_toml()), []
    for wrong in _changed(whole, value):
        text = tomli_w.dumps(wrong)
        try:
            study = Study.from_toml(text)
            for each in study.stages:
                study.cells(each, first_selection(study, each))
        except ValueError as error:
            refused.append(str(error))
    assert len(refused) > 20
    for message in refused:
        assert " is " in message or " has no " in message
        assert "object" not in message  # Python's words about its own types


def claim(**changes):
    settings = {"stages": ["finals"], "measures": ["held_out_error"], "favoured": "SL1", "against": ["none"]}
    return Claim(**{"number": 3, "statement": "?"} | settings | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": "3"}, r"the number of a claim is '3'; it must be a whole number of at least 1"),
        ({"favoured": "SLI"}, r"favoured of claim 3 is 'SLI'; stage 'finals' has 'none', 'SL1' in column 'method'"),
        ({"against": ["L3"]}, r"against of claim 3 is 'L3'; stage 'finals' has 'none', 'SL1' in column 'method'"),
        ({"against": ["SL1"]}, r"against of claim 3 is \('SL1',\); 'SL1' is favoured, and"),
        ({"against": ["none", "none"]}, r"against of claim 3 .*; it has 'none' twice"),
        ({"against": "none"}, r"against of claim 3 is 'none'; it must be a list"),
        ({"vary": "methods"}, r"vary of claim 3, in stage 'finals', is 'methods'; it .*did you mean 'method'"),
        ({"vary": "loss"}, r"vary of claim 3, in stage 'finals', is 'loss'; it must be one of 'method', 'momentum', "),
        ({"each": ["momenta"]}, r"a column in 'each' of claim 3 is 'momenta'; .*did you mean 'momentum'"),
        ({"each": ["method"]}, r"a column in 'each' of claim 3 is 'method'; it must be one of"),
        ({"each": []}, r"each of claim 3 is \(\); stage 'finals' has several .* differ in 'momentum'; add it"),
        ({"spread_over": "strength"}, r"spread_over of claim 3, in stage 'finals', is 'strength'; it must be one of"),
        ({"vary": "momentum", "each": []}, r"favoured of claim 3 is 'SL1'; stage 'finals' has 'none', '0.9' in column"),
    ],
)
def test_claims_that_no_training_could_decide_are_refused_before_the_training(changes, message):
    finals = stage(methods=["none", "SL1"], grid={"momentum": ("none", 0.9)}, scale={"strength": (1.0,)})
    given = {"each": ["momentum"]}
    assert Study("s", "?", METHODS, [finals], claims=[claim(**given)]).claims
    sides = {"vary": "momentum", "favoured": "none", "against": ["0.9"], "each": ["method"]}
    assert Study("s", "?", METHODS, [finals], claims=[claim(**sides)]).claims
    with pytest.raises(ValueError, match=message):
        Study("s", "?", METHODS, [finals], claims=[claim(**given | changes)])


def test_each_claim_has_a_number_of_its_own():
    with pytest.raises(ValueError, match=r"the number of a claim is 2; another claim has it already"):
        small_study(claims=[Claim(2, "?", untested="?"), Claim(2, "!", untested="?")])


def test_methods_of_a_tuning_stage_have_equal_budgets():
    tuning, finals = small_study().stages
    with pytest.raises(ValueError, match=r"in stage 'tuning' is \{'none': 2, 'L2': 4, 'SL1': 4\}; an equal budget"):
        small_study(stages=(replace(tuning, instead={}), finals))
