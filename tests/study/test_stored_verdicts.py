"""The stored study says what it has always said: all verdicts, with all the numbers that led to them."""

import json
from pathlib import Path

import pytest

from sl1lib.study import Results

ROOT = Path(__file__).parents[2]
KNOWN = json.loads((Path(__file__).parent / "verdicts.json").read_text(encoding="utf-8"))


def said(verdict):
    """A verdict as the reference keeps it, a comparison and a number each as one list under a name."""
    compared = {
        " | ".join([c.stage, *map(str, c.where.values()), c.measure, c.other]): [
            *(c.effect.effect, c.effect.low, c.effect.high, c.effect.p, c.effect.n, c.p_corrected, c.favours),
            *([] if c.equivalent is None else [c.equivalent.low, c.equivalent.high, c.equivalent.p]),
        ]
        for c in verdict.comparisons
    }
    numbers = {key: [each.value, each.low, each.high, each.n] for key, each in verdict.numbers.items()}
    return {"answer": str(verdict.answer), "numbers": compared | numbers}


@pytest.mark.parametrize("study", KNOWN)
def test_every_verdict_of_a_stored_study_has_its_numbers(study):
    results = Results.open(ROOT / "results" / study)
    assert [str(verdict.claim.number) for verdict in results.verdicts] == list(KNOWN[study])
    for verdict, known in zip(results.verdicts, KNOWN[study].values(), strict=True):
        found = said(verdict)
        assert found["answer"] == known["answer"]
        assert found["numbers"].keys() == known["numbers"].keys()
        for key, numbers in known["numbers"].items():
            # Means and quantiles of t: another processor adds up in another order.
            assert found["numbers"][key] == pytest.approx(numbers, rel=1e-9, abs=1e-12, nan_ok=True), key
