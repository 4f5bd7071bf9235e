"""What the replication found: experiments beside the trainings, verdicts on all claims, the findings in a few lines."""

from .evidence import Evidence, EvidenceError
from .judging import judge_all, measure_missing
from .stored import Results, load_results
from .summary import Finding, main_findings
from .verdict_tables import show_judgement, show_verdict

__all__ = [
    "Evidence",
    "EvidenceError",
    "Finding",
    "Results",
    "judge_all",
    "load_results",
    "main_findings",
    "measure_missing",
    "show_judgement",
    "show_verdict",
]
