"""Numbers as texts: signs, points, powers of ten, differences with their intervals, in the units of their measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from ..study import MEASURES, Effect, Unit


def settled(value: float) -> float:
    """Return a number without its last digits, so that they do not decide how it is rounded to a few.

    Means of counts lie on the edge between two roundings, as 9.85 does, and their last bit differs between machines.
    Eleven decimals are kept, and of a large number 12 digits: a small one is a difference of numbers below 1.

    Examples
    --------
    >>> {f"{settled(mean):.1f}" for mean in (9.85, 9.850000000000001, 9.849999999999998)}
    {'9.8'}
    """
    return float(format(round(value, 11), ".12g"))


def signed(value: float, form: str = ".2f") -> str:
    """Return a number with its sign, a minus that is one; what rounds to 0 has no sign.

    Examples
    --------
    >>> signed(-0.123), signed(2, ".0f"), signed(-0.001), signed(-np.inf)
    ('−0.12', '+2', '0.00', '−∞')
    """
    if np.isinf(value):
        return "−∞" if value < 0 else "+∞"
    text = format(settled(value), "+" + form)
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def power(value: float, digits: int = 2) -> str:
    r"""Return a positive number that may be small, in TeX, as a number times a power of ten below a hundredth.

    Examples
    --------
    >>> power(0.35), power(0.00032), power(1e-5)
    ('0.35', '$3.2\\cdot10^{-4}$', '$10^{-5}$')
    """
    if value >= 0.01:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    factor = f"{float(mantissa):g}"
    return "$" + ("" if factor == "1" else factor + r"\cdot") + f"10^{{{int(exponent)}}}$"


def percent(share: float) -> str:
    """Return a share in percent.

    Examples
    --------
    >>> percent(1920 / 203520)
    '0.94 %'
    """
    return f"{settled(100 * share):.2f} %"


def p_value(p: float) -> str:
    """Return a p value, as a comparison where it is small.

    Examples
    --------
    >>> p_value(0.0312), p_value(1e-5)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p = {p:.2g}" if p >= 0.001 else "p < 0.001"


def _nats(effect: Effect) -> str:
    return ".4f" if abs(effect.effect) >= 1e-4 or not effect.effect else ".1e"


#: For each unit the factor that numbers are told by, and the form of an effect's numbers.
_FORMS: Final[Mapping[Unit, tuple[float, Callable[[Effect], str]]]] = {
    Unit.SHARE: (100.0, lambda _: ".3f"),
    Unit.NATS: (1.0, _nats),
    Unit.UPDATES: (1.0, lambda _: "g"),
    Unit.NODES: (1.0, lambda _: ".1f"),
    Unit.STEPS: (1.0, lambda _: ".2f"),
    Unit.COUNT: (1.0, lambda _: ".2f"),
}


def difference(effect: Effect, unit: Unit) -> str:
    """Return a difference with its interval, in a unit; infinite where one side never got there.

    Examples
    --------
    >>> difference(Effect(-0.00012, -0.0003, 0.0001, 0.2, 20), Unit.SHARE)
    '−0.012 points [−0.030, +0.010]'
    >>> difference(Effect(-12.5, -30, np.inf, 0.2, 20), Unit.UPDATES)
    '−12.5 updates [−30, +∞]'
    >>> difference(Effect(-1.6e-6, -1.7e-6, -1.5e-6, 0.01, 12), Unit.NATS)
    '−1.6e−06 nats [−1.7e−06, −1.5e−06]'
    """
    scale, form = _FORMS[unit]
    middle, low, high = (signed(scale * value, form(effect)) for value in (effect.effect, effect.low, effect.high))
    return " ".join(filter(None, (middle, unit.value, f"[{low}, {high}]")))


def points(effect: Effect) -> str:
    """Return a difference of error rates in percentage points, with its interval."""
    return difference(effect, Unit.SHARE)


def effect_text(measure: str, effect: Effect) -> str:
    """Return a difference with its interval, in the unit of its measure.

    Examples
    --------
    >>> effect_text("nodes_removed", Effect(12.25, 11, 13, 0.01, 20))
    '+12.2 nodes [+11.0, +13.0]'
    """
    return difference(effect, MEASURES[measure].unit)
