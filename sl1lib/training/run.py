"""One training, done: its configuration, history and parameters, in memory and in a file."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final

import numpy as np
import torch

from .._version import __version__
from ..architecture import check_parameters
from ..engine import make_network
from ..errors import FileError, TrainingError, require_choice, require_number, unexpected
from .archive import under
from .classifier import Classifier
from .config import RunConfig

# What a run's file says beside what every classifier's does, and the type of each.
_FACTS: Final = MappingProxyType({"held_out": str, "data_name": str, "complete": bool})


class RunFileError(FileError):
    """A file that is not a saved run, or no longer one; the message names the file and what is wrong."""


class DivergedError(TrainingError, ArithmeticError):
    """The error became NaN or infinite; ``update`` says at which update, counted from 0.

    From `train_many`, ``runs`` holds the runs of the trainings that did not diverge.
    """

    def __init__(self, update: int, value: float, config: RunConfig) -> None:
        self.update, self.value, self.config = update, value, config
        self.runs: list[Run] = []
        super().__init__(
            f"the error is {value} at update {update} ({config.method}, reading {config.reading.name}, "
            f"lr {config.lr:g}); a smaller lr or strength would be right"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is pickled with its message for an argument, and this one takes three: without this, a pool of
        # processes waits forever for the answer that it cannot read.
        return type(self), (self.update, self.value, self.config), self.__dict__


@dataclass(frozen=True, eq=False)  # equality of arrays is not one truth value
class History:
    r"""What a training recorded, in float64: two curves with one value per update, three with one per epoch.

    Held-out images are the test images, or the validation images where the configuration sets some aside.

    Examples
    --------
    >>> curve = np.array([2.0, 1.0])
    >>> History(curve, curve / 10, curve[:1], curve[:1], curve[:1]).E
    array([2.2, 1.1])
    """

    #: Shape (updates,): the configuration's error function, by default the entropy error in nats, of each mini-batch
    #: before its update.
    E0: np.ndarray
    penalty: np.ndarray  #: shape (updates,): :math:`\lambda \sum h` before each update; zeros without a penalty
    held_out_E0: np.ndarray  #: shape (epochs,): the entropy error on the held-out images after each epoch
    held_out_error: np.ndarray  #: shape (epochs,): the share of wrong answers there, in [0, 1]
    seconds: np.ndarray  #: shape (epochs,): the duration of each epoch's updates

    def __post_init__(self) -> None:
        for names in (("E0", "penalty"), ("held_out_E0", "held_out_error", "seconds")):
            curves = [getattr(self, name) for name in names]
            if any(curve.dtype != np.float64 or curve.shape != (curves[0].size,) for curve in curves):
                found = [(curve.shape, str(curve.dtype)) for curve in curves]
                raise unexpected(", ".join(names), found, "they must be float64 with one axis, all of one length")

    @property
    def E(self) -> np.ndarray:
        r"""The regularised error :math:`E = E_0 + \lambda \sum h` of each mini-batch."""
        return self.E0 + self.penalty

    def smoothed(self, name: str = "E0", keep: float = 0.99) -> np.ndarray:
        r"""Return a curve's exponential average, :math:`s_t = k s_{t-1} + (1 - k) y_t`, started at the first value.

        Parameters
        ----------
        name : {"E0", "E", "penalty"}
        keep : float
            :math:`k`, in [0, 1). The classic toolbox plots its loss with 0.99.

        Returns
        -------
        ndarray, shape (updates,)

        Examples
        --------
        >>> curve = np.array([1.0, 0.0])
        >>> History(curve, curve, curve, curve, curve).smoothed(keep=0.5).tolist()
        [1.0, 0.5]
        """
        require_choice("name", name, ("E0", "E", "penalty"))
        require_number("keep", keep, least=0, below=1)
        smooth = np.empty_like(self.E0)
        level = None
        for t, value in enumerate(getattr(self, name)):
            level = value if level is None else keep * level + (1 - keep) * value
            smooth[t] = level
        return smooth


@dataclass(frozen=True, eq=False)
class Run(Classifier):
    """A finished training.

    Examples
    --------
    >>> from sl1lib import train
    >>> run = train(RunConfig(data="digits", n_train=100, epochs=1), progress=False)
    >>> run
    Run(none, reading table, digits[100 training, seed 0], 1 epoch, ...)
    """

    KIND: ClassVar = "run"
    ERROR: ClassVar = RunFileError
    REMEDY: ClassVar = "train and save it again"

    config: RunConfig  #: what was trained, and how
    params: dict[str, np.ndarray]  #: the final parameters, in the dtype of the training
    history: History  #: what was recorded meanwhile
    held_out: str = "test"  #: where ``held_out_error`` was measured: ``"test"`` or ``"validation"``
    data_name: str = ""  #: what the data is called, ``"mnist"`` say: numbers of this run belong to it
    complete: bool = True  #: False if the training was interrupted before its last update
    provenance: dict[str, str] = field(default_factory=dict)  #: versions, machine, data digest

    def __repr__(self) -> str:
        epochs = len(self.history.seconds)
        state = "" if self.complete else ", interrupted"
        return (
            f"Run({self.config.method}, reading {self.config.reading.name}, {self.data_name}, "
            f"{epochs} epoch{'s' * (epochs != 1)}, {self.held_out} error {100 * self.held_out_error:.2f} %{state})"
        )

    @property
    def held_out_error(self) -> float:
        """The last measured share of wrong answers on the held-out images, in [0, 1]; NaN before the first epoch."""
        errors = self.history.held_out_error
        return float(errors[-1]) if len(errors) else float("nan")

    @property
    def test_error(self) -> float:
        """The share of wrong answers on the test images, in [0, 1].

        Raises
        ------
        ValueError
            If the run was measured on validation images: it has not seen the test images. `evaluate` can show them.
        """
        if self.held_out != "test":
            raise ValueError(
                f"this run was measured on {self.config.validation} validation images and has no test error; "
                "use run.evaluate(data.x_test, data.y_test)"
            )
        return self.held_out_error

    @property
    def node_norms(self) -> np.ndarray:
        r"""The length :math:`\lVert u_k \rVert` of the weights leaving each of the 192 nodes, shape (192,)."""
        return np.linalg.norm(self.params["U"].astype(np.float64), axis=0)

    def nodes_below(self, eps: float | None = None) -> int:
        r"""Count the nodes with :math:`\lVert u_k \rVert < \varepsilon`, the ones that the penalty has switched off.

        Parameters
        ----------
        eps : float, optional
            None: the penalty's own :math:`\varepsilon`, or 0.01 without a penalty.
        """
        if eps is None:
            eps = self.config.penalty.eps if self.config.penalty else 0.01
        require_number("eps", eps, least=0)
        return int((self.node_norms < eps).sum())

    def _scores(self, x: torch.Tensor) -> torch.Tensor:
        return make_network(self.tensors(), self.config.reading).predict(x)

    def _rest(self) -> tuple[dict[str, Any], dict[str, Mapping[str, np.ndarray]]]:
        return {name: getattr(self, name) for name in _FACTS}, {"history": vars(self.history)}

    @classmethod
    def _restored(
        cls, config: RunConfig, params: dict[str, np.ndarray], about: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> Run:
        check_parameters(params)
        facts = {name: about[name] for name in _FACTS}
        for (name, kind), value in zip(_FACTS.items(), facts.values(), strict=True):
            if not isinstance(value, kind):
                raise unexpected(name, value, f"it must be a {kind.__name__}")
        require_choice("held_out", facts["held_out"], ("test", "validation"))
        history = History(**under("history", arrays))
        return cls(config=config, params=params, history=history, provenance=about["provenance"], **facts)


def provenance(device: str, data_digest: str) -> dict[str, str]:
    """Return what else decides a run's numbers: versions, machine, data."""
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else platform.processor()
    return {
        "sl1lib": __version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": name or platform.machine(),
        "threads": str(torch.get_num_threads()),
        "data_sha256": data_digest,
    }
