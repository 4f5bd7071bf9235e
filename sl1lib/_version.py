"""The version, read from the installed package's metadata so that it is written down once."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("sl1lib")
except PackageNotFoundError:  # a source tree that was not installed
    __version__ = "0+unknown"
