"""What a training can be told: the penalty on the weights, the momentum and the learning rate of each update.

Small frozen records without arithmetic on arrays, shared by the reference and the fast path; the penalty's mathematics
is in ``profiles`` and ``penalty`` of both. A value out of range is a ``ValueError`` that says what would be right.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from .errors import require_choice, require_count, require_number, unexpected

GROUPINGS: Final = ("node", "weight", "map")
LOSSES: Final = ("cross_entropy", "squared_error")

_PROFILES: Final[dict[str, Any]] = {}


def check_profile(profile: str, eps: float) -> None:
    """Raise ``ValueError`` for an unknown profile, or a smoothing width that the profile cannot use."""
    if _find_profile(profile).has_width:
        require_number("eps", eps, above=0)
    else:
        require_number("eps", eps, least=0)


def enter_profile(profile: Any) -> None:
    """Make a profile known by its name; each class of ``reference.profiles`` and ``fast.profiles`` enters itself."""
    _PROFILES[profile.name] = profile


def _find_profile(name: str) -> Any:
    """Return a profile's class; the classes stand above this layer, and nothing else lists them."""
    if not _PROFILES:  # neither NumPy's classes nor PyTorch's were needed so far
        import_module(".reference.profiles", __package__)
    require_choice("profile", name, _PROFILES)
    return _PROFILES[name]


@dataclass(frozen=True)
class Penalty:
    r"""The penalty :math:`\lambda \sum_g \varphi_\varepsilon(\lVert u_g \rVert)` on the last layer's weights.

    Parameters
    ----------
    strength : float
        :math:`\lambda \ge 0`. The error is a mean over samples; a paper that sums has :math:`J\lambda`.
    eps : float
        :math:`\varepsilon > 0`, the width of the smoothing, in units of a weight. Not read by ``"abs"`` and
        ``"squared"``.
    profile : str
        :math:`\varphi`, a name in `PROFILES`: ``"huber"`` (the paper's, most likely), ``"quartic"``,
        ``"pseudo_huber"``, ``"log_cosh"``, ``"abs"`` (L1 or group lasso), ``"squared"`` (L2), ``"sqrt_quartic"``
        (smoothed L1/2).
    grouping : {"node", "weight", "map"}
        What a group :math:`g` is: the 10 weights leaving one node; one weight; the 160 weights of one map.
    step : {"gradient", "proximal"}
        How training takes the penalty: by its (sub)gradient, or by its proximal map after each step on the error.

    Examples
    --------
    >>> Penalty(strength=1e-3, eps=1e-2)
    Penalty(strength=0.001, eps=0.01, profile='huber', grouping='node', step='gradient')
    >>> Penalty(strength=-1, eps=1e-2)
    Traceback (most recent call last):
    ...
    ValueError: strength is -1; it must be a finite number of at least 0
    """

    strength: float
    eps: float = 0.01
    profile: str = "huber"
    grouping: str = "node"
    step: str = "gradient"

    def __post_init__(self) -> None:
        require_number("strength", self.strength, least=0)
        check_profile(self.profile, self.eps)
        require_choice("grouping", self.grouping, GROUPINGS)
        require_choice("step", self.step, ("gradient", "proximal"))
        if self.step == "proximal" and not _find_profile(self.profile).convex:
            right = "it is not convex and has no single proximal map; use step='gradient'"
            raise unexpected("profile", self.profile, right)

    @classmethod
    def of(cls, eps: float | Penalty, profile: str, grouping: str) -> Penalty:
        """Return a penalty as it is, or one of strength 1 with this width, profile and grouping."""
        return eps if isinstance(eps, Penalty) else cls(1.0, eps, profile, grouping)

    @classmethod
    def of_prox(
        cls, tau: float | Penalty, eps: float | Penalty | None, profile: str, grouping: str, lr: float | None
    ) -> tuple[Penalty, float]:
        r"""Return the penalty of a proximal map and the map's weight :math:`\tau`.

        The arguments are those of `penalty_prox`: a weight and what `of` takes, or a penalty and a learning rate, whose
        product with the strength is the weight.
        """
        if not isinstance(tau, Penalty):
            require_number("tau", tau, least=0)
            return cls.of(0.0 if eps is None else eps, profile, grouping), tau
        rate: Any = eps if lr is None else lr
        require_number("lr", rate, least=0)
        return tau, rate * tau.strength


@dataclass(frozen=True)
class MomentumRamp:
    """The momentum of each update: from ``start`` to ``end`` over the first ``updates`` updates, then ``end``.

    The paper says 0.2 and that it is "gradually increased in the initial 20 iterations"; the default reads this as
    a line from 0 to 0.2 over 20 updates. `MOMENTUM_READINGS` holds the rival readings.

    Parameters
    ----------
    start, end : float
        At least 0 and below 1.
    updates : int
        How many updates the change takes; 0 means ``end`` from the first update on.
    shape : {"linear", "step"}
        A line, or ``start`` throughout and then a jump to ``end``.

    Notes
    -----
    Equation ``eq-momentum-ramp``, chapter *The full training*.

    Examples
    --------
    >>> ramp = MomentumRamp()
    >>> [round(ramp.at(update), 2) for update in (0, 10, 20, 1000)]
    [0.0, 0.1, 0.2, 0.2]
    """

    start: float = 0.0
    end: float = 0.2
    updates: int = 20
    shape: str = "linear"

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            require_number(f"momentum {name}", value, least=0)
            if value >= 1:
                raise unexpected(f"momentum {name}", value, "it must be below 1, or the velocity grows without bound")
        require_count("momentum updates", self.updates, least=0)
        require_choice("momentum shape", self.shape, ("linear", "step"))

    def at(self, update: int) -> float:
        """Return the momentum of update ``update``, counted from 0.

        Examples
        --------
        >>> MomentumRamp(0.5, 0.9, updates=20, shape="step").at(19)
        0.5
        """
        if update >= self.updates:
            return self.end
        if self.shape == "step":
            return self.start
        return self.start + (self.end - self.start) * update / self.updates


@dataclass(frozen=True)
class LearningRate:
    r"""The learning rate of each update: from ``start`` along a line to ``start * end`` at update ``updates``.

    The paper names none. The library's trainings let it fall to 0 at their end:
    :math:`\eta_t = \eta_0 (1 - t/T)`.

    Parameters
    ----------
    start : float
        :math:`\eta_0 > 0`.
    end : float
        What remains of it in the end, as a share in [0, 1]; 1 keeps it constant.
    updates : int
        :math:`T`, how many updates the fall takes, at least 1.

    Notes
    -----
    Equation ``eq-lr-decay``, chapter *The full training*.

    Examples
    --------
    >>> rate = LearningRate(0.2, end=0, updates=10)
    >>> [round(rate.at(update), 2) for update in (0, 5, 9)]
    [0.2, 0.1, 0.02]
    >>> LearningRate(0.2).at(1000)
    0.2
    """

    start: float
    end: float = 1.0
    updates: int = 1

    def __post_init__(self) -> None:
        require_number("lr", self.start, above=0)
        require_number("lr_end", self.end, least=0)
        if self.end > 1:
            raise unexpected("lr_end", self.end, "it is the share of lr that remains in the end, from 0 to 1")
        require_count("the updates of the learning rate", self.updates, least=1)

    @classmethod
    def of(cls, lr: float | LearningRate) -> LearningRate:
        """Return ``lr`` as it is, or a number as a constant rate."""
        return lr if isinstance(lr, LearningRate) else cls(lr)

    def at(self, update: int) -> float:
        """Return the learning rate of update ``update``, counted from 0."""
        return self.start * (1 - (1 - self.end) * min(update / self.updates, 1))


MOMENTUM_READINGS: Final = MappingProxyType(
    {
        "ramp": MomentumRamp(),
        "rise": MomentumRamp(0.2, 0.9, updates=20),
        "switch": MomentumRamp(0.5, 0.9, updates=20, shape="step"),
        "constant": MomentumRamp(0.2, 0.2, updates=0),
        "none": MomentumRamp(0.0, 0.0, updates=0),
    }
)
