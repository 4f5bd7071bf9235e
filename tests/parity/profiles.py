"""The table of profiles once more, typed in independently of the library: φ, bounds, Lipschitz constants.

Each φ takes complex numbers, so that ``slope`` is exact to rounding: ``φ'(r) = Im φ(r + i·10⁻³⁰) / 10⁻³⁰``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Profile:
    phi: Callable  # φ_ε(r) for r ≥ 0
    gap: tuple[float, float] | None = None  # bounds of (φ_ε(r) − r)/ε
    lipschitz: Callable[[float], float] | None = None  # of ∇h
    convex: bool = True
    smooth: bool = True

    def slope(self, r, eps):
        return np.imag(self.phi(np.asarray(r) + 1e-30j, eps)) / 1e-30


def quartic(r, e):
    return np.where(np.real(r) >= e, r, -(r**4) / (8 * e**3) + 3 * r**2 / (4 * e) + 3 * e / 8)


PROFILES = {
    "huber": Profile(
        lambda r, e: np.where(np.real(r) > e, r, r**2 / (2 * e) + e / 2), gap=(0, 1 / 2), lipschitz=lambda e: 1 / e
    ),
    "quartic": Profile(quartic, gap=(0, 3 / 8), lipschitz=lambda e: 3 / (2 * e)),
    "pseudo_huber": Profile(lambda r, e: np.sqrt(r**2 + e**2), gap=(0, 1), lipschitz=lambda e: 1 / e),
    "log_cosh": Profile(lambda r, e: e * np.log(np.cosh(r / e)), gap=(-np.log(2), 0), lipschitz=lambda e: 1 / e),
    "abs": Profile(lambda r, e: r, gap=(0, 0), smooth=False),
    "squared": Profile(lambda r, e: r**2 / 2, lipschitz=lambda e: 1.0),
    "sqrt_quartic": Profile(
        lambda r, e: np.sqrt(quartic(r, e)), lipschitz=lambda e: np.sqrt(6) / 2 * e**-1.5, convex=False
    ),
}
SMOOTH = [name for name, profile in PROFILES.items() if profile.smooth]
CONVEX = [name for name, profile in PROFILES.items() if profile.convex]
