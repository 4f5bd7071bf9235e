"""The chapter *Dense layer and entropy*."""
