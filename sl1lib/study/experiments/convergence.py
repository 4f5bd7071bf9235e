r"""Claim 8: full-batch descent lowers the error at every update, and its gradient goes to 0.

For the last layer theory promises both below :math:`\eta = 2/L`. For the whole network it promises nothing: ReLU has
kinks, and with pooling before ReLU the penalty has no minimum at all, since longer kernels allow shorter nodes. There
a ladder of rates is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ...settings import Penalty
from ..statistics import paired_difference
from ..table import Table
from ..verdicts import Answer, Number, Ruling
from .experiment import DigitsExperiment, by_instance, share_of_instances
from .full_batch import Descent, LastLayer, descend_layer, descend_network

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

POINTS: Final = 40  # of a course
DESIGN: Final[dict[str, Any]] = {
    "instances": 10,
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


def courses(instance: int) -> Iterator[dict[str, Any]]:
    r"""Descend with the last layer below and above its bound, and in some instances with the network in both readings.

    Yielded are points of courses. ``part`` is ``"last layer"`` or ``"network"``; ``rate`` is in units of :math:`1/L`
    for the last layer, else the learning rate. ``E`` is the error, with momentum the energy; ``gradient`` the norm of
    the gradient; ``rises`` counts the updates so far that raised ``E``, ``short`` those that lowered it by less than
    half of what the gradient promises; ``kernels`` is the length of the kernels, for the last layer of the biases.
    """
    yield from layer_courses(instance)
    for reading in RATES if instance < NETWORKS else ():
        yield from network_courses(instance, reading)


def layer_courses(instance: int) -> Iterator[dict[str, Any]]:
    """Yield the courses of one instance's last layer: below the bound, above it, and with momentum."""
    layer = LastLayer.of_images(IMAGES, instance=instance)
    start, penalty = layer.near_lasso(STRENGTH), Penalty(STRENGTH, WIDTH)
    for share, momentum in (*((share, 0.0) for share in (*BELOW, *ABOVE)), (1.9 * (1 - MOMENTUM), MOMENTUM)):
        found = descend_layer(layer, start, penalty, share, UPDATES, momentum)
        yield from _course(found, instance, "last layer", "table", share, momentum)


def network_courses(instance: int, reading: str, updates: int = NETWORK_UPDATES) -> Iterator[dict[str, Any]]:
    """Yield the courses of one instance's network in a reading, one for each rate of the ladder."""
    courses = descend_network(NETWORK_IMAGES, instance, reading, Penalty(*NETWORK_PENALTY), RATES[reading], updates)
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


def ends(table: Table, **chosen: Any) -> Table:
    """Return the last point of each course, with one more column: ``left``, the last norm over the first."""
    rows = table.where(**chosen)
    first, last = rows.where(update=0), rows.where(update=int(rows["update"].max(initial=0)))
    return replace(last, columns={**last.columns, "left": last["gradient"] / first["gradient"]})


def descent_converges(table: Table, gradient_left_percent: float) -> Ruling:
    """Claim 8: the error never rises below the bound, and the gradient's norm ends at a small share of its first value.

    The last layer converges, in an instance, if that is so at both rates below the bound. The network does, if it is so
    at one rate of the ladder at least: no bound says which rates are small.
    """

    def converges(rows: Table) -> np.ndarray:
        return (rows["rises"] == 0) & (rows["left"] <= gradient_left_percent / 100)

    plain = ends(table, part="last layer", momentum=0.0)
    slowest = plain.where(rate=BELOW[-1])
    layer = np.logical_and.reduce([converges(plain.where(rate=rate)) for rate in BELOW])
    energy = ends(table, part="last layer", momentum=MOMENTUM)["rises"] == 0
    numbers = [
        share_of_instances("layer.converges", layer),
        share_of_instances("layer.rises_above", plain.where(rate=ABOVE[0])["rises"] > 0),
        share_of_instances("layer.energy_falls", energy),
        _mean_left("layer.left", slowest["left"]),
    ]
    networks = {reading: ends(table, part="network", reading=reading) for reading in RATES}
    some = {name: np.array([converges(each).any() for each in by_instance(rows)]) for name, rows in networks.items()}
    numbers += [share_of_instances(f"network.{name}.converges", each) for name, each in some.items()]
    numbers += [
        _mean_left(f"network.{name}.left", rows.where(rate=min(RATES[name]))["left"]) for name, rows in networks.items()
    ]
    holds = all(each.all() for each in some.values())
    return Answer.FAILS if not layer.all() else Answer.HOLDS if holds else Answer.IN_PART, (), numbers


def _mean_left(key: str, left: np.ndarray) -> Number:
    """Return the geometric mean of shares in percent: norms that fall by factors are alike in their logarithms."""
    found = paired_difference(np.log10(left), np.zeros(len(left)))
    mean, low, high = (100 * 10.0**value for value in (found.effect, found.low, found.high))
    return Number(key, mean, low, high, found.n, "%")


CONVERGENCE: Final = DigitsExperiment("convergence", {"descent-converges": descent_converges}, DESIGN, courses)
