"""The images that a run was trained on, for its pruning: those and no others."""

from __future__ import annotations

from collections.abc import Mapping

from ..data import DataError, Dataset, load_data
from ..errors import unexpected
from ..training import RunConfig


def data_of(config: RunConfig, provenance: Mapping[str, str], data: Dataset | None = None) -> Dataset:
    """Return ``data``, or load what a run was trained on and make sure that it is the same.

    Parameters
    ----------
    config : RunConfig
        Of the run.
    provenance : mapping
        The run's; its ``data_sha256`` is compared with what is loaded.
    data : Dataset, optional
        Taken as it is.

    Returns
    -------
    Dataset
        Whole: not yet split, nor a subset.

    Raises
    ------
    DataError
        If the data cannot be had, or is not what the run was trained on.
    ValueError
        If ``data`` is something else.

    Examples
    --------
    >>> data_of(RunConfig(data="digits"), {}).name
    'digits'
    """
    if data is not None:
        if not isinstance(data, Dataset):
            raise unexpected("data", data, "it must be a Dataset, as load_data returns")
        return data
    loaded = load_data(config.data)
    expected = provenance.get("data_sha256", loaded.digest)
    if expected != loaded.digest:
        raise DataError(
            f"load_data({config.data!r})",
            f"gives {loaded.name}, SHA-256 {loaded.digest[:12]}…; the run was trained on {expected[:12]}…",
            "pass the right Dataset as data= (sl1 prune --data), or another one knowingly",
        )
    return loaded
