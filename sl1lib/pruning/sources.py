"""The images that a run was trained on, for its pruning: those and no others."""

from __future__ import annotations

from collections.abc import Mapping

from ..data import DataError, Dataset, load_data
from ..errors import unexpected
from ..training import RunConfig
from ..training.images import Images


def images_of(config: RunConfig, provenance: Mapping[str, str], data: Dataset | None = None) -> Images:
    """Return the images of a run, on its device: out of ``data``, or of what it loads.

    A `DataError` if what is loaded is not what the run was trained on, by the digest in its provenance; a data set that
    is given is taken as it is.
    """
    if data is None:
        data = load_data(config.data)
        expected = provenance.get("data_sha256", data.digest)
        if expected != data.digest:
            raise DataError(
                f"load_data({config.data!r})",
                f"gives {data.name}, SHA-256 {data.digest[:12]}…; the run was trained on {expected[:12]}…",
                "pass the right Dataset as data= (sl1 prune --data), or another one knowingly",
            )
    elif not isinstance(data, Dataset):
        raise unexpected("data", data, "it must be a Dataset, as load_data returns")
    return Images.prepare(data, config)
