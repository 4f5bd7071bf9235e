"""The chapter *Convergence*."""
