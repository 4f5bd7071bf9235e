"""The chapter *Gradients*."""
