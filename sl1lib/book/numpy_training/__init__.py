"""The chapter *Training in NumPy*."""
