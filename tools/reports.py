"""What the parts of the tests gave, from pytest's own reports (JUnit XML), in a few lines."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

SLOWEST = 10


@dataclass
class Report:
    """The tests of one step: how many passed, the names of those that failed, the reasons of those skipped."""

    name: str
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0
    times: list[tuple[float, str]] = field(default_factory=list)

    def __str__(self) -> str:
        verdict = "FAILED" if self.failed else "passed"
        return (
            f"{self.name:<28} {self.seconds:6.0f} s  {verdict}: "
            f"{self.passed:,} passed, {len(self.failed):,} failed, {len(self.skipped):,} skipped"
        )


def read(name: str, path: Path | None, status: int, seconds: float) -> Report:
    """Report a step that ended with ``status``: its tests, or itself where it has no report to write (None).

    A step that tested nothing has failed, and so has one that broke off, whatever its tests gave.
    """
    report = Report(name, seconds=seconds)
    if path is None:
        report.passed, report.failed = (0, [f"exit status {status}"]) if status else (1, [])
        return report
    for case in ElementTree.parse(path).iter("testcase") if path.is_file() else ():
        test = f"{case.get('classname')}::{case.get('name')}"
        report.times.append((float(case.get("time", 0)), test))
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            report.failed.append(test)
        elif skip is not None:
            report.skipped.append(skip.get("message") or "no reason given")
        else:
            report.passed += 1
    if not report.times:
        report.failed.append(f"no test was run (exit status {status})")
    elif status and not report.failed:
        report.failed.append(f"broke off (exit status {status})")
    return report


def summary(reports: Iterable[Report]) -> list[str]:
    """Return the lines that end a run: each step, the slowest tests, why tests were skipped, which failed, the sum."""
    reports = list(reports)
    lines = [str(report) for report in reports]
    slowest = sorted(((*time, report.name) for report in reports for time in report.times), reverse=True)[:SLOWEST]
    lines += ["", "slowest:", *(f"{seconds:6.1f} s  {test} ({name})" for seconds, test, name in slowest)]
    reasons = Counter((report.name, reason) for report in reports for reason in report.skipped)
    lines += ["", "skipped:" if reasons else "skipped: none"]
    lines += [f"{count:6}  {reason} ({name})" for (name, reason), count in reasons.most_common()]
    failed = [f"  {test} ({report.name})" for report in reports for test in report.failed]
    lines += ["", "failed:" if failed else "failed: none", *failed]
    counts = (sum(r.passed for r in reports), len(failed), sum(reasons.values()))
    return [*lines, "", "tests: {} passed, {} failed, {} skipped".format(*counts)]
