"""The training engines: M networks at once, with gradients derived by hand; in C where there is a compiler.

===================  =========================================================================================
module               what it does
===================  =========================================================================================
``trainer``          `Trainer`: batches, updates, state; what every engine does in the same way
``weights``          the parameters of all models in one array
``penalties``        penalties and proximal maps of many models at once
``threads``          how many threads are worth it
``banded``           `Engine`: gradients by products with banded matrices
``bands``            convolutions as banded matrices: tiles, strips, writing a matrix, folding its gradient
``passes``           one batch forward and backward through the network, in buffers made once
``compiled``         `CompiledEngine`, `CompiledNetwork`: the loops of ``kernels.c``, one image in each lane
``compiler``         the loops, compiled on this machine, kept, and loaded
``crew.c``           threads that share tasks
``choice``           `make_engine`, `make_network`: the compiled one where it can be had
``simple``           `SimpleEngine`: the same training as a textbook writes it, by autograd
===================  =========================================================================================
"""

from .banded import Engine
from .bands import tile_images
from .choice import make_engine, make_network
from .compiled import CompiledEngine, CompiledNetwork
from .compiler import NotCompiledError
from .simple import SimpleEngine, images_to_tensor
from .trainer import Costs, Trainer, Training

__all__ = [
    "CompiledEngine",
    "CompiledNetwork",
    "Costs",
    "Engine",
    "NotCompiledError",
    "SimpleEngine",
    "Trainer",
    "Training",
    "images_to_tensor",
    "make_engine",
    "make_network",
    "tile_images",
]
