"""What the profiles make of given lengths, as plain numbers: what the explorers' JavaScript is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...reference import PROFILES


def profile_numbers(lengths: Sequence[float], eps: float, tau: float) -> dict[str, dict[str, list[float] | None]]:
    r"""Return value, slope, curvature and proximal map of every profile at given lengths, ready for JSON.

    A profile with a corner has no curvature at 0. ``"prox"`` is None where a profile is not convex and has no such map.

    Examples
    --------
    >>> profile_numbers([0.5, 2.0], eps=1.0, tau=1.0)["huber"]
    {'value': [0.625, 2.0], 'slope': [0.5, 1.0], 'curvature': [1.0, 0.0], 'prox': [0.25, 1.0]}
    """
    r = np.asarray(lengths, dtype=np.float64)
    return {
        name: {
            "value": profile.value(r, eps).tolist(),
            "slope": profile.slope(r, eps).tolist(),
            "curvature": profile.curvature(r, eps).tolist(),
            "prox": profile.prox(r, tau, eps).tolist() if profile.convex else None,
        }
        for name, profile in PROFILES.items()
    }
