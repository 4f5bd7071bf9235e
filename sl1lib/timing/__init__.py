"""How long things take, and how long they need take: clocks, a machine's two speeds, operations and bytes by formula.

============  ========================================================================================
module        what it does
============  ========================================================================================
``clock``     functions timed in turns, side by side
``machine``   the rate of matrix products and the rate at which memory is copied
``counts``    operations and bytes of a convolution in each of its forms, and of a whole update
``parts``     where the time of an update of the engine goes
============  ========================================================================================
"""

from .clock import Timing, time_side_by_side
from .counts import Work, banded_work, direct_work, epoch_operations, im2col_work
from .machine import Machine, copy_rate, machine_peaks, matrix_rate
from .parts import PARTS, update_parts

__all__ = [
    "PARTS",
    "Machine",
    "Timing",
    "Work",
    "banded_work",
    "copy_rate",
    "direct_work",
    "epoch_operations",
    "im2col_work",
    "machine_peaks",
    "matrix_rate",
    "time_side_by_side",
    "update_parts",
]
