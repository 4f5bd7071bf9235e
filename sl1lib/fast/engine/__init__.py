"""The batched training engine: M networks at once, as products with banded matrices and gradients derived by hand.

==============  =========================================================================================
module          what it does
==============  =========================================================================================
``bands``       convolutions as banded matrices: tiles, strips, writing a matrix, folding its gradient
``weights``     the parameters of all models in one array
``passes``      one batch forward and backward through the network, in buffers made once
``penalties``   penalties and proximal maps of many models at once
``core``        `Engine`: batches, updates, state
``parallel``    `ParallelEngine`: engines in several processes, each with a share of the trainings
``worker``      what such a process does
==============  =========================================================================================

``fast.simple`` is the same training as a textbook writes it, by autograd.
"""

from .bands import tile_images
from .core import Costs, Engine, Training
from .parallel import ParallelEngine, WorkerError

__all__ = ["Costs", "Engine", "ParallelEngine", "Training", "WorkerError", "tile_images"]
