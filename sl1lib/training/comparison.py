"""Several penalties on one network, one seed and one order of the images."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..data import Dataset
from ..errors import unexpected
from ..settings import Penalty
from .checkpoint import EVERY
from .config import COMPARED_PENALTIES, RunConfig
from .run import Run
from .training import checked, train_many


def compare(
    config: RunConfig,
    penalties: Iterable[Penalty | None] = COMPARED_PENALTIES,
    progress: bool = True,
    data: Dataset | None = None,
    *,
    processes: int = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = EVERY,
) -> list[Run]:
    """Train one configuration with each of several penalties, side by side.

    All start from the same parameters and see the same batches, so what differs is the penalties' doing. One seed is
    still one seed: how much of a difference is luck, only more seeds can tell.

    Parameters
    ----------
    config : RunConfig
        Everything but the penalty, which is replaced.
    penalties : iterable of Penalty or None
        By default `COMPARED_PENALTIES`: no penalty, L2, L1 and SL1, with strengths that were not tuned alike.
    progress, data, processes, checkpoint, checkpoint_every
        As in `train_many`.

    Returns
    -------
    list of Run
        One for each penalty, in their order; see `train_many` for what Ctrl-C leaves.

    Raises
    ------
    CheckpointError, DataError, DivergedError, ValueError
        As in `train_many`.

    Examples
    --------
    >>> runs = compare(RunConfig(data="digits", n_train=100, epochs=1), progress=False)
    >>> [run.config.method for run in runs]
    ['none', 'L2', 'L1', 'SL1']
    """
    checked(config)
    if isinstance(penalties, Penalty):
        raise unexpected("penalties", penalties, "it must be several, a list of Penalty or None")
    configs = [config.replace(penalty=penalty) for penalty in penalties]
    return train_many(
        configs, progress, data, processes=processes, checkpoint=checkpoint, checkpoint_every=checkpoint_every
    )
