"""The chapters that exercises belong to, in the order of the book."""

from __future__ import annotations

from typing import Final

#: Each chapter's title and its page, by the name of its folder in the library.
CHAPTERS: Final = {
    "convolution": ("Convolution", "network/convolution"),
    "pooling": ("Pooling", "network/pooling"),
    "dense_and_entropy": ("Dense layer and entropy", "network/dense-and-entropy"),
    "backpropagation": ("Backpropagation", "network/backpropagation"),
    "the_corner": ("The corner", "smoothing/the-corner"),
    "smooth_function": ("The smooth function", "smoothing/smooth-function"),
    "gradients": ("Gradients", "smoothing/gradients"),
    "convergence": ("Convergence", "smoothing/convergence"),
    "numpy_training": ("Training in NumPy", "training/numpy-training"),
    "fast_path": ("The fast path", "training/fast-path"),
    "full_training": ("The full training", "training/full-training"),
    "comparison": ("Comparing fairly", "findings/comparison"),
    "pruning": ("From near-zero norms to a smaller network", "findings/pruning"),
    "claims": ("The table of claims", "findings/claims"),
    "your_own_model": ("Your own model", "using/your-own-model"),
}
