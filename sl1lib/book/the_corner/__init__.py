"""The chapter *The corner*."""
