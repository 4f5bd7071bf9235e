r"""The profiles :math:`\varphi_\varepsilon` on tensors. Mirrors ``sl1lib.reference.profiles``, class for class.

All of it is differentiable; no branch that is not taken has an infinite slope or NaN, which would leak into gradients.
With :math:`c = \max(r, \varepsilon)` and :math:`t = r/c \le 1` the cap and the straight part of a profile are one
formula, without a branch. Where the engine needs a quotient in fewer operations than a division of the method before
it, a class has a formula of its own.
"""

# ruff: noqa: D102 (what each method returns is said once, in `Profile`)
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Final

import torch
from torch import Tensor

from ..errors import require_choice, unexpected
from ..settings import enter_profile

Numbers = float | Tensor

NEWTON_STEPS: Final = 20

#: Every profile by its name; a class that derives from `Profile` enters itself.
PROFILES: Final[dict[str, Profile]] = {}


class Profile:
    r"""A function :math:`\varphi_\varepsilon(r)` of lengths :math:`r \ge 0`, on tensors.

    Lengths are tensors of any shape; :math:`\varepsilon` and :math:`\tau` are numbers that their dtype holds, or
    tensors that broadcast against them, such as a column with a width for each model.

    See Also
    --------
    sl1lib.reference.Profile : what a class defines, and what its attributes say.

    Examples
    --------
    >>> PROFILES["huber"].value(torch.tensor([0.0, 0.5, 2.0]), torch.tensor([[1.0], [0.5]]))
    tensor([[0.5000, 0.6250, 2.0000],
            [0.2500, 0.5000, 2.0000]])
    """

    name: ClassVar[str]
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

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        r"""Return :math:`\varphi_\varepsilon(r)`."""
        raise NotImplementedError

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        r"""Return :math:`\varphi'_\varepsilon(r)`."""
        raise NotImplementedError

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        r"""Return :math:`\varphi''_\varepsilon(r)`; where it jumps, the value from the left."""
        raise NotImplementedError

    def prox(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        r"""Return the :math:`x` with :math:`x + \tau \varphi'_\varepsilon(x) = r` (``eq-grad-prox``).

        Without a formula, by bisection, and one Newton step that autograd can see: it moves nothing, but carries the
        derivative of the implicit function, :math:`1 / (1 + \tau\varphi''_\varepsilon(x))`. A profile that is not
        convex raises ``ValueError``.
        """
        if not self.convex:
            raise unexpected("profile", self.name, "it is not convex and has no single proximal map")
        with torch.no_grad():
            low, high = torch.zeros_like(r), r
            for _ in range(60):
                middle = (low + high) / 2
                too_big = middle + tau * self.slope(middle, eps) > r
                low, high = torch.where(too_big, low, middle), torch.where(too_big, middle, high)
            x = (low + high) / 2
            residual = x + tau * self.slope(x, eps)
            curvature = self.curvature(x, eps)
        return x + (r - residual) / (1 + tau * curvature)

    def quotient(self, r: Tensor, eps: Numbers) -> Tensor:
        r"""Return :math:`\varphi'_\varepsilon(r)/r` of lengths above 0 (``eq-fast-penalty``)."""
        return self.slope(r, eps) / r

    def prox_quotient(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        """Return ``prox(r, tau, eps) / r`` of lengths above 0 (``eq-fast-prox``)."""
        return self.prox(r, tau, eps) / r

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
    r"""A parabola below :math:`\varepsilon` (``eq-smooth-huber``): the paper's, most likely."""

    unit_gap = (0, 1 / 2)
    unit_lipschitz = 1

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        c = r.clamp(min=eps)
        return r / 2 * (r / c) + c / 2

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        return (r / eps).clamp(max=1)

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.where(r <= eps, torch.ones_like(r) / eps, 0.0)

    def prox(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        return torch.where(r <= eps + tau, r * (eps / (eps + tau)), r - tau)

    def quotient(self, r: Tensor, eps: Numbers) -> Tensor:
        return r.clamp(min=eps).reciprocal()

    def prox_quotient(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        return 1 - tau / r.clamp(min=eps + tau)


class Quartic(Profile, name="quartic"):
    r"""A quartic below :math:`\varepsilon`, which meets :math:`r` in its curvature too (``eq-smooth-quartic``)."""

    unit_gap = (0, 3 / 8)
    unit_lipschitz = 3 / 2

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        c = r.clamp(min=eps)
        t2 = (r / c) ** 2
        return c * ((3 + t2 * (6 - t2)) / 8)

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        t = (r / eps).clamp(max=1)
        return (3 * t - t**3) / 2

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        return 3 * (1 - (r / eps).clamp(max=1) ** 2) / (2 * eps)

    def prox(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        return torch.where(r <= eps + tau, _cubic_root(r, tau, eps), r - tau)

    def quotient(self, r: Tensor, eps: Numbers) -> Tensor:
        c = r.clamp(min=eps)
        return (3 - (r / c) ** 2) / (2 * c)


class PseudoHuber(Profile, name="pseudo_huber"):
    r"""A hyperbola, above :math:`r` everywhere (``eq-smooth-pseudo``)."""

    unit_gap = (0, 1)
    unit_lipschitz = 1

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.hypot(r, _beside(r, eps))

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        return r / torch.hypot(r, _beside(r, eps))

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        return (eps / torch.hypot(r, _beside(r, eps))) ** 3 / eps

    def quotient(self, r: Tensor, eps: Numbers) -> Tensor:
        return 1 / torch.hypot(r, _beside(r, eps))

    def prox_quotient(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        def slope_and_curvature(x: Tensor) -> tuple[Tensor, Tensor]:
            root = torch.hypot(x, _beside(x, eps))
            return x * (1 / root), eps**2 / root**3

        return _newton(r, tau, eps, slope_and_curvature) / r


class LogCosh(Profile, name="log_cosh"):
    r"""The integral of a hyperbolic tangent, below :math:`r` everywhere (``eq-smooth-log-cosh``)."""

    unit_gap = (-math.log(2), 0)
    unit_lipschitz = 1

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        return r + eps * (torch.log1p(torch.exp(-2 * r / eps)) - math.log(2))

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.tanh(r / eps)

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        return (1 - torch.tanh(r / eps) ** 2) / eps

    def prox_quotient(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        def slope_and_curvature(x: Tensor) -> tuple[Tensor, Tensor]:
            slope = x * self.quotient(x, eps)
            return slope, (1 - slope**2) / eps

        return _newton(r, tau, eps, slope_and_curvature) / r


class Abs(Profile, name="abs"):
    r"""No smoothing, :math:`\varphi(r) = r`: L1, or the group lasso (``eq-corner-subdifferential-abs``)."""

    unit_gap = (0, 0)
    unit_lipschitz = math.inf
    has_width = False
    smooth = False

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        return r

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.sign(r)

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.where(r > 0, torch.zeros_like(r), math.nan)

    def prox(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        return (r - tau).clamp(min=0)

    def prox_quotient(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        return (1 - tau / r).clamp(min=0)


class Squared(Profile, name="squared"):
    r"""The L2 penalty, :math:`\varphi(r) = r^2/2`."""

    unit_lipschitz = 1
    has_width = False

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        return r**2 / 2

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        return r

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.ones_like(r)

    def prox(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        return r / (1 + tau)

    def quotient(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.ones_like(r)

    def prox_quotient(self, r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
        return torch.ones_like(r) / (1 + tau)


class SqrtQuartic(Profile, name="sqrt_quartic"):
    r"""The root of the quartic profile: smoothed L1/2, not convex (``eq-smooth-sqrt``)."""

    convex = False
    unit_lipschitz = math.sqrt(6) / 2
    inner: ClassVar[Profile] = PROFILES["quartic"]

    def value(self, r: Tensor, eps: Numbers) -> Tensor:
        return torch.sqrt(self.inner.value(r, eps))

    def slope(self, r: Tensor, eps: Numbers) -> Tensor:
        return self.inner.slope(r, eps) / (2 * self.value(r, eps))

    def curvature(self, r: Tensor, eps: Numbers) -> Tensor:
        # (√q)'' = q''/(2√q) − q'²/(4 q√q)
        q, slope = self.inner.value(r, eps), self.inner.slope(r, eps)
        return (2 * self.inner.curvature(r, eps) - slope**2 / q) / (4 * torch.sqrt(q))

    def quotient(self, r: Tensor, eps: Numbers) -> Tensor:
        return self.inner.quotient(r, eps) / (2 * self.value(r, eps))

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


def _cubic_root(r: Tensor, tau: Numbers, eps: Numbers) -> Tensor:
    """Solve the cubic of the quartic's cap by its trigonometric root, as the reference does."""
    s: Any = tau / eps
    weak, least = torch.as_tensor(1 + s == 1, device=r.device), torch.finfo(r.dtype).eps
    s = s.clamp(min=least) if isinstance(s, Tensor) else max(s, least)
    m = 2 * _sqrt((2 + 3 * s) / (3 * s))
    # The root at the cap's edge has 8r/(eps·s·m³) ≤ 1; beyond the edge the value is not used.
    sin_3theta = (8 * r.clamp(max=eps + tau) / (eps * s * m**3)).clamp(max=1)
    return torch.where(weak, r, eps * m * torch.sin(torch.asin(sin_3theta) / 3))


def _sqrt(x: Any) -> Any:
    return torch.sqrt(x) if isinstance(x, Tensor) else math.sqrt(x)


def _newton(
    r: Tensor, tau: Numbers, eps: Numbers, slope_and_curvature: Callable[[Tensor], tuple[Tensor, Tensor]]
) -> Tensor:
    r"""Solve :math:`x + \tau\varphi'(x) = r` by Newton's method from the left.

    :math:`\varphi' \le 1` and :math:`\varphi'(x) \le x/\varepsilon` give two lower bounds of the root to start at. The
    left side is concave for :math:`x \ge 0`: its tangents lie above it, so no step jumps over the root.
    """
    x = torch.maximum(r - tau, r * eps / (eps + tau))
    for _ in range(NEWTON_STEPS):
        slope, curvature = slope_and_curvature(x)
        x = x + (r - x - tau * slope) / (1 + tau * curvature)
    return x


def _beside(r: Tensor, eps: Numbers) -> Tensor:
    """Return a width as a tensor beside ``r``."""
    return eps if isinstance(eps, Tensor) else torch.full((), eps, dtype=r.dtype, device=r.device)
