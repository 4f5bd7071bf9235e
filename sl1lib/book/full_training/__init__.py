"""The chapter *The full training*."""
