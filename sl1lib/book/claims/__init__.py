"""The chapter *The table of claims*."""
