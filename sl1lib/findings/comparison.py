"""What a fair comparison asks of stored trainings, and what an unfair one pretends."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import ArrayLike

from .. import fast, reference
from ..data import Dataset
from ..errors import require_count, unexpected
from ..experiment import RunConfig
from ..experiment.study import (
    Comparison,
    Effect,
    Finding,
    Judgement,
    Layout,
    Selection,
    Store,
    Study,
    Table,
    audit,
    judge,
    load_study,
    paired_difference,
)
from ..experiment.study.table import make_table


@dataclass(frozen=True, eq=False)
class Results:
    """The complete stages of a stored study.

    Parameters
    ----------
    study : Study
    folder : Path
        Where its results are.
    table : Table
        The trainings of all stages that are complete, and no others: half a stage would compare unequal numbers.
    selections : mapping of str to Selection
        What the tuning stages chose, those that are complete.
    """

    study: Study
    folder: Path
    table: Table
    selections: Mapping[str, Selection]

    def has(self, *stages: str) -> bool:
        """Say whether these stages are complete."""
        return all(len(self.stage(name)) > 0 for name in stages)

    def stage(self, name: str) -> Table:
        """Return the trainings of a stage, none if it is not complete."""
        self.study.stage(name)  # a slip in the name is an error, and no missing stage
        return self.table.where(stage=name) if len(self.table) else self.table


def load_results(study: str, folder: Path) -> Results:
    """Read what is complete of a stored study.

    Parameters
    ----------
    study : str
        As for `sl1lib.experiment.study.load_study`.
    folder : Path
        Where its results are; one that is not there has none.

    Returns
    -------
    Results

    Raises
    ------
    StoreError
        If a file is damaged.
    """
    declared, store = load_study(study), Store(folder)
    layout = Layout.of(declared, store)
    complete = [cells for cells in layout.cells.values() if cells and all(store.has(cell.key) for cell in cells)]
    table = make_table(list(itertools.chain(*complete)), store)
    return Results(declared, folder, table, layout.selections)


def train_again(results: Results, sample: int, stages: Sequence[str], **where: Any) -> list[Finding]:
    """Train a slice of a study again, in this process, and compare: `audit` of whole batches.

    Parameters
    ----------
    results : Results
    sample : int
        How many trainings to draw; their whole batches are trained.
    stages : sequence of str
        To draw from.
    **where
        Values of the configuration that what is drawn must have.

    Returns
    -------
    list of Finding
    """
    threads = torch.get_num_threads()
    try:
        # One thread, as each process of a study has: the last bits depend on it.
        with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as one:
            return audit(
                results.study, results.folder, sample, stages=stages, where=where, whole=True, executor=one,
                progress=False,
            )  # fmt: skip
    finally:
        torch.set_num_threads(threads)


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of independent numbers and Student's interval for it; NaN is a missing number.

    Raises
    ------
    ValueError
        For fewer than 2 numbers.

    Examples
    --------
    >>> [round(x, 2) for x in mean_interval([1.0, 2.0, 3.0])]
    [2.0, -0.48, 4.48]
    """
    from scipy import stats  # type: ignore[import-untyped]

    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    if len(numbers) < 2:
        raise unexpected("the number of values", len(numbers), "an interval needs at least 2")
    mean = float(numbers.mean())
    if np.ptp(numbers) == 0:
        return mean, mean, mean
    interval = stats.ttest_1samp(numbers, 0).confidence_interval(confidence)
    return mean, float(interval.low), float(interval.high)


def pairing(a: ArrayLike, b: ArrayLike) -> tuple[float, float, float]:
    r"""Return the spread of :math:`a - b` in pairs, what it would be without them, and the correlation of the pairs.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        Entry ``i`` of both has one seed.

    Returns
    -------
    paired, unpaired, correlation : float
        Standard deviations with ``n − 1``; the correlation is NaN where a side does not vary.

    Notes
    -----
    Equation ``eq-comparison-pair``, chapter *Comparing fairly*.

    Examples
    --------
    >>> [round(x, 3) for x in pairing([1.0, 2.0, 3.0], [1.0, 2.1, 2.9])]
    [0.1, 1.382, 0.996]
    """
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1 or len(one) < 2:
        raise unexpected("the shapes of a and b", (one.shape, other.shape), "pairs need two lists of one length, of 2")
    covariance = np.cov(one, other)
    variances = covariance[0, 0], covariance[1, 1]
    scale = float(np.sqrt(variances[0] * variances[1]))
    correlation = float(covariance[0, 1]) / scale if scale else float("nan")
    return float((one - other).std(ddof=1)), float(np.sqrt(sum(variances))), correlation


def widths_by_count(
    differences: ArrayLike, counts: Sequence[int], draws: int = 400, seed: int = 0
) -> dict[int, np.ndarray]:
    """Ask how wide the interval of a mean would have been with fewer seeds.

    Parameters
    ----------
    differences : array_like, shape (n,)
    counts : sequence of int
        How many of them to draw, without replacement; from 2 to n.
    draws : int
        How often.
    seed : int
        Of the draws.

    Returns
    -------
    dict of int to ndarray, shape (draws,)
        Half the width of the 95 % interval, for each count.

    Examples
    --------
    >>> half = widths_by_count([1.0, 2.0, 3.0, 5.0], [2, 4], draws=50)
    >>> bool(np.median(half[2]) > np.median(half[4])), round(float(half[4][0]), 2)
    (True, 2.72)
    """
    from scipy import stats

    numbers, rng = np.asarray(differences, dtype=np.float64), np.random.default_rng(seed)
    found = {}
    for count in counts:
        if not 2 <= count <= len(numbers):
            raise unexpected("a count", count, f"it must be from 2 to {len(numbers)}")
        drawn = np.stack([rng.permutation(numbers)[:count] for _ in range(draws)])
        found[count] = stats.t.ppf(0.975, count - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(count)
    return found


def winners(errors: ArrayLike) -> np.ndarray:
    """Choose the best candidate on one column, and see how it does on the others: the winner's curse.

    Parameters
    ----------
    errors : array_like, shape (candidates, columns)
        The same candidates measured several times, with several seeds say; NaN is a failure, which is never best.

    Returns
    -------
    ndarray, shape (columns, 2)
        For each column, the error that made its winner win, and the winner's mean error on the other columns.

    Examples
    --------
    >>> winners([[1.0, 3.0], [2.0, 2.0], [4.0, 1.0]]).tolist()
    [[1.0, 3.0], [1.0, 4.0]]
    """
    table = np.asarray(errors, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise unexpected("the shape of errors", table.shape, "it must be (candidates, 2 columns or more)")
    best = np.nan_to_num(table, nan=np.inf).argmin(axis=0)
    return np.array(
        [[table[row, column], np.delete(table[row], column).mean()] for column, row in enumerate(best.tolist())]
    )


def tuning_winners(tuning: Table) -> np.ndarray:
    """Return `winners` of each method of a tuning stage, chosen on one seed, measured on the others.

    Parameters
    ----------
    tuning : Table
        Of one tuning stage that has one winner a method.

    Returns
    -------
    ndarray, shape (methods × seeds, 2)
    """
    found = []
    for _, rows in tuning.groups("method"):
        candidates = [each["held_out_error"] for _, each in rows.groups("lr", "strength")]
        found.append(winners(np.stack(candidates)))
    return np.concatenate(found)


def null_families(comparisons: int = 36, seeds: int = 20, families: int = 2_000, seed: int = 0) -> np.ndarray:
    """Compare methods that are all alike, many times over, and return the smallest p of each family.

    Parameters
    ----------
    comparisons : int
        In a family. All share one side, as comparisons of SL1 with its rivals do.
    seeds : int
        Pairs in a comparison, at least 2.
    families : int
        How many to make.
    seed : int
        Of the imagined results.

    Returns
    -------
    ndarray, shape (families,)
        Of paired t tests. Uncorrected, something looks significant where it is below 5 %; by Holm's procedure, where
        it is below 5 % divided by the number of comparisons.

    Examples
    --------
    >>> smallest = null_families(families=200)
    >>> bool((smallest < 0.05).mean() > 0.5), bool((36 * smallest < 0.05).mean() < 0.1)
    (True, True)
    """
    from scipy import stats

    for name, count, least in (("comparisons", comparisons, 1), ("seeds", seeds, 2), ("families", families, 1)):
        require_count(name, count, least=least)
    rng = np.random.default_rng(seed)
    favoured = rng.normal(size=(families, 1, seeds))
    p = stats.ttest_1samp(favoured - rng.normal(size=(families, comparisons, seeds)), 0, axis=-1).pvalue
    return np.asarray(p.min(axis=1))


def right_answers(stage: Table, data: Dataset) -> dict[str, np.ndarray]:
    """Return which test images each stored network of a stage classifies rightly.

    Parameters
    ----------
    stage : Table
        With parameters kept.
    data : Dataset
        The data that the stage was trained on.

    Returns
    -------
    dict of str to ndarray of bool, shape (seeds, images)
        By method, in the order of the seeds.

    Raises
    ------
    ValueError
        If a network's error is not the one that was stored: the data or the code are others.
    """
    x = fast.images_to_tensor(data.x_test)
    found: dict[str, list[np.ndarray]] = {}
    for record, method in zip(stage.records, stage["method"].tolist(), strict=True):
        params = {name: torch.tensor(array) for name, array in record.params.items()}
        with torch.no_grad():
            answers = fast.forward(params, x, record.config.reading).argmax(dim=1).numpy()
        right = answers == data.y_test
        error = 1 - float(right.mean())
        if abs(error - record.held_out_error) > 1.5 / len(right):  # rounding may turn an image
            what = f"the error of {method}, seed {record.config.seed}, on {data.name}"
            raise unexpected(what, error, f"the study stored {record.held_out_error}")
        found.setdefault(method, []).append(right)
    return {method: np.stack(rows) for method, rows in found.items()}


def best_of_networks(right: np.ndarray, draws: int = 2_000, seed: int = 0) -> np.ndarray:
    """Choose the best of some networks on a random half of the images; measure it on that half and on the other.

    Parameters
    ----------
    right : ndarray of bool, shape (networks, images)
    draws : int
        Random halves.
    seed : int
        Of the draws.

    Returns
    -------
    ndarray, shape (draws, 2)
        The winner's error on the half that chose it, and on the other half.

    Examples
    --------
    >>> alike = np.random.default_rng(0).random((20, 400)) > 0.1
    >>> chosen, honest = best_of_networks(alike, draws=200).mean(axis=0)
    >>> bool(chosen < honest - 0.01)
    True
    """
    require_count("draws", draws, least=1)
    wrong, rng = ~right, np.random.default_rng(seed)
    half = wrong.shape[1] // 2
    rows = []
    for _ in range(draws):
        order = rng.permutation(wrong.shape[1])
        here, there = wrong[:, order[:half]].mean(axis=1), wrong[:, order[half:]].mean(axis=1)
        best = int(here.argmin())
        rows.append((here[best], there[best]))
    return np.array(rows)


def false_alarms(right: np.ndarray) -> tuple[int, int]:
    """Test each two networks of one method against each other with the images as replicates: McNemar's exact test.

    Parameters
    ----------
    right : ndarray of bool, shape (seeds, images)

    Returns
    -------
    alarms, pairs : int
        For how many of the pairs the test says, at 5 %, that they differ. Their method does not.

    Examples
    --------
    >>> false_alarms(np.random.default_rng(0).random((5, 100)) > 0.1)
    (0, 10)
    """
    from scipy import stats

    p = []
    for one, other in itertools.combinations(right, 2):
        only, others = int((one & ~other).sum()), int((other & ~one).sum())
        p.append(float(stats.binomtest(only, only + others).pvalue) if only + others else 1.0)
    return sum(each < 0.05 for each in p), len(p)


def interval_by_replicate(
    right_a: np.ndarray, right_b: np.ndarray, draws: int = 2_000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Return the 95 % bootstrap interval of a difference of errors for each choice of what counts as a replicate.

    Parameters
    ----------
    right_a, right_b : ndarray of bool, shape (seeds, images)
        Which answers are right; row ``i`` of both has one seed, column ``j`` is one image.
    draws : int
        Resamples.
    seed : int
        Of the resamples.

    Returns
    -------
    dict of str to (low, high)
        ``"seeds"``: other trainings, these images; ``"images"``: these trainings, other images; ``"both"``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.random((2, 5, 200)) > 0.1
    >>> list(interval_by_replicate(a, b, draws=100))
    ['seeds', 'images', 'both']
    """
    if right_a.shape != right_b.shape or right_a.ndim != 2:
        raise unexpected("the shapes", (right_a.shape, right_b.shape), "both must be (seeds, images)")
    difference = right_b.astype(np.float64) - right_a  # of the errors, a minus b, image by image
    (seeds, images), rng = difference.shape, np.random.default_rng(seed)
    by_seed, by_image = difference.mean(axis=1), difference.mean(axis=0)

    def both() -> float:
        rows = difference[rng.integers(seeds, size=seeds)].mean(axis=0)
        return float(rows[rng.integers(images, size=images)].mean())

    draw: Mapping[str, Callable[[], float]] = {
        "seeds": lambda: float(by_seed[rng.integers(seeds, size=seeds)].mean()),
        "images": lambda: float(by_image[rng.integers(images, size=images)].mean()),
        "both": both,
    }
    found = {}
    for name, one in draw.items():
        low, high = np.quantile([one() for _ in range(draws)], [0.025, 0.975])
        found[name] = (float(low), float(high))
    return found


def penalty_parts(stage: Table) -> dict[str, tuple[float, float]]:
    r"""Return each method's median :math:`E_0` on training images and its median :math:`\lambda \sum h`, at the end.

    Parameters
    ----------
    stage : Table
        With parameters kept.

    Returns
    -------
    dict of str to (float, float)
    """
    found = {}
    for (method,), rows in stage.groups("method"):
        parts = []
        for record in rows.records:
            if record.diverged:
                continue
            penalty = record.config.penalty
            total = 0.0
            if penalty is not None:
                U = record.params["U"].astype(np.float64)
                total = penalty.strength * reference.penalty(U, penalty.eps, penalty.profile, penalty.grouping)
            parts.append((record.numbers["train_E0"], total))
        middle = np.median(parts, axis=0)
        found[method] = (float(middle[0]), float(middle[1]))
    return found


@cache
def judged(results: Results, number: int) -> Judgement | None:
    """Decide a claim by its declared rule; None as long as one of its stages is not complete.

    Parameters
    ----------
    results : Results
    number : int
        Of the claim.

    Raises
    ------
    ValueError
        If the study has no such claim, or none that its trainings decide.
    """
    claims = {claim.number: claim for claim in results.study.claims if claim.stages}
    if number not in claims:
        raise unexpected("claim", number, f"comparisons decide {', '.join(map(str, claims))}")
    if not results.has(*claims[number].stages):
        return None
    gc.freeze()  # statsmodels collects garbage in every correction; what is there now needs no other look
    try:
        return judge(claims[number], results.table)
    finally:
        gc.unfreeze()


def show_verdict(results: Results, number: int) -> None:
    """Display the verdict on a claim, its reason, and a table of what led to it; or that it waits for trainings.

    Parameters
    ----------
    results : Results
    number : int
        Of the claim.
    """
    from ..notebook import say, show_table

    found = judged(results, number)
    if found is None:
        say(f"*Claim {number} waits for trainings that are not stored yet.*")
        return
    reason = found.reason[0].upper() + found.reason[1:]
    say(f"**Claim {number}: *{found.claim.statement}* The study says: {found.verdict}.** {reason}.")
    side = found.claim.favoured.replace("_", " ")
    headers = ["stage", "measure", f"{side} better than", f"{side} worse than", "no difference shown"]
    show_table(headers, judgement_rows(found))


def judgement_rows(judgement: Judgement) -> list[list[str]]:
    """Return a table's rows: for each family and measure, against whom the favoured side does better, or worse.

    Parameters
    ----------
    judgement : Judgement

    Returns
    -------
    list of list of str
        Stage and what else is shared, measure, and three lists: better than, worse than, no difference shown.
    """

    def place(comparison: Comparison) -> tuple[str, ...]:
        shared = [f"n = {_count(value)}" for name, value in comparison.where.items() if name == "n_train"]
        return (", ".join([comparison.stage, *shared]), MEASURE_NAMES.get(comparison.measure, comparison.measure))

    rows = []
    for key, group in itertools.groupby(judgement.comparisons, key=place):
        signs: dict[int, list[str]] = {1: [], -1: [], 0: []}
        for comparison in group:
            signs[comparison.favours].append(comparison.other)
        rows.append([*key, *(", ".join(signs[sign]) or "–" for sign in (1, -1, 0))])
    return rows


#: What a measure is called in prose.
MEASURE_NAMES: Final = {
    "held_out_error": "held-out error",
    "held_out_E0": "held-out $E_0$",
    "train_E0": "training $E_0$",
    "gap": "gap",
    "updates_to_0.5": "updates to $E_0 = 0.5$",
    "updates_to_0.2": "updates to $E_0 = 0.2$",
    "updates_to_0.1": "updates to $E_0 = 0.1$",
}


def _count(value: float | None) -> str:
    return "all" if value is None else f"{value:,.0f}"


def effects(stage: Table, measure: str, favoured: str = "SL1", vary: str = "method") -> dict[str, Effect]:
    """Return the paired differences, the favoured side minus each other one that has pairs.

    Parameters
    ----------
    stage : Table
        In which no side has a seed twice.
    measure, favoured, vary : str
        As in `Table.pairs`.
    """
    found = {}
    for (name,), _ in stage.groups(vary):
        if name == favoured:
            continue
        a, b = stage.pairs(measure, vary, favoured, name)
        if (np.isfinite(a) & np.isfinite(b)).sum() > 1:
            found[name] = paired_difference(a, b)
    return found


def scaled(found: Mapping[str, Effect], scale: float) -> dict[str, Effect]:
    """Return effects in another unit: from shares to points, say.

    Examples
    --------
    >>> scaled({"L2": Effect(0.01, -0.01, 0.02, 0.3, 20)}, 100)["L2"].high
    2.0
    """
    return {
        name: replace(effect, effect=scale * effect.effect, low=scale * effect.low, high=scale * effect.high)
        for name, effect in found.items()
    }


def by_group(stage: Table, measure: str, vary: str = "method", scale: float = 1.0) -> dict[str, np.ndarray]:
    """Return the numbers of all seeds, by the values of a column.

    Examples
    --------
    >>> by_group(Table({"method": np.array(["none", "L2", "none"]), "gap": np.array([1.0, 2.0, 3.0])}, []), "gap")
    {'none': array([1., 3.]), 'L2': array([2.])}
    """
    return {str(value): scale * rows[measure] for (value,), rows in stage.groups(vary)}


def chatter_width(config: RunConfig) -> float:
    r"""Return the width below which a weight near 0 chatters at the first learning rate of a training.

    Parameters
    ----------
    config : RunConfig
        With a smoothed penalty.

    Returns
    -------
    float
        :math:`\eta\lambda\,\varepsilon\operatorname{Lip}(\varphi'_\varepsilon) / (2 (1 + \mu))`, of equation
        ``eq-descent-chatter``, chapter *Convergence*.

    Raises
    ------
    ValueError
        Without penalty, or for one without a width.

    Examples
    --------
    >>> from sl1lib import Penalty
    >>> chatter_width(RunConfig(penalty=Penalty(0.002), lr=0.3))
    0.00025
    """
    penalty = config.penalty
    if penalty is None or penalty.profile in ("abs", "squared"):
        raise unexpected("penalty", penalty, "only a smoothed one has a width")
    steepest = reference.smooth_abs_lipschitz(1.0, penalty.profile)
    return config.lr * penalty.strength * steepest / (2 * (1 + config.momentum.end))
