"""The chapter *The smooth function*."""
