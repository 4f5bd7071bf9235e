r"""Claim 8: full-batch descent lowers the error at every update, and its gradient goes to 0.

For the last layer theory promises both below :math:`\eta = 2/L`. For the whole network it promises nothing: ReLU has
kinks, and with pooling before ReLU the penalty has no minimum at all, since longer kernels allow shorter nodes. There
a ladder of rates is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...data import Dataset
from ...settings import Penalty
from .. import Claim, Estimate, Judgement, Study, Verdict, paired_difference
from ..evidence import Evidence
from .conditions import circumstances, evidence_of, made_by, proportion_of
from .full_batch import Descent, LastLayer, descend_layer, descend_network

NAME: Final = "convergence"
INSTANCES: Final = 10
IMAGES: Final = 100
UPDATES: Final = 1000
STRENGTH: Final = 0.08
WIDTH: Final = 0.0005
BELOW: Final = (1.0, 1.9)  # rates in units of 1/L, on both sides of the bound 2/L
ABOVE: Final = (2.3,)
MOMENTUM: Final = 0.2  # the paper's; its bound is 2 (1 - MOMENTUM), and holds for the energy

NETWORKS: Final = 4  # of the instances
NETWORK_IMAGES: Final = 50
NETWORK_UPDATES: Final = 2000
NETWORK_PENALTY: Final = (0.01, 0.05)  # strength, ε
RATES: Final = {"table": (0.01, 0.03), "text": (0.1, 0.3)}

#: A gradient has gone to 0 if its norm ends at this share of where it began.
GONE: Final = 0.01
POINTS: Final = 40  # of a course
DESIGN: Final[dict[str, Any]] = {
    "instances": INSTANCES,
    "images": IMAGES,
    "updates": UPDATES,
    "penalty": (STRENGTH, WIDTH),
    "shares": (*BELOW, *ABOVE),
    "momentum": MOMENTUM,
    "networks": NETWORKS,
    "network_images": NETWORK_IMAGES,
    "network_updates": NETWORK_UPDATES,
    "network_penalty": NETWORK_PENALTY,
    "rates": RATES,
}


def measure(
    study: Study | None = None,
    results_folder: Path | None = None,
    data: Dataset | None = None,
    progress: bool = True,
    instances: int = INSTANCES,
    networks: int = NETWORKS,
) -> Evidence:
    r"""Descend with the last layer below and above its bound, and with the whole network, in both readings.

    Parameters
    ----------
    study, results_folder, data
        Not used: the experiment has its own images, the embedded digits.
    progress : bool
        Show a bar.
    instances, networks : int
        How many for the last layer; and how many of them for the whole network, which takes longer.

    Returns
    -------
    Evidence
        Rows are points of courses. ``part`` is ``"last layer"`` or ``"network"``; ``rate`` is in units of :math:`1/L`
        for the last layer, else the learning rate. ``E`` is the error, with momentum the energy; ``gradient`` the
        norm of the gradient; ``rises`` counts the updates so far that raised ``E``, ``short`` those that lowered it by
        less than half of what the gradient promises; ``kernels`` is the length of the kernels, for the last layer of
        the biases.
    """
    return evidence_of(NAME, lambda i: _rows(i, i < networks), instances, circumstances(DESIGN), progress)


is_current = made_by(DESIGN)


def _rows(instance: int, network: bool) -> Iterator[dict[str, Any]]:
    yield from layer_courses(instance)
    for reading in RATES if network else ():
        yield from network_courses(instance, reading)


def layer_courses(instance: int) -> Iterator[dict[str, Any]]:
    """Yield the courses of one instance's last layer: below the bound, above it, and with momentum."""
    layer = LastLayer.of_images(IMAGES, instance=instance)
    start, penalty = layer.near_lasso(STRENGTH), Penalty(STRENGTH, WIDTH)
    for share, momentum in (*((share, 0.0) for share in (*BELOW, *ABOVE)), (1.9 * (1 - MOMENTUM), MOMENTUM)):
        found = descend_layer(layer, start, penalty, share, UPDATES, momentum)
        yield from _course(found, instance, "last layer", "table", share, momentum)


def network_courses(instance: int, reading: str, updates: int = NETWORK_UPDATES) -> Iterator[dict[str, Any]]:
    """Yield the courses of one instance's network in a reading, one for each rate of the ladder.

    Examples
    --------
    >>> rows = list(network_courses(0, "table", updates=2))
    >>> [(row["rate"], row["update"], row["rises"]) for row in rows]
    [(0.01, 0, 0), (0.01, 1, 0), (0.01, 2, 0), (0.03, 0, 0), (0.03, 1, 0), (0.03, 2, 0)]
    """
    penalty = Penalty(*NETWORK_PENALTY)
    courses = descend_network(NETWORK_IMAGES, instance, reading, penalty, RATES[reading], updates)
    for rate, found in zip(RATES[reading], courses, strict=True):
        yield from _course(found, instance, "network", reading, rate, 0.0)


def _course(
    found: Descent, instance: int, part: str, reading: str, rate: float, momentum: float
) -> Iterator[dict[str, Any]]:
    """Yield some points of a descent: the first, the last, and others ever farther apart."""
    last = len(found.errors) - 1
    for t in np.unique(np.geomspace(1, last + 1, POINTS).round().astype(int) - 1).tolist():
        yield {
            "part": part,
            "reading": reading,
            "instance": instance,
            "rate": rate,
            "momentum": momentum,
            "update": t,
            "E": float(found.errors[t]),
            "gradient": float(found.gradient_norms[t]),
            "rises": int(found.rose[:t].sum()),
            "short": int(found.short[:t].sum()),
            "kernels": float(found.lengths[t]),
        }


def ends(evidence: Evidence, **chosen: Any) -> Evidence:
    """Return the last point of each course, with one more column: ``left``, the last norm over the first."""
    rows = evidence.where(**chosen)
    first, last = rows.where(update=0), rows.where(update=int(rows["update"].max(initial=0)))
    columns = {**last.columns, "left": last["gradient"] / first["gradient"]}
    return Evidence(rows.name, columns, rows.provenance)


def judge(claim: Claim, evidence: Evidence) -> Judgement:
    """Decide claim 8 by its rule.

    The last layer does as it is claimed to, in an instance, if the error never rises at both rates below the bound, and
    the norm of the gradient ends at 1 % of where it began, or less. The network does, if that is so at one rate of the
    ladder at least: no bound says which rates are small.

    Parameters
    ----------
    claim : Claim
    evidence : Evidence
        As `measure` gave it.

    Returns
    -------
    Judgement
    """
    plain = ends(evidence, part="last layer", momentum=0.0)
    layer = np.logical_and.reduce([_descends(plain.where(rate=rate)) for rate in BELOW])
    above = plain.where(rate=ABOVE[0])["rises"] > 0
    energy = ends(evidence, part="last layer", momentum=MOMENTUM)["rises"] == 0
    networks = {reading: _some_rate_descends(evidence, reading) for reading in RATES}
    holds = all(each.all() for each in networks.values())
    verdict = Verdict.FAILS if not layer.all() else Verdict.HOLDS if holds else Verdict.IN_PART
    reason = (
        f"the last layer converges below the bound in {layer.sum()} of {len(layer)} instances, and its error rises "
        f"above it in {above.sum()}; the whole network converges at some rate in "
        + " and ".join(f"{each.sum()} of {len(each)} (reading {name})" for name, each in networks.items())
    )
    estimates = (
        proportion_of("last layer: instances that converge below the bound", layer),
        proportion_of("last layer: instances whose error rises above the bound", above),
        proportion_of("last layer, μ = 0.2: instances whose energy never rises below the bound", energy),
        _mean_left(
            f"last layer: gradient left after {UPDATES:,} updates at ηL = {BELOW[-1]} (%)",
            plain.where(rate=BELOW[-1])["left"],
        ),
        *(proportion_of(f"network, {name}: instances that converge", each) for name, each in networks.items()),
        *(_mean_left(_left_of(name), _slowest(evidence, name)) for name in RATES),
    )
    return Judgement(claim, verdict, (), reason, estimates)


def _descends(rows: Evidence) -> np.ndarray:
    return (rows["rises"] == 0) & (rows["left"] <= GONE)


def _some_rate_descends(evidence: Evidence, reading: str) -> np.ndarray:
    rows = ends(evidence, part="network", reading=reading)
    good = _descends(rows)
    return np.array([bool(good[rows["instance"] == i].any()) for i in np.unique(rows["instance"])])


def _slowest(evidence: Evidence, reading: str) -> np.ndarray:
    rows = ends(evidence, part="network", reading=reading)
    return rows.where(rate=min(RATES[reading]))["left"]


def _left_of(reading: str) -> str:
    return f"network, {reading}: gradient left after {NETWORK_UPDATES:,} updates at η = {min(RATES[reading])} (%)"


def _mean_left(what: str, left: np.ndarray) -> Estimate:
    """Return the geometric mean of shares in percent: norms that fall by factors are alike in their logarithms."""
    found = paired_difference(np.log10(left), np.zeros(len(left)))
    mean, low, high = (100 * 10.0**value for value in (found.effect, found.low, found.high))
    return Estimate(what, mean, low, high, found.n)
