"""The training engine: M networks at once, as products with banded matrices and gradients derived by hand.

===================  =========================================================================================
module               what it does
===================  =========================================================================================
``bands``            convolutions as banded matrices: tiles, strips, writing a matrix, folding its gradient
``weights``          the parameters of all models in one array
``passes``           one batch forward and backward through the network, in buffers made once
``penalties``        penalties and proximal maps of many models at once
``threads``          how many threads share an update's products
``banded``           `Engine`: batches, updates, state
``simple``           `SimpleEngine`: the same training as a textbook writes it, by autograd
===================  =========================================================================================
"""

from .banded import Costs, Engine, Training
from .bands import tile_images
from .simple import SimpleEngine, images_to_tensor, predict

__all__ = [
    "Costs",
    "Engine",
    "SimpleEngine",
    "Training",
    "images_to_tensor",
    "predict",
    "tile_images",
]
