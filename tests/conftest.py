"""One profile of hypothesis for all tests: the same examples on every run, no time limits, nothing left on disk."""

from hypothesis import settings

settings.register_profile("sl1lib", derandomize=True, database=None, deadline=None, max_examples=15)
settings.load_profile("sl1lib")
