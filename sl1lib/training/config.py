"""One training, declared: everything that decides its result, and nothing else."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from ..errors import require_choice, require_count, require_number, unexpected
from ..readings import Reading, find_reading
from ..reference import PROFILES, find_profile
from ..settings import LOSSES, MOMENTUM_READINGS, LearningRate, MomentumRamp, Penalty

# Tuned on 5,000 validation images of MNIST, 10 epochs, two seeds; the paper gives no rate.
LEARNING_RATES: Final = MappingProxyType({"relu": 0.2, "sigmoid": 0.7})

# The paper gives neither value. The strength is the largest of 1e-4, 3e-4, 1e-3 that cost no accuracy on the same
# images.
DEFAULT_PENALTY: Final = Penalty(strength=3e-4, eps=1e-2)

#: What `compare` trains side by side: no penalty, L2, L1, SL1. The strengths are defaults; they were not tuned alike.
COMPARED_PENALTIES: Final = (
    None,
    Penalty(strength=1e-4, profile="squared"),
    Penalty(strength=1e-4, profile="abs", grouping="weight"),
    DEFAULT_PENALTY,
)

#: The same for the embedded digits and 60 epochs, each strength chosen on validation images by the study `digits`.
COMPARED_ON_DIGITS: Final = (
    None,
    Penalty(strength=1e-2, profile="squared"),
    Penalty(strength=1e-3, profile="abs", grouping="weight"),
    Penalty(strength=3e-3, eps=1e-2),
)

# Of these, each of several trainings that make their updates together may have its own.
_OWN: Final = frozenset({"penalty", "lr", "lr_end", "momentum", "seed"})


@dataclass(frozen=True)
class RunConfig:
    """What one training is: data, network, penalty, optimiser, seed.

    Parameters
    ----------
    data : str
        ``"mnist"``, ``"digits"``, ``"auto"``, or the path of a folder in MNIST's format.
    reading : str or Reading
        Which reading of the paper's network; a name is looked up.
    penalty : Penalty, optional
        None: the entropy error alone.
    epochs : int
        How often each training image is used, at least 1.
    batch_size : int
        Images per update, at least 1.
    lr : float, optional
        The learning rate of the first update, above 0. None takes the tuned one of the reading's activation.
    lr_end : float
        The learning rate falls along a line to this share of ``lr``, in [0, 1]; 1 keeps it constant.
    momentum : MomentumRamp or float
        A number is a constant momentum.
    loss : {"cross_entropy", "squared_error"}
        The error function :math:`E_0`. Histories have the values of this one; what is measured on held-out images is
        the entropy error always, so that trainings compare.
    seed : int
        Decides the start and the order of the images, at least 0.
    n_train : int, optional
        Train on this many images only, drawn by ``seed``.
    validation : int
        Set this many training images aside; the run is then measured on them and never sees the test images.
    dtype : {"float32", "float64"}
    device : str
        As PyTorch names it: ``"cpu"``, ``"cuda"``.

    Raises
    ------
    ValueError
        Naming the value and what would be right.

    Examples
    --------
    >>> config = RunConfig(data="digits", reading="text", epochs=3)
    >>> config.lr, config.batch_size, config.penalty
    (0.7, 50, None)
    >>> RunConfig(epochs=0)
    Traceback (most recent call last):
    ...
    ValueError: epochs is 0; it must be a whole number of at least 1
    """

    data: str = "mnist"
    reading: Reading = "table"  # type: ignore[assignment]  # a name is accepted and looked up
    penalty: Penalty | None = None
    epochs: int = 10
    batch_size: int = 50
    lr: float = None  # type: ignore[assignment]  # None is accepted and replaced by the tuned value
    lr_end: float = 0.0
    momentum: MomentumRamp = field(default_factory=MomentumRamp)
    loss: str = "cross_entropy"
    seed: int = 0
    n_train: int | None = None
    validation: int = 0
    dtype: str = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        self._set("reading", find_reading(self.reading))
        if self.lr is None:
            self._set("lr", LEARNING_RATES[self.reading.activation])
        if isinstance(self.momentum, str):
            right = f"it must be a number or a MomentumRamp; MOMENTUM_READINGS has {', '.join(MOMENTUM_READINGS)}"
            raise unexpected("momentum", self.momentum, right)
        if not isinstance(self.momentum, MomentumRamp):
            require_number("momentum", self.momentum, least=0)
            self._set("momentum", MomentumRamp(self.momentum, self.momentum, updates=0))
        if isinstance(self.data, Path):
            self._set("data", str(self.data))
        self._check()

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # the usual way to normalise a field of a frozen dataclass

    def _check(self) -> None:
        if not isinstance(self.data, str) or not self.data:
            raise unexpected("data", self.data, "it must be 'mnist', 'digits', 'auto' or the path of a folder")
        if self.penalty is not None and not isinstance(self.penalty, Penalty):
            raise unexpected("penalty", self.penalty, "it must be None or a Penalty(strength, eps, ...)")
        LearningRate(self.lr, self.lr_end)  # checks both
        for name, least in (("epochs", 1), ("batch_size", 1), ("seed", 0), ("validation", 0)):
            require_count(name, getattr(self, name), least)
        if self.n_train is not None:
            require_count("n_train", self.n_train, 1)
        require_choice("loss", self.loss, LOSSES)
        require_choice("dtype", self.dtype, ("float32", "float64"))
        if not isinstance(self.device, str) or not self.device:
            raise unexpected("device", self.device, "it must be a device as PyTorch names it, 'cpu' or 'cuda'")

    @property
    def method(self) -> str:
        """The name of the method in tables and plots.

        Examples
        --------
        >>> RunConfig().method, RunConfig(penalty=Penalty(1e-3, profile="abs")).method
        ('none', 'group lasso')
        """
        return method_name(self.penalty)

    def replace(self, **changes: Any) -> RunConfig:
        """Return a copy with some fields changed, checked again.

        Examples
        --------
        >>> RunConfig(epochs=3).replace(seed=7).seed
        7
        """
        return dataclasses.replace(self, **changes)

    def shared(self) -> dict[str, Any]:
        """Return the fields in which trainings must agree to make their updates together.

        These are all but penalty, learning rate, momentum and seed. With ``n_train`` the seed is one of them, since it
        draws the images.

        Examples
        --------
        >>> RunConfig(seed=1).shared() == RunConfig(seed=2, lr=0.1).shared()
        True
        >>> RunConfig(seed=1, n_train=600).shared() == RunConfig(seed=2, n_train=600).shared()
        False
        """
        own = _OWN if self.n_train is None else _OWN - {"seed"}
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name not in own}

    def updates(self, images: int) -> int:
        """Return how many updates the training makes with so many training images.

        Examples
        --------
        >>> RunConfig(epochs=2, batch_size=50).updates(120)
        6
        """
        return self.epochs * -(-images // self.batch_size)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers, strings and dicts, ready for JSON; `from_dict` reads them back.

        Examples
        --------
        >>> config = RunConfig(penalty=DEFAULT_PENALTY)
        >>> RunConfig.from_dict(config.to_dict()) == config
        True
        """
        return dataclasses.asdict(self, dict_factory=lambda pairs: {name: _plain(value) for name, value in pairs})

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> RunConfig:
        """Build the configuration that `to_dict` took apart; other fields raise ``ValueError``."""
        names = {field.name for field in dataclasses.fields(cls)}
        try:
            parts = dict(fields)
            if differing := names.symmetric_difference(parts):
                raise TypeError(f"missing or unknown: {', '.join(sorted(map(repr, differing)))}")
            parts["reading"] = Reading(**parts["reading"])
            parts["momentum"] = MomentumRamp(**parts["momentum"])
            parts["penalty"] = None if parts["penalty"] is None else Penalty(**parts["penalty"])
            return cls(**parts)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the fields of a RunConfig ({error}): {fields!r}") from error


def _plain(value: Any) -> Any:
    """Return NumPy's scalars, which the fields accept and JSON does not, as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def method_name(penalty: Penalty | None) -> str:
    """Name a penalty as the book's tables and figures do.

    Parameters
    ----------
    penalty : Penalty or None

    Returns
    -------
    str
        ``"none"``, ``"L2"``, ``"L1"``, ``"group lasso"``, ``"SL1"``, ``"smoothed L1/2"``; whatever departs from the
        method's usual grouping, profile or step is added.

    Examples
    --------
    >>> method_name(Penalty(1e-3, 1e-2)), method_name(Penalty(1e-3, 1e-2, "quartic", "weight"))
    ('SL1', 'SL1 quartic weight-wise')
    """
    if penalty is None or penalty.strength == 0:
        return "none"
    family = find_profile(penalty.profile).family
    if family == "L2":
        return family  # the same function for every grouping
    words = [family]
    if penalty.profile != next(profile.name for profile in PROFILES.values() if profile.family == family):
        words.append(penalty.profile)
    if family == "group lasso" and penalty.grouping == "weight":
        words = ["L1"]  # the group lasso of groups of one weight
    elif penalty.grouping != "node":
        words.append(f"{penalty.grouping}-wise")
    if penalty.step == "proximal":
        words.append("proximal")
    return " ".join(words)
