"""The engine and named baselines, timed side by side in one process; `python -m benchmarks` runs them."""
