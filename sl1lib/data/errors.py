"""What goes wrong with data, in one vocabulary: where, what was expected, what was found."""

from __future__ import annotations

from pathlib import Path

from sl1lib.paths import user_path


class DataError(ValueError):
    """Data that cannot be used: malformed, inconsistent, of the wrong content or not there.

    The message names the place (a file or an argument), what was expected and what was found.

    Examples
    --------
    >>> from sl1lib.data import Dataset, DataError
    >>> try:
    ...     Dataset(x_train=[[0.5]], y_train=[1], x_test=[[0.5]], y_test=[1], name="mine")
    ... except DataError as error:
    ...     print(error)
    x_train: expected images of dtype uint8 (grey levels 0 to 255), found dtype float64
    """


class DataUnavailableError(DataError):
    """MNIST is on this machine nowhere, and could not be downloaded; the message says what to do."""


def data_path(what: str, given: object, kind: str = "folder") -> Path:
    """Return a path with ``~`` expanded, as `sl1lib.paths.user_path` does; what is wrong with it is a `DataError`.

    Examples
    --------
    >>> data_path("data", "a/b").parts
    ('a', 'b')
    """
    try:
        return user_path(what, given, kind)
    except ValueError as error:
        raise DataError(str(error)) from None


def mismatch(where: object, expected: str, found: object) -> DataError:
    """Build the error for one place that holds something else than it should.

    Parameters
    ----------
    where : object
        The file or the argument, as the reader knows it.
    expected : str
        What would be right.
    found : object
        What is there.

    Returns
    -------
    DataError
        To be raised by the caller.

    Examples
    --------
    >>> str(mismatch("labels.idx", "labels from 0 to 9", "label 10 at index 3"))
    'labels.idx: expected labels from 0 to 9, found label 10 at index 3'
    """
    return DataError(f"{where}: expected {expected}, found {found}")
