"""The findings: complete, incomplete, in a newcomer's words; and the verdicts at a glance."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from sl1lib.book.claims import glance, summary
from sl1lib.book.claims.summary import findings_of, in_one_sentence, main_findings, outcome, outcome_of
from sl1lib.book.numbers import effect_text
from sl1lib.book.verdict_tables import headline, number_text, show_numbers
from sl1lib.study import Answer, Comparison, Effect, Equivalence, Number, Results, Verdict, load_study

ROOT = Path(__file__).resolve().parents[2]
CLAIMS = {claim.number: claim for claim in load_study("paper").claims}
STAGES = ("table finals", "text finals")


def effect(middle, n=20):
    return Effect(middle, middle - 1e-4, middle + 1e-4, 0.01, n, direction=int(np.sign(middle)))


def comparisons(measures, others, favours, middle):
    same = Equivalence(-1e-4, 1e-4, 0.001)
    return tuple(
        Comparison(stage, measure, {}, other, effect(middle, 20 if stage == STAGES[0] else 12), 0.01, favours, same)
        for stage in STAGES
        for measure in measures
        for other in others
    )


def judged(number, answer, *comparisons, numbers=(), waiting=""):
    return Verdict(CLAIMS[number], answer, comparisons, {each.key: each for each in numbers}, waiting)


def complete():
    errors = comparisons(["held_out_error"], CLAIMS[3].against, 1, -0.00025)
    times = comparisons(CLAIMS[1].measures, CLAIMS[1].against, -1, 3.0)
    nodes = tuple(
        Comparison(stage, measure, {}, other, found, 0.01, 1)
        for stage in STAGES
        for measure, other, found in (
            ("nodes_removed", "none", Effect(12.34, 11, 14, 0.01, 20)),
            ("error_lost", "the full network", effect(0.0001)),
            ("error_pruned", "none", effect(-0.1)),
        )
    )
    gone = [Number(f"pruned.{stage}", 0.75, 0.5, 0.9, 20, "instances") for stage in STAGES]
    work = [
        Number("saving.all", 5.5, 4, 6, 5, "%"),
        Number("saving.nodes", 2.5, 1, 3, 5, "%"),
        Number("saving.SL1", 0.41, 0.3, 0.5, 5, "%"),
    ]
    others = [
        judged(number, Answer.UNTESTED if number == 15 else Answer.OPEN, waiting="cells of 'x' are missing")
        for number in CLAIMS
        if number not in (1, 3, 5, 10)
    ]
    decided = [
        judged(1, Answer.FAILS, *times),
        judged(3, Answer.HOLDS, *errors),
        judged(5, Answer.HOLDS, *nodes, numbers=gone),
        judged(10, Answer.IN_PART, numbers=work),
    ]
    return sorted(decided + others, key=lambda each: each.claim.number)


def test_short_sentences_with_effects_intervals_and_both_readings():
    accuracy, pruning, counts = findings_of(complete())
    difference = "−0.025 points [−0.035, −0.015]"
    assert accuracy.text == (
        "SL1 is more accurate than each of its rivals: of 12 comparisons it wins 12 and loses 0. In 12 it is shown to "
        "be equal within 0.1 points. It reduces the error no faster than any of its rivals: of 36 comparisons it "
        "reaches a low error sooner in 0 and later in 36. The test error with SL1 minus that without a penalty is "
        f"{difference} in reading `table` (n = 20) and {difference} in reading `text` (n = 12)."
    )
    assert "Of 192 nodes, 12.3 [11.0, 14.0] in reading `table` (n = 20) and " in pruning.text
    assert "The mean cost in test error is +0.010 points [" in pruning.text
    assert "at most" not in pruning.text  # a mean is no bound
    assert "all 192 nodes together do 0.94 % of the multiply-adds" in pruning.text
    assert "they save 5.5 % on average, and 0.4 % with SL1 alone." in pruning.text
    assert counts.text == (
        "Of the paper's 15 claims, 2 hold (3, 5), 1 holds in part (10), 1 does not hold (1), 1 cannot be tested (15) "
        "and 10 are not decided yet (2, 4, 6, 7, 8, 9, 11, 12, 13, 14). A claim holds in part as soon as one of its "
        "comparisons favours it, even where others speak against it."
    )
    (told, *_) = findings_of(complete(), Effect(8e-5, -2e-5, 18e-5, 0.2, 10))
    assert told.text.startswith(accuracy.text)
    assert told.text.endswith("at SL1's rate the difference is +0.008 points [−0.002, +0.018] (n = 10).")
    for finding in (accuracy, pruning, counts):
        assert all(len(sentence.split()) < 45 for sentence in finding.text.split(". ")), "a sentence is read once"
        assert (ROOT / "book" / f"{finding.chapter}.ipynb").is_file()


@pytest.mark.parametrize("topic", ["speed", "accuracy", "pruning"])
@pytest.mark.parametrize("answer", [Answer.HOLDS, Answer.IN_PART, Answer.FAILS])
def test_every_verdict_has_its_words(topic, answer):
    found = [dataclasses.replace(each, answer=answer) if each.claim.topic == topic else each for each in complete()]
    text = " ".join(finding.text for finding in findings_of(found))
    assert summary._SAID[topic][answer] in text
    assert not any(words in text for other, words in summary._SAID[topic].items() if other != answer)


@pytest.mark.parametrize(("number", "place"), [(1, 0), (3, 0), (5, 1), (10, 1)])
def test_a_claim_that_is_open_leaves_its_finding_undecided_and_says_why(number, place):
    found = complete()
    open_one = judged(number, Answer.OPEN, waiting="3 trainings of 'text finals' are missing")
    found = [open_one if each.claim.number == number else each for each in found]
    texts = [finding.text for finding in findings_of(found)]
    assert "not decided yet" in texts[place]
    assert "3 trainings of 'text finals' are missing" in texts[place]
    assert "not decided yet" not in texts[1 - place]


def test_without_results_every_finding_is_there(tmp_path):
    accuracy, pruning, counts = main_findings(Results.open(tmp_path / "paper"))
    assert "not decided yet: trainings that it needs are missing" in accuracy.text
    assert "0.94 %" in pruning.text
    assert counts.text.startswith("Of the paper's 15 claims, 0 hold, 0 hold in part, 0 do not hold, 1 cannot be ")


def test_the_outcome_is_three_sentences_without_a_bracket_or_a_symbol(tmp_path):
    corner, accuracy, pruning = outcome_of(complete(), {"SL1": 1.37, "none": 1.32})
    assert corner == "Whether the rounded corner works as its theory says is not decided yet."
    assert accuracy == (
        "**The network reads digits better with it**, and it does not learn faster; of 1,000 digits that it has never "
        "seen it misreads 14 with the penalty and 13 without."
    )
    assert "of 192, 12 on average if the network is built as the paper's table describes it, 12 if as" in pruning
    assert not re.search(r"[\[\]$_λε]", corner + accuracy + pruning)
    assert in_one_sentence([corner, accuracy, pruning]) == (
        "Whether the rounded corner works as its theory says is not decided yet; the network reads digits better with "
        "it; it switches off nodes, and cutting them away saves next to nothing."
    )
    undecided = outcome(Results.open(tmp_path / "paper"))
    assert all("not decided yet" in sentence for sentence in undecided)


@pytest.mark.parametrize("topic", ["chatter", "speed", "accuracy", "pruning"])
@pytest.mark.parametrize("answer", [Answer.HOLDS, Answer.IN_PART, Answer.FAILS])
def test_every_verdict_has_a_newcomer_s_words(topic, answer):
    found = [dataclasses.replace(each, answer=answer) if each.claim.topic == topic else each for each in complete()]
    assert summary._PLAINLY[topic][answer] in " ".join(outcome_of(found, {}))


def test_numbers_have_the_unit_of_their_measure():
    assert effect_text("held_out_E0", Effect(-0.0123, -0.02, 0.001, 0.1, 9)) == "−0.0123 nats [−0.0200, +0.0010]"
    assert effect_text("updates_to_0.2", Effect(-5, -np.inf, 2, 0.1, 9)) == "−5 updates [−∞, +2]"
    assert effect_text("error_lost", effect(0.0)) == "0.000 points [−0.010, +0.010]"
    assert effect_text("swing", Effect(-2.72, -2.8, -2.6, 0.01, 10)) == "−2.72 ηλ [−2.80, −2.60]"
    assert effect_text("failed", Effect(1, 0, 2, 0.01, 10)) == "+1.00 [0.00, +2.00]"
    rate = Number("network.text.converges", 0.5, 0.07, 0.93, 4, "instances")
    assert number_text(rate) == "2 of 4 [7 %, 93 %] (network, text: instances that converge)"
    power = Number("log10 of what is left", -0.54, -0.786, -0.358, 4, "points")
    assert number_text(power) == "−0.54 [−0.786, −0.358] (log10 of what is left (points))"
    shared = Comparison("small finals", "gap", {"n_train": 5000.0}, "L2", effect(0.01), 0.01, 1)
    assert number_text(shared) == "+1.000 points [+0.990, +1.010] (small finals, n = 5,000; against L2)"
    everything = dataclasses.replace(shared, where={"n_train": None})
    assert "n = all; against L2" in number_text(everything)


def lines(capsys, verdicts):
    """Return the lines of the glance by the claim's number, each with what opens below it."""
    glance.show_glance(verdicts, {claim.topic: f"link {number}" for number, claim in CLAIMS.items()})
    shown = capsys.readouterr().out.split('<details class="sl1-claim" id="verdict-')[1:]
    return {int(each.partition('"')[0]): each for each in shown}


def test_a_glance_has_a_line_a_claim_with_its_verdict_its_bar_and_one_interval(capsys):
    shown = lines(capsys, complete())
    assert list(shown) == list(CLAIMS)
    assert '<span class="verdict holds">✓ holds</span>' in shown[3]
    assert 'aria-label="12 for, 0 against, 0 neither"' in shown[3]
    assert '<span class="told">−0.025 points [−0.035, −0.015] against no penalty</span>' in shown[3]
    assert 'aria-label="interval in favour"' in shown[3]  # a lower error is
    assert 'aria-label="interval against"' in shown[1]  # and so are more updates
    assert 'aria-label="interval in favour"' in shown[5]  # more nodes that go are
    assert '<span class="told">+12.3 nodes removed [+11.0, +14.0] against no penalty</span>' in shown[5]
    assert '<span class="told">5.5 [4, 6] %</span>' in shown[10]
    assert "<svg" not in shown[15]
    assert "Cells of 'x' are missing." in shown[2]
    assert all(f"Evidence: link {number}\n\n</details>" in each for number, each in shown.items())
    assert len(headline(complete()[4])) == 4  # of claim 5: nodes and cost, both readings


def test_an_interval_far_away_is_an_arrow_and_one_around_0_is_on_both_sides(capsys):
    (claim,) = (each for each in complete() if each.claim.number == 3)
    for middle, sign in ((-0.01, "beyond"), (1e-5, "middle")):
        first = dataclasses.replace(claim.comparisons[0], effect=effect(middle))
        line = lines(capsys, [dataclasses.replace(claim, comparisons=(first,))])[3]
        assert f'class="{sign}"' in line
        assert ("on both sides of 0" in line) == (sign == "middle")


@pytest.mark.parametrize(("number", "words"), [(3, "one comparison in favour is enough"), (5, "of what its rule asks")])
def test_what_holds_in_part_says_what_that_means(capsys, number, words):
    (claim,) = (each for each in complete() if each.claim.number == number)
    show_numbers(dataclasses.replace(claim, answer=Answer.IN_PART))
    assert words in capsys.readouterr().out
    show_numbers(dataclasses.replace(claim, answer=Answer.HOLDS))
    assert words not in capsys.readouterr().out


def test_what_holds_in_part_is_told_by_its_largest_differences_both_ways():
    (claim,) = (each for each in complete() if each.claim.number == 3)
    sizes = {0.001: 1, -0.002: 1, 0.004: -1, 0.003: -1, 0.009: 0}
    mixed = tuple(
        dataclasses.replace(first, effect=effect(size), favours=sign)
        for first, (size, sign) in zip(claim.comparisons, sizes.items(), strict=False)
    )
    part = dataclasses.replace(claim, answer=Answer.IN_PART, comparisons=mixed)
    assert [each.effect.effect for each in headline(part)] == [-0.002, 0.004]


def test_a_verdict_is_shown_with_all_its_comparisons_and_estimates(capsys):
    found = complete()
    show_numbers(found[2])
    text = capsys.readouterr().out
    assert "**Claim 3 holds.** Of 12 comparisons, 12 in favour, 0 against, 0 without" in text
    assert text.count("| held-out error |") == 12
    assert "| table finals | held-out error | none | −0.025 points [−0.035, −0.015] | 0.01 | 20 | for |" in text
    show_numbers(found[9])
    assert "- 5.5 [4, 6] (multiply-adds saved, all penalties (%))" in capsys.readouterr().out
    spread = judged(14, Answer.IN_PART, *found[2].comparisons[:1])
    show_numbers(spread)
    assert "spread of the held-out error" in capsys.readouterr().out
