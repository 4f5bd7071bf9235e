"""Beside the declared rules: whether another reasonable choice would have led to other verdicts.

None of this changes a verdict. It says how much hangs on a choice that somebody else would have made differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import unexpected
from ...study import (
    ALPHA,
    Claim,
    Comparison,
    Effect,
    Table,
    Verdict,
    compare_trainings,
    holm,
    paired_difference,
    proportion,
)


def failure_rates(stage: Table, vary: str = "method") -> dict[str, tuple[int, int, float, float]]:
    """Count the trainings that diverged or learnt next to nothing, for each value of a column: count, n, low, high.

    The interval of the rate is the exact one, 95 %, Clopper and Pearson's.
    """
    found = {}
    for (value,), rows in stage.groups(vary):
        count, n = int(rows["failed"].sum()), len(rows)
        found[str(value)] = (count, n, *proportion(count, n)[1:])
    return found


def diverged(table: Table, claim: Claim) -> int:
    """Return how many trainings of a claim diverged, and so have no error: its rule drops their pairs."""
    sides = (claim.favoured, *claim.against)
    rows = [table.where(stage=stage) for stage in claim.stages]
    return sum(int(np.isnan(each["held_out_error"][np.isin(each[claim.vary], sides)]).sum()) for each in rows)


def decide_by_one_decade(claim: Claim, table: Table, least: float = 0.3, most: float = 3.5) -> Verdict:
    """Decide a claim about the spread over the strength again, within a factor of about 3 of the tuned one."""
    factors = table["strength_factor"]
    return compare_trainings(claim, table.take((factors >= least) & (factors <= most)))


def text_at_one_rate(table: Table, measure: str = "held_out_error") -> Effect:
    """Compare SL1 with no penalty in reading ``text``, both at the rate that tuning gave SL1.

    Tuning gave no penalty another rate. But the comparison of the error functions has that network at SL1's rate too,
    on the same images and with seeds that the finals have.

    Raises
    ------
    ValueError
        If the two rates are not the same: then nothing is compared at one rate.
    """
    stage, loss = table["stage"], table["loss"]
    ours = (stage == "text finals") & (table["method"] == "SL1")
    plain = (stage == "error function, text") & (loss == "cross_entropy")
    both = table.take(ours | plain)
    rates = sorted(set(both["lr"].tolist()))
    if len(rates) != 1:
        raise unexpected("the learning rates of SL1 and no penalty in reading text", rates, "they must be one")
    return paired_difference(*both.pairs(measure, "method", "SL1", "none"))


@dataclass(frozen=True)
class OneFamily:
    """What stays of the significant comparisons if those of all claims are corrected together."""

    tests: int
    before: int  #: significant in their own families, as declared
    after: int  #: and in the one family
    lost: tuple[tuple[int, Comparison], ...]  #: significant in their own family only, with the number of the claim


def one_family(verdicts: Sequence[Verdict]) -> OneFamily:
    """Correct all comparisons of all claims that p decides as one family, by Holm's procedure."""
    tests = [
        (verdict.claim.number, comparison, _raw(verdict, comparison))
        for verdict in verdicts
        for comparison in verdict.comparisons
        if comparison.tested
    ]
    corrected = holm([p for *_, p in tests])
    before = [comparison.p_corrected < ALPHA for _, comparison, _ in tests]
    after = [p < ALPHA for p in corrected]
    lost = tuple(test[:2] for test, was, still in zip(tests, before, after, strict=True) if was and not still)
    return OneFamily(len(tests), sum(before), sum(after), lost)


def _raw(verdict: Verdict, comparison: Comparison) -> float:
    """Return the p before any correction; of a comparison that is alone, the p that decided, which may be one-sided."""
    return comparison.p_corrected if len(verdict.comparisons) == 1 else comparison.effect.p


@dataclass(frozen=True)
class Noise:
    """How far the candidates of a method are apart in tuning, beside what two seeds cannot tell apart."""

    behind: np.ndarray  #: each candidate's mean error minus the winner's, sorted; infinite where a training failed
    noise: float  #: the standard deviation of a difference of two candidates' means that chance alone gives

    @property
    def alike(self) -> int:
        """How many candidates, the winner among them, are within twice the noise of the winner."""
        return int((self.behind <= 2 * self.noise).sum())


def choice_noise(tuning: Table, settings: Sequence[str] = ("lr", "strength")) -> dict[str, Noise]:
    """Return for each method of a tuning stage how well its candidates can be told apart; ``settings`` make one.

    The variance of one training is pooled over the better half of the method's candidates, those among which a choice
    is made. Trainings of one seed share their start, so that differences may be a little less noisy.
    """
    found = {}
    for (method,), rows in tuning.groups("method"):
        candidates = [each for _, each in rows.groups(*settings)]
        good = [each["held_out_error"] for each in candidates if not each["failed"].any()]
        good.sort(key=lambda errors: float(errors.mean()))
        variance = float(np.mean([errors.var(ddof=1) for errors in good[: -(-len(good) // 2)]]))
        means = np.array([errors.mean() for errors in good] + [np.inf] * (len(candidates) - len(good)))
        found[str(method)] = Noise(means - means[0], float(np.sqrt(2 * variance / len(good[0]))))
    return found
