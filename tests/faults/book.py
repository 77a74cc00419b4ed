"""What a run has done and found so far."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.ledger import Ledger
from tests.faults.oracle.findings import Finding


@dataclass
class Book:
    """Counts for the table, findings in words, and `faults.jsonl` for the history."""

    folder: Path
    faults: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    histories: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.time)

    def injected(self, kind: str, **told: object) -> None:
        """One fault of a kind; write it down at the moment it happens."""
        self.faults[kind] += 1
        self.kept("fault", kind=kind, **told)

    def kept(self, what: str, **told: object) -> None:
        """A line of the history about something else, such as which case begins."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(self.folder / "faults.jsonl")
        ledger.keep(what=what, **told)
        ledger.close()

    def found(self, findings: Iterable[Finding]) -> None:
        for one in findings:
            self.findings.append(one)
            self.kept("finding", kind=one.kind, where=one.where, said=one.what)
