"""What the replication found: experiments beside the trainings, verdicts on all claims, the findings in a few lines."""

from .evidence import Evidence, EvidenceError

__all__ = ["Evidence", "EvidenceError"]
