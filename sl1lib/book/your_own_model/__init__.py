"""The chapter *Your own model*."""
