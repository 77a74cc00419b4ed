"""Figures of runs: the table at the end of one, and the sums over all of them."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.settings import CHECKOUT
from tests.faults.book import Book
from tests.faults.oracle.findings import KINDS


def figures(book: Book, seed: str, cases: str) -> dict[str, Any]:
    """What a run adds to the file."""
    found = Counter(one.kind for one in book.findings)
    return {
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "seed": seed,
        "cases": cases,
        "minutes": round((time.time() - book.started) / 60, 1),
        "faults": dict(sorted(book.faults.items())),
        "operations": dict(book.operations),
        "findings": {kind: found[kind] for kind in KINDS},
    }


def commit() -> str:
    """What was tried; with a plus where files were changed since."""
    asked = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    done = subprocess.run(asked, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def add(told: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")


def table(told: dict[str, Any], histories: list[Path]) -> Iterator[str]:
    """The end of a run, for people."""
    yield "faults injected"
    for kind, count in told["faults"].items():
        yield f"  {count:7d}  {kind}"
    yield "operations"
    for state in ("ok", "fail", "info"):
        yield f"  {told['operations'].get(state, 0):7d}  {state}"
    yield "findings"
    for kind, count in told["findings"].items():
        yield f"  {count:7d}  {kind}"
    yield f"seed {told['seed']}, {told['minutes']} minutes, commit {told['commit']}"
    for path in histories:
        yield f"history {path} (judge it again: make faults ORACLE={path})"


def report(path: Path) -> str:
    """The sums over all runs as Markdown, and each run with its seed."""
    kept = path.read_text("utf-8").splitlines() if path.exists() else []
    runs = [json.loads(line) for line in kept]
    faults: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for run in runs:
        faults += Counter(run["faults"])
        others += Counter(run["operations"]) + Counter(run["findings"])
    lines = ["| fault | times |", "|---|---:|"]
    lines += [f"| {kind} | {count} |" for kind, count in sorted(faults.items())]
    lines += ["", "| operations: ok | fail | info |" + "".join(f" {kind} |" for kind in KINDS)]
    lines.append("|" + "---:|" * (3 + len(KINDS)))
    names = ("ok", "fail", "info", *KINDS)
    lines.append("| " + " | ".join(str(others[name]) for name in names) + " |")
    lines += [
        "",
        "| ended | commit | seed | cases | minutes | faults | findings |",
        "|---|---|---|---|---:|---:|---:|",
    ]
    for run in runs:
        told = (sum(run["faults"].values()), sum(run["findings"].values()))
        row = (
            run["ended"],
            run.get("commit", ""),
            f"`{run['seed']}`",
            run["cases"],
            run["minutes"],
            *told,
        )
        lines.append("| " + " | ".join(map(str, row)) + " |")
    return "\n".join(lines)
