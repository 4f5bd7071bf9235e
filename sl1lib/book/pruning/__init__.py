"""The chapter *From near-zero norms to a smaller network*."""
