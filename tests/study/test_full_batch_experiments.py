"""Claims 7, 8 and 9: planted evidence gets the verdict that the rule gives it, measured evidence is as designed."""

import dataclasses
import itertools

import numpy as np
import pytest

from sl1lib.study import Answer, Table, load_study
from sl1lib.study.evidence import load_evidence, save_evidence
from sl1lib.study.experiments import chatter, consistency, convergence

CLAIMS = {claim.number: claim for claim in load_study("paper").claims}


def jumps(instances=10, **changes):
    """Evidence of jumping as it is predicted, but for some methods at some share."""
    rows = []
    for i, (method, (_, _, shares)) in itertools.product(range(instances), chatter.METHODS.items()):
        for lr, momentum, share in itertools.product((0.01, 0.002), (0.0, 0.2), shares):
            wrong = changes.get(method.replace(" ", "_")) == share and lr == 0.01 and i == 0
            jumping = float((share > 1) != wrong)
            row = {"instance": i, "method": method, "lr": lr, "momentum": momentum, "share": share}
            rows.append(row | {"swing": jumping + 0.01 * i, "jumping": jumping, "changes": jumping})
    return Table.of_rows(rows, name="chatter")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Answer.HOLDS),
        ({"SL1_quartic": 0.9}, Answer.HOLDS),  # the rule does not speak of it
        ({"SL1": 0.97}, Answer.IN_PART),
        ({"SL1": 1.03}, Answer.IN_PART),
        ({"L1": np.inf}, Answer.FAILS),
        ({"group_lasso": np.inf, "SL1": 0.5}, Answer.FAILS),
    ],
)
def test_claim_7(changes, verdict):
    found = chatter.CHATTER.decide(CLAIMS[7], jumps(**changes))
    assert found.answer == verdict
    assert [found.numbers[f"jumps.{method}"].n for method in chatter.METHODS] == [10, 10, 10, 10]
    assert (found.numbers["jumps.SL1"].value == 1) == ("SL1" not in changes)
    assert all(comparison.effect.n == 10 for comparison in found.comparisons)


def test_the_swings_of_claim_7_are_compared_instance_by_instance():
    plain, lasso = chatter.CHATTER.decide(CLAIMS[7], jumps()).comparisons
    assert (plain.other, lasso.other, plain.favours) == ("L1", "group lasso", 1)
    assert (plain.effect.effect, plain.effect.low, plain.effect.high) == pytest.approx((-1, -1, -1))


def courses(layer_left=1e-4, network_left=1e-4, layer_rises=0, network_rises=0, above=5):
    rows = []

    def course(part, reading, i, rate, momentum, rises, left):
        for t in (0, 10):
            row = {"part": part, "reading": reading, "instance": i, "rate": rate, "momentum": momentum, "update": t}
            done = {"rises": rises if t else 0, "short": 0, "kernels": 1.0}
            rows.append(row | done | {"E": 2.0 - 0.1 * t, "gradient": 3.0 * left if t else 3.0})

    for i in range(4):
        for rate in convergence.BELOW:
            course("last layer", "table", i, rate, 0.0, layer_rises if i == 0 else 0, layer_left)
        course("last layer", "table", i, convergence.ABOVE[0], 0.0, above, 1.0)
        course("last layer", "table", i, 1.52, convergence.MOMENTUM, 0, layer_left)
        for reading, rates in convergence.RATES.items():
            for place, rate in enumerate(rates):
                good = place == 0 or reading == "text"
                rises = network_rises if good and i == 0 and reading == "table" else 0 if good else 7
                course("network", reading, i, rate, 0.0, rises, network_left if reading == "table" else 1e-3)
    return Table.of_rows(rows, name="convergence")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Answer.HOLDS),  # at the smaller rate, which is enough where no bound is known
        ({"network_left": 0.02}, Answer.IN_PART),
        ({"network_rises": 1}, Answer.IN_PART),
        ({"layer_rises": 1}, Answer.FAILS),
        ({"layer_left": 0.011}, Answer.FAILS),
        ({"above": 0}, Answer.HOLDS),  # above the bound it may rise, and need not
    ],
)
def test_claim_8(changes, verdict):
    found = convergence.CONVERGENCE.decide(CLAIMS[8], courses(**changes))
    assert found.answer == verdict
    left = [found.numbers[f"{part}.left"] for part in ("layer", "network.table", "network.text")]
    assert all(each.low <= each.value <= each.high for each in left)
    assert left[0].value == pytest.approx(100 * changes.get("layer_left", 1e-4))
    assert left[1].value == pytest.approx(100 * changes.get("network_left", 1e-4))
    assert left[2].value == pytest.approx(100 * 1e-3)
    assert all(each.n == 4 for each in found.numbers.values())


def test_gradients_that_are_left_have_the_mean_of_their_logarithms():
    evidence = courses()
    rows = convergence.ends(evidence, part="network", reading="table").where(rate=0.01)
    assert len(rows) == 4
    last = (evidence["part"] == "network") & (evidence["reading"] == "table") & (evidence["rate"] == 0.01)
    last &= evidence["update"] > 0
    columns = evidence.columns | {"gradient": evidence["gradient"].copy()}
    columns["gradient"][last] = 3 * np.array([0.1, 0.1, 0.4, 0.4])
    found = convergence.CONVERGENCE.decide(CLAIMS[8], Table(columns))
    mean = found.numbers["network.table.left"]
    assert mean.value == pytest.approx(20)
    # Student's, 3 degrees of freedom: 3.1824 times a standard error of log10(2) / sqrt(3)
    half = 3.182446 * np.log10(2) / np.sqrt(3)
    assert (mean.low, mean.high) == pytest.approx((20 / 10**half, 20 * 10**half), rel=1e-5)


def distances(power=1.0, last=None, instances=3):
    rows = []
    for i in range(instances):
        far = [4 * eps**power for eps in consistency.WIDTHS]
        if last is not None and i == 0:
            far[-1] = last
        rows += [
            {"instance": i, "eps": eps, "distance": distance, "tolerance": 1e-9}
            for eps, distance in zip(consistency.WIDTHS, far, strict=True)
        ]
    return Table.of_rows(rows, name="consistency")


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        (distances(), Answer.HOLDS),
        (distances(last=2e-9), Answer.IN_PART),  # outside the tolerance, and rising
        (distances(last=4e-10), Answer.IN_PART),  # within it, but the last step rose
        (distances(power=0.5), Answer.FAILS),
        (distances(power=0.0), Answer.FAILS),
    ],
)
def test_claim_9(evidence, verdict):
    found = consistency.CONSISTENCY.decide(CLAIMS[9], evidence)
    assert found.answer == verdict
    assert found.numbers["tends"].n == 3
    if verdict == Answer.HOLDS:
        assert found.numbers["power"].value == pytest.approx(1)


@pytest.mark.parametrize("experiment", [chatter.CHATTER, convergence.CONVERGENCE, consistency.CONSISTENCY])
def test_evidence_of_another_design_is_out_of_date(experiment, tmp_path):
    quick = dataclasses.replace(experiment, rows=lambda instance: [{"a": 1.0 * instance}])
    kept = quick.measure(progress=False)
    assert kept["a"].tolist() == list(range(experiment.design["instances"]))
    assert kept.provenance["data"] == "digits"
    save_evidence(kept, tmp_path)
    assert experiment.is_current(load_evidence(tmp_path, experiment.name))
    other = dataclasses.replace(experiment, design={**experiment.design, "instances": 1})
    assert not other.is_current(kept)
    assert not experiment.is_current(Table(kept.columns))


def test_small_measurements_agree_with_what_was_planted():
    rows = Table.of_rows(list(chatter.descents(1, rates=[0.01], momenta=[0.2])), name="chatter")
    assert chatter._as_predicted(rows.where(method="SL1")).all()
    (plain,) = rows.where(method="L1")["jumping"]
    assert plain > 0.9

    solved = Table.of_rows(list(consistency.solutions(0, widths=[1e-2, 1e-4])), name="consistency")
    assert 50 < solved["distance"][0] / solved["distance"][1] < 200
    assert solved["tolerance"][0] < 1e-6

    courses_ = Table.of_rows(list(convergence.layer_courses(0)), name="convergence")
    ends = convergence.ends(courses_, part="last layer", momentum=0.0)
    assert ends.where(rate=1.9)["rises"][0] == 0 < ends.where(rate=2.3)["rises"][0]
    assert ends.where(rate=1.9)["left"][0] < 0.01 < ends.where(rate=2.3)["left"][0]


def test_two_measurements_are_one():
    first, second = (list(convergence.network_courses(2, "text", updates=3)) for _ in range(2))
    assert first == second
