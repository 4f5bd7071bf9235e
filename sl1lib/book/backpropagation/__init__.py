"""The chapter *Backpropagation*."""
