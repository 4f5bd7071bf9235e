"""Where the pages tell what is behind a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...study import Claim

#: Topics that the chapter *Comparing fairly* tells all of.
COMPARED: Final = ("speed", "error function reached", "accuracy", "overfitting")
#: The chapter on the theory of each experiment.
THEORY: Final[Mapping[str, str]] = {
    "chatter": "../smoothing/the-corner",
    "convergence": "../smoothing/convergence",
    "consistency": "../smoothing/smooth-function",
}


def evidence_link(claim: Claim) -> str:
    """Return links in Markdown from the table of claims to the evidence on a claim.

    Examples
    --------
    >>> evidence_link(Claim(15, "?", untested="Nobody can."))
    '{ref}`below <claims-15>`'
    """
    if claim.experiment == "pruning":
        return f"{{ref}}`pruning <prune-claim-{claim.number}>`"
    chapter = THEORY.get(claim.experiment, "comparison" if claim.by_trainings else "")
    if claim.topic in COMPARED:
        return f"{{doc}}`{chapter}`"
    return f"{{ref}}`below <claims-{claim.number}>`" + (f", {{doc}}`{chapter}`" if chapter else "")
