"""The chapter *The paper*."""
