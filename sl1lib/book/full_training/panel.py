"""A panel to train with: controls of ipywidgets, and curves that grow while it trains."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from html import escape
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ...architecture import PARAMETER_SHAPES
from ...data import Dataset
from ...errors import unexpected
from ...settings import Penalty
from ...training import DEFAULT_PENALTY, DivergedError, Run, RunConfig
from ...training.watching import train_watched
from ..beside import Beside
from ..style import INK, WIDTH, label_ends, method_style, plain_log_ticks

try:
    import ipywidgets  # type: ignore[import-untyped]
except ImportError:  # the picture shows all the same
    ipywidgets = None

#: What can be chosen: of each penalty its profile, its grouping, and whether it has a width.
PENALTIES: Final = MappingProxyType(
    {
        "none": None,
        "L2": ("squared", "node", False),
        "L1": ("abs", "weight", False),
        "group lasso": ("abs", "node", False),
        "SL1": ("huber", "node", True),
    }
)
NODES: Final = PARAMETER_SHAPES["U"][1]
WORTH_A_LINE: Final = 20  # updates; an average of fewer still carries its start
SHORTEST: Final = 1e-6  # what a logarithmic axis shows of a length of 0
DPI: Final = 220


class TrainingPanel:
    """Choose a penalty, its strength and its width, train, stop, and compare with what was trained before.

    The training runs beside the notebook, whose other cells can be used meanwhile. Without ipywidgets, and in a page
    without a kernel, the panel is a picture of its runs.

    Parameters
    ----------
    data : Dataset
    runs : iterable of Run
        Trainings to compare with.
    epochs : int
        What the slider begins with.

    Attributes
    ----------
    runs : list of Run
        Those that were given, then those made here, also what was stopped half way.
    penalty, strength, eps, epochs : widgets
        The controls; ``panel.strength.value = 1e-3`` moves one.

    Examples
    --------
    >>> from sl1lib import load_data
    >>> panel = TrainingPanel(load_data("digits"), epochs=2)
    >>> panel.penalty.value, panel.strength.value = "L2", 1e-3
    >>> panel.run()
    >>> panel.wait()
    >>> panel
    <training panel: 1 run>
    >>> panel.runs[0].config.penalty
    Penalty(strength=0.001, eps=0.01, profile='squared', grouping='node', step='gradient')
    """

    def __init__(self, data: Dataset, runs: Iterable[Run] = (), epochs: int = 10) -> None:
        self.data, self.runs = data, list(runs)
        self._asked_to_stop = threading.Event()
        self._beside = Beside("training panel", self._train, stop=self.stop)
        self.view: Any = None
        if ipywidgets is not None:
            self._make_controls(epochs)
            self._arrange()
            self._follow_penalty()
            self._show(self.runs)

    def _make_controls(self, epochs: int) -> None:
        wide = {"style": {"description_width": "9rem"}, "layout": {"width": "28rem", "max_width": "100%"}}
        slider = {"continuous_update": False, "readout_format": ".3g", "base": 10, "step": 0.1, **wide}
        self.penalty = ipywidgets.Dropdown(options=list(PENALTIES), value="SL1", description="Penalty", **wide)
        self.strength = ipywidgets.FloatLogSlider(
            DEFAULT_PENALTY.strength, min=-5, max=-1, description="Strength λ", **slider
        )
        self.eps = ipywidgets.FloatLogSlider(DEFAULT_PENALTY.eps, min=-3, max=0, description="Width ε", **slider)
        self.epochs = ipywidgets.IntSlider(epochs, min=1, max=max(60, epochs), description="Epochs", **wide)
        self.run_button = ipywidgets.Button(description="Train", tooltip="Train with these settings")
        self.stop_button = ipywidgets.Button(
            description="Stop", tooltip="End the training, keep the run", disabled=True
        )
        self.clear_button = ipywidgets.Button(description="Clear", tooltip="Take all runs out of the picture")
        self.bar = ipywidgets.FloatProgress(0, min=0, max=1, description="Trained", **wide)
        self.message, self.picture = ipywidgets.HTML(), ipywidgets.HTML()

    def _arrange(self) -> None:
        self.penalty.observe(lambda _: self._follow_penalty(), "value")
        self.run_button.on_click(lambda _: self.run())
        self.stop_button.on_click(lambda _: self.stop())
        self.clear_button.on_click(lambda _: self.clear())
        buttons = ipywidgets.HBox([self.run_button, self.stop_button, self.clear_button])
        controls = [self.penalty, self.strength, self.eps, self.epochs, buttons, self.bar, self.message]
        self.view = ipywidgets.VBox([*controls, self.picture])

    def _follow_penalty(self) -> None:
        """Let only what the chosen penalty has be moved."""
        chosen = PENALTIES[self.penalty.value]
        self.strength.disabled = chosen is None
        self.eps.disabled = chosen is None or not chosen[2]

    def config(self) -> RunConfig:
        """Return what the controls ask for: the same seed for all, so the same start and the same batches."""
        chosen = PENALTIES[self.penalty.value]
        penalty = None if chosen is None else Penalty(self.strength.value, self.eps.value, chosen[0], chosen[1])
        return RunConfig(data=self.data.name, penalty=penalty, epochs=self.epochs.value)

    @property
    def training(self) -> bool:
        """Whether a training is going on."""
        return not self._beside.idle

    def run(self) -> None:
        """Begin a training with the settings of the controls, beside the notebook.

        Raises
        ------
        ValueError
            While another one goes on, or without ipywidgets, which the controls are.
        """
        if self.view is None:
            raise unexpected("the panel", self, "its controls need ipywidgets: pip install 'sl1lib[notebooks]'")
        if self.training:
            raise unexpected("the panel", self, "it is training already; stop() ends that, wait() waits for its end")
        self._asked_to_stop.clear()
        self._tell("")
        self._busy(True)
        self._beside.do(self.config())

    def stop(self) -> None:
        """End the training after the update it is at; its run is kept."""
        self._asked_to_stop.set()

    def wait(self) -> None:
        """Wait until the training has ended; Ctrl-C, or the notebook's button for it, ends it."""
        while self.training:
            try:
                self._beside.wait(0.1)  # joining a thread, Python 3.11 takes it for ended after Ctrl-C
            except KeyboardInterrupt:
                self.stop()

    def clear(self) -> None:
        """Take all runs out of the picture, and out of `runs`."""
        self.runs = []
        self._show(self.runs)

    def _train(self, config: RunConfig) -> None:
        """Train, beside the notebook; whatever happens there is told here."""
        try:
            run = train_watched(config, self.data, self._look, self._asked_to_stop.is_set)
        except (DivergedError, ValueError) as error:
            self._tell(str(error))
        else:
            self.runs = [*self.runs, run]
        finally:
            self._busy(False)
            with suppress(Exception):  # what cannot be drawn must not cost the run
                self._show(self.runs)

    def _look(self, run: Run) -> None:
        """Show a run while it is made."""
        updates = run.config.updates(len(self.data.x_train))
        with suppress(Exception):
            self.bar.value = len(run.history.E0) / updates
            self._show([*self.runs, run])

    def _busy(self, busy: bool) -> None:
        for control in (self.run_button, self.clear_button):
            control.disabled = busy
        self.stop_button.disabled = not busy
        self.bar.value = 0

    def _tell(self, text: str) -> None:
        self.message.value = f'<span role="status">{escape(text)}</span>'

    def _show(self, runs: Sequence[Run]) -> None:
        image = b64encode(_png(panel_figure(runs, len(self.data.x_train)))).decode()
        words = escape(in_words(runs), quote=True)
        self.picture.value = f'<img src="data:image/png;base64,{image}" alt="{words}" style="max-width: 40rem">'

    def __repr__(self) -> str:
        return f"<training panel: {len(self.runs)} run{'s' * (len(self.runs) != 1)}>"

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the controls, and beside them the picture for a page without a kernel."""
        image = _png(panel_figure(self.runs, len(self.data.x_train)))
        live = {} if self.view is None else dict(self.view._repr_mimebundle_())
        live.pop("text/plain", None)
        size = {"width": int.from_bytes(image[16:20]) // 2, "height": int.from_bytes(image[20:24]) // 2}
        metadata = {"image/png": size, "mystnb": {"image": {"alt": in_words(self.runs)}}}
        return {"text/plain": repr(self), "image/png": b64encode(image).decode(), **live}, metadata


def panel_figure(runs: Sequence[Run], images: int) -> Figure:
    r"""Draw of each run the smoothed :math:`E_0` against the epoch, and the sorted lengths of its 192 nodes.

    Parameters
    ----------
    runs : sequence of Run
        Numbered from 1, also while they are trained.
    images : int
        How many images are trained on.

    Returns
    -------
    Figure
        One that pyplot knows nothing of, so that any thread may draw it.
    """
    figure = Figure(figsize=(WIDTH, 5.4), layout="constrained")
    FigureCanvasAgg(figure)
    errors, lengths = figure.subplots(2, 1)
    for axes in (errors, lengths):
        axes.set_yscale("log")
    for number, run in enumerate(runs, 1):
        style = method_style(run.config.method)
        line = {"color": style.color, "linestyle": style.linestyle, "label": f"{number} {run.config.method}"}
        curve = run.history.smoothed("E0")
        if len(curve) > WORTH_A_LINE:
            epochs = np.arange(1, len(curve) + 1) * run.config.epochs / run.config.updates(images)
            errors.plot(epochs[WORTH_A_LINE:], curve[WORTH_A_LINE:], **line)
        lengths.plot(np.arange(1, NODES + 1), np.maximum(np.sort(run.node_norms)[::-1], SHORTEST), **line)
    errors.set(xlabel="epoch", ylabel=r"$E_0$  (nats, smoothed)", xlim=(0, None))
    lengths.set(xlabel="node, sorted by length", ylabel=r"$\Vert u_k \Vert$", xlim=(0, NODES))
    plain_log_ticks(errors)
    for axes in (errors, lengths):
        if axes.lines:
            label_ends(axes)
    for eps in sorted({p.eps for p in (run.config.penalty for run in runs) if p is not None and p.profile == "huber"}):
        lengths.axhline(eps, color=INK, linewidth=0.8)
    return figure


def in_words(runs: Sequence[Run]) -> str:
    """Return what `panel_figure` shows, in words.

    Examples
    --------
    >>> in_words([])
    'Two empty charts: nothing is trained yet.'
    """
    if not runs:
        return "Two empty charts: nothing is trained yet."
    told = ["Curves of the smoothed entropy error against the epoch, and of the 192 sorted lengths of nodes."]
    for number, run in enumerate(runs, 1):
        penalty, E0 = run.config.penalty, run.history.smoothed("E0")
        eps = penalty.eps if penalty else DEFAULT_PENALTY.eps
        told.append(
            f"{number}, {run.config.method}"
            + (f" with λ {penalty.strength:.3g}" if penalty else "")
            + (f": the error ends at {E0[-1]:.4f}" if len(E0) else ": no update yet")
            + (
                ""
                if np.isnan(run.held_out_error)
                else f", {run.held_out_error:.2%} of the held-out images are read wrong"
            )
            + f", {run.nodes_below(eps)} nodes are shorter than {eps:.3g}."
        )
    return " ".join(told)


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=DPI)
    return stream.getvalue()
