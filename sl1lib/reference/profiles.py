r"""The profiles :math:`\varphi_\varepsilon`, one class per profile: what a length costs (part *Smoothing*).

Every candidate for the paper's lost :math:`h(u, \varepsilon)` is *radial*: a function of the length
:math:`r = \lVert u \rVert` alone. All but `Squared` and `SqrtQuartic` follow :math:`r` far from 0. A new profile is one
class here and its mirror in ``sl1lib.fast.profiles``; the rest of the library finds it in `PROFILES` by its name.
"""

# ruff: noqa: D102 (what each method returns is said once, in `Profile`)
from __future__ import annotations

import math
from typing import ClassVar, Final

import numpy as np

from ..errors import require_choice, unexpected
from ..settings import enter_profile

Array = np.ndarray
Numbers = float | np.ndarray

#: Every profile by its name; a class that derives from `Profile` enters itself.
PROFILES: Final[dict[str, Profile]] = {}


class Profile:
    r"""A function :math:`\varphi_\varepsilon(r)` of lengths :math:`r \ge 0`, and all that is known of it.

    A class ``Mine(Profile, name="mine")`` defines `value`, `slope`, `curvature` and ``unit_lipschitz``; also
    ``unit_gap`` if it follows :math:`r`, and `prox` if there is a formula. Lengths are arrays of any shape;
    :math:`\varepsilon` and :math:`\tau` are numbers, or arrays that broadcast against the lengths, such as a column
    with a width for each model. Nothing is checked here: `smooth_abs` and its like do that, and continue the functions
    to signed numbers.

    Attributes
    ----------
    name : str
        What `Penalty` calls it.
    family : str
        What tables call the method; all but the first profile of a family add their name.
    has_width : bool
        Whether :math:`\varepsilon` is read at all.
    smooth : bool
        Whether :math:`\varphi'_\varepsilon(0) = 0`, so that the penalty has no corner.
    convex : bool
        Whether the penalty is convex, and so has a proximal map.
    unit_gap, unit_lipschitz : tuple of two float, float
        `gap` and `lipschitz` for :math:`\varepsilon = 1`, from which both scale (``eq-smooth-scaling``).

    Examples
    --------
    >>> PROFILES["huber"].value(np.array([0.0, 0.5, 2.0]), np.array([[1.0], [0.5]]))
    array([[0.5  , 0.625, 2.   ],
           [0.25 , 0.5  , 2.   ]])
    """

    name: ClassVar[str]
    family: ClassVar[str] = "SL1"
    has_width: ClassVar[bool] = True
    smooth: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    unit_gap: ClassVar[tuple[float, float] | None] = None
    unit_lipschitz: ClassVar[float]

    def __init_subclass__(cls, *, name: str) -> None:
        """Enter the profile under its name."""
        cls.name = name
        PROFILES[name] = cls()
        enter_profile(PROFILES[name])

    def value(self, r: Array, eps: Numbers) -> Array:
        r"""Return :math:`\varphi_\varepsilon(r)`."""
        raise NotImplementedError

    def slope(self, r: Array, eps: Numbers) -> Array:
        r"""Return :math:`\varphi'_\varepsilon(r)`."""
        raise NotImplementedError

    def curvature(self, r: Array, eps: Numbers) -> Array:
        r"""Return :math:`\varphi''_\varepsilon(r)`; where it jumps, the value from the left."""
        raise NotImplementedError

    def prox(self, r: Array, tau: Numbers, eps: Numbers) -> Array:
        r"""Return the :math:`x` with :math:`x + \tau \varphi'_\varepsilon(x) = r` (``eq-grad-prox``).

        Without a formula, by bisection: the left side increases in :math:`x`, and the root lies in :math:`[0, r]`.
        A profile that is not convex raises ``ValueError``.
        """
        if not self.convex:
            right = "it is not convex and has no single proximal map"
            raise unexpected("profile", self.name, right)
        low, high = np.zeros_like(r), r
        for _ in range(60):
            middle = (low + high) / 2
            too_big = middle + tau * self.slope(middle, eps) > r
            low = np.where(too_big, low, middle)
            high = np.where(too_big, middle, high)
        return (low + high) / 2

    def quotient(self, r: Array, eps: Numbers) -> Array:
        r"""Return :math:`\varphi'_\varepsilon(r)/r`: the penalty's gradient is this times the weights.

        0 for a length of 0, where there is nothing to multiply.
        """
        return _ratio(self.slope(r, eps), r)

    def prox_quotient(self, r: Array, tau: Numbers, eps: Numbers) -> Array:
        """Return ``prox(r, tau, eps) / r``: what a proximal step multiplies the weights with."""
        return _ratio(self.prox(r, tau, eps), r)

    def gap(self, eps: Numbers) -> tuple[Numbers, Numbers]:
        r"""Return the bounds of :math:`\varphi_\varepsilon(r) - r` over all lengths (``eq-smooth-bounds``).

        A profile that does not follow :math:`r` raises ``ValueError``.
        """
        if self.unit_gap is None:
            raise unexpected("profile", self.name, "it does not follow r")
        low, high = self.unit_gap
        return low * eps, high * eps

    def lipschitz(self, eps: Numbers) -> Numbers:
        r"""Return the smallest Lipschitz constant of :math:`\nabla h` (``eq-smooth-lipschitz``)."""
        return self.unit_lipschitz / (eps if self.has_width else 1)


class Huber(Profile, name="huber"):
    r"""A parabola below :math:`\varepsilon` (``eq-smooth-huber``): the paper's, most likely.

    .. math:: \varphi_\varepsilon(r) = r \text{ if } r > \varepsilon, \text{ else } r^2/(2\varepsilon) + \varepsilon/2
    """

    unit_gap = (0, 1 / 2)
    unit_lipschitz = 1

    def value(self, r: Array, eps: Numbers) -> Array:
        return np.where(r > eps, r, r**2 / (2 * eps) + eps / 2)

    def slope(self, r: Array, eps: Numbers) -> Array:
        return r / np.maximum(r, eps)

    def curvature(self, r: Array, eps: Numbers) -> Array:
        return np.where(r <= eps, 1 / eps, 0.0)

    def prox(self, r: Array, tau: Numbers, eps: Numbers) -> Array:
        return np.where(r <= eps + tau, r * eps / (eps + tau), r - tau)


class Quartic(Profile, name="quartic"):
    r"""A quartic below :math:`\varepsilon`, which meets :math:`r` in its curvature too (``eq-smooth-quartic``).

    .. math:: \varphi_\varepsilon(r) = r \text{ if } r \ge \varepsilon, \text{ else }
        -r^4/(8\varepsilon^3) + 3r^2/(4\varepsilon) + 3\varepsilon/8
    """

    unit_gap = (0, 3 / 8)
    unit_lipschitz = 3 / 2

    def value(self, r: Array, eps: Numbers) -> Array:
        # in units of the width, so that no power underflows or overflows
        t = np.minimum(r / eps, 1)
        return np.where(r >= eps, r, eps * (-(t**4) + 6 * t**2 + 3) / 8)

    def slope(self, r: Array, eps: Numbers) -> Array:
        t = np.minimum(r / eps, 1)
        return (3 * t - t**3) / 2

    def curvature(self, r: Array, eps: Numbers) -> Array:
        t = np.minimum(r / eps, 1)
        return 3 * (1 - t**2) / (2 * eps)

    def prox(self, r: Array, tau: Numbers, eps: Numbers) -> Array:
        return np.where(r <= eps + tau, _cubic_root(r, tau, eps), r - tau)


class PseudoHuber(Profile, name="pseudo_huber"):
    r"""A hyperbola, above :math:`r` everywhere (``eq-smooth-pseudo``).

    .. math:: \varphi_\varepsilon(r) = \sqrt{r^2 + \varepsilon^2}
    """

    unit_gap = (0, 1)
    unit_lipschitz = 1

    def value(self, r: Array, eps: Numbers) -> Array:
        return np.hypot(r, eps)

    def slope(self, r: Array, eps: Numbers) -> Array:
        return r / np.hypot(r, eps)

    def curvature(self, r: Array, eps: Numbers) -> Array:
        return (eps / np.hypot(r, eps)) ** 3 / eps


class LogCosh(Profile, name="log_cosh"):
    r"""The integral of a hyperbolic tangent, below :math:`r` everywhere (``eq-smooth-log-cosh``).

    .. math:: \varphi_\varepsilon(r) = \varepsilon \ln\cosh(r/\varepsilon)
    """

    unit_gap = (-math.log(2), 0)
    unit_lipschitz = 1

    def value(self, r: Array, eps: Numbers) -> Array:
        # ln cosh t = t + ln(1 + e^{-2t}) - ln 2 cannot overflow
        return r + eps * (np.log1p(np.exp(-2 * r / eps)) - math.log(2))

    def slope(self, r: Array, eps: Numbers) -> Array:
        return np.tanh(r / eps)

    def curvature(self, r: Array, eps: Numbers) -> Array:
        return (1 - np.tanh(r / eps) ** 2) / eps


class Abs(Profile, name="abs"):
    r"""No smoothing, :math:`\varphi(r) = r`: L1, or the group lasso.

    Its slope at 0 is taken as 0, the shortest subgradient (``eq-corner-subdifferential-abs``); its curvature there is
    NaN.
    """

    unit_gap = (0, 0)
    unit_lipschitz = math.inf
    family = "group lasso"
    has_width = False
    smooth = False

    def value(self, r: Array, eps: Numbers) -> Array:
        return r

    def slope(self, r: Array, eps: Numbers) -> Array:
        return np.sign(r)

    def curvature(self, r: Array, eps: Numbers) -> Array:
        return np.where(r > 0, 0.0, np.nan)

    def prox(self, r: Array, tau: Numbers, eps: Numbers) -> Array:
        return np.maximum(r - tau, 0)


class Squared(Profile, name="squared"):
    r"""The L2 penalty, :math:`\varphi(r) = r^2/2`."""

    unit_lipschitz = 1
    family = "L2"
    has_width = False

    def value(self, r: Array, eps: Numbers) -> Array:
        return r**2 / 2

    def slope(self, r: Array, eps: Numbers) -> Array:
        return r

    def curvature(self, r: Array, eps: Numbers) -> Array:
        return np.ones_like(r)

    def prox(self, r: Array, tau: Numbers, eps: Numbers) -> Array:
        return r / (1 + tau)


class SqrtQuartic(Profile, name="sqrt_quartic"):
    r"""The root of the quartic profile: smoothed L1/2, not convex (``eq-smooth-sqrt``)."""

    family = "smoothed L1/2"
    convex = False
    unit_lipschitz = math.sqrt(6) / 2
    inner: ClassVar[Profile] = PROFILES["quartic"]

    def value(self, r: Array, eps: Numbers) -> Array:
        return np.sqrt(self.inner.value(r, eps))

    def slope(self, r: Array, eps: Numbers) -> Array:
        return self.inner.slope(r, eps) / (2 * self.value(r, eps))

    def curvature(self, r: Array, eps: Numbers) -> Array:
        # (√q)'' = q''/(2√q) − q'²/(4 q√q)
        q, slope = self.inner.value(r, eps), self.inner.slope(r, eps)
        bend = 2 * self.inner.curvature(r, eps) - slope**2 / q
        return bend / (4 * np.sqrt(q))

    def lipschitz(self, eps: Numbers) -> Numbers:
        return self.unit_lipschitz * eps**-1.5


def find_profile(name: str) -> Profile:
    """Return the profile called ``name``; raise ``ValueError`` for a name that no class has.

    Examples
    --------
    >>> find_profile("quartic").gap(0.5)
    (0.0, 0.1875)
    """
    require_choice("profile", name, PROFILES)
    return PROFILES[name]


def _cubic_root(r: Array, tau: Numbers, eps: Numbers) -> Array:
    """Solve ``t + s (3t - t³)/2 = r/eps`` with ``s = tau/eps`` for its root in [0, 1], and return ``eps t``.

    With ``t = m sin θ`` and ``m² = 4(2+3s)/(3s)`` the cubic turns into ``sin 3θ = 8 r / (eps s m³)``. Where ``1 + s``
    is 1, the pull changes ``r`` by less than a rounding error. Beyond ``eps + tau`` there is no such root.
    """
    s = np.maximum(tau / eps, np.finfo(np.float64).eps)
    m = 2 * np.sqrt((2 + 3 * s) / (3 * s))
    inside = np.minimum(r, eps + tau)
    sin_3theta = np.minimum(8 * inside / (eps * s * m**3), 1)
    root = eps * m * np.sin(np.arcsin(sin_3theta) / 3)
    return np.where(1 + tau / eps == 1, r, root)


def _ratio(numerator: Array, r: Array) -> Array:
    """Divide where the length is not 0; a group of zeros stays zero whatever it is multiplied with."""
    return np.divide(
        numerator, r, out=np.zeros(np.shape(numerator)), where=r > 0
    )
