"""The chapter *Where this network stands*."""
