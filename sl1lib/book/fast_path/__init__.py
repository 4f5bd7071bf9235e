"""The chapter *The fast path*: ways to convolve, clocks, a machine's two speeds, operations and bytes by formula."""
