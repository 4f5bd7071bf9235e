"""Profiles of hypothesis for all tests: the same examples on every run, no time limits, nothing left on disk."""

import signal

from hypothesis import Phase, settings

settings.register_profile("sl1lib", derandomize=True, database=None, deadline=None, max_examples=15)
settings.register_profile("sl1lib-quick", settings.get_profile("sl1lib"), max_examples=5, phases=[Phase.generate])
settings.load_profile("sl1lib")

# A shell that starts the tests in the background lets them ignore Ctrl-C, and the tests of Ctrl-C would have none.
signal.signal(signal.SIGINT, signal.default_int_handler)
