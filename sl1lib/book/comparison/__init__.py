"""The chapter *Comparing fairly*."""
