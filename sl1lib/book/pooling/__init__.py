"""The chapter *Pooling*."""
