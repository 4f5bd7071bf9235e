"""The chapter *The whole thing on one page*: its program, which needs NumPy alone."""
