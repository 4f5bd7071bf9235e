"""sl1lib."""

from .readings import READINGS, Reading
from .settings import MOMENTUM_READINGS, MomentumRamp, Penalty
