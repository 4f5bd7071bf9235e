"""The two readings of the paper's network.

The paper contradicts itself on where the nonlinearity stands: its section 2 says *sigmoid after convolution*, its
Table 1 says *pooling with ReLU*. The library builds both, under the names ``"text"`` and ``"table"``; chapter
*The paper* gives the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from .errors import require_choice


@dataclass(frozen=True)
class Reading:
    """One way to read the paper's network: what happens between a convolution and the next layer.

    Parameters
    ----------
    name : str
        How the reading is called in tables and files.
    activation : {"relu", "sigmoid"}
        The nonlinearity of both convolutional stages.
    pool_first : bool
        True: convolution → pooling → activation. False: convolution → activation → pooling.
    logits : {"linear", "relu"}
        What the fully connected layer hands to softmax. Equation (3) of the paper, read literally, has a ReLU
        there; it blocks the gradient of every class with a negative score, so ``"linear"`` is the default.

    Examples
    --------
    >>> READINGS["table"]
    Reading(name='table', activation='relu', pool_first=True, logits='linear')
    >>> READINGS["table"].with_relu_logits().logits
    'relu'
    """

    name: str
    activation: str
    pool_first: bool
    logits: str = "linear"

    def __post_init__(self) -> None:
        require_choice("Reading.activation", self.activation, ("relu", "sigmoid"))
        require_choice("Reading.logits", self.logits, ("linear", "relu"))

    def with_relu_logits(self) -> Reading:
        """Return the literal reading of equation (3): the same network with a ReLU before softmax.

        Examples
        --------
        >>> READINGS["text"].with_relu_logits().name
        'text+relu-logits'
        """
        return replace(self, name=f"{self.name}+relu-logits", logits="relu")


READINGS: Final = MappingProxyType(
    {
        "table": Reading("table", activation="relu", pool_first=True),
        "text": Reading("text", activation="sigmoid", pool_first=False),
    }
)
_LITERAL: Final = {literal.name: literal for literal in (r.with_relu_logits() for r in READINGS.values())}


def find_reading(reading: str | Reading) -> Reading:
    """Return the reading called ``"table"`` or ``"text"``, also with ``"+relu-logits"``; a `Reading` as it is."""
    if isinstance(reading, Reading):
        return reading
    known = {**READINGS, **_LITERAL}
    require_choice("reading", reading, known)
    return known[reading]
