"""The chapter *Convolution*."""
