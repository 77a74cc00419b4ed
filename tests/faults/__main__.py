"""`make faults`: break things on purpose, and show that nothing is lost, doubled or invented.

Without anything: a mix of 10 minutes. The seed decides what is asked and which fault comes when;
how processes interleave does not repeat, so a history file can be judged again instead.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from local.processes import StartFailed
from local.settings import CHECKOUT
from tests.faults.book import Book
from tests.faults.case import known
from tests.faults.figures import add, figures, report, table
from tests.faults.history import Filed
from tests.faults.oracle.findings import Finding, shortened
from tests.faults.oracle.judge import judge
from tests.faults.play import MIX, Wanted, play
from tests.faults.progress import Progress

RUNS = CHECKOUT / "var" / "faults"
FIGURES = "figures.jsonl"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="make faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Every option is a variable of make as well: make faults CASE=F24 MINUTES=5 SEED=a",
    )
    made.add_argument("--minutes", type=float, help="how long (a mix: 10; a case: once)")
    made.add_argument("--seed", help="the seed of an earlier run, to replay its schedule")
    made.add_argument("--case", default=MIX, help="these cases, with commas: F24,F35 or F24,mix")
    made.add_argument("--oracle", type=Path, help="judge a history file again, and nothing else")
    made.add_argument("--report", action="store_true", help="the sums over all runs, as Markdown")
    made.add_argument("--folder", type=Path, default=RUNS, help="for the runs and their sums")
    made.add_argument("--list", action="store_true", help="every case in a line")
    return made


def main() -> int:
    """0 without findings, 1 with some, 2 where something could not be started."""
    options = parser().parse_args()
    if options.report:
        print(report(options.folder / FIGURES))
        return os.EX_OK
    if options.oracle:
        return told(list(shortened(judge(Filed(options.oracle)))))
    cases = known()
    if options.list:
        for name, case in cases.items():
            print(f"  {name:<14} {case.title}")
        return os.EX_OK
    names = tuple(name for name in options.case.split(",") if name)
    if unknown := [name for name in names if name not in (*cases, MIX)]:
        print(f"No case {', '.join(unknown)}; there are: {', '.join(cases)}.", file=sys.stderr)
        return 2
    seed = options.seed or token_hex(4)
    folder = options.folder.resolve() / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{seed}"
    seconds = options.minutes * 60 if options.minutes else None
    wanted = Wanted(cases=cases, seed=seed, folder=folder, seconds=seconds, names=names)
    return run(wanted)


def run(wanted: Wanted) -> int:
    """Play, and tell what came of it."""
    # Everything that was started is ended either way, also where a shell ignores Ctrl-C for us.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    book = Book(wanted.folder)
    what = ",".join(wanted.names)
    print(f"seed {wanted.seed}, {what}, in {wanted.folder}", flush=True)
    try:
        play(wanted, book, Progress(book))
    except StartFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nBroken off; nothing was judged.", file=sys.stderr)
        return 130
    result = figures(book, wanted.seed, what)
    sums = wanted.folder.parent / FIGURES
    add(result, sums)
    print("\n")
    for line in table(result, book.histories):
        print(line)
    print(f"figures {sums} (their sums: make faults REPORT=1)")
    return told(book.findings)


def told(findings: list[Finding]) -> int:
    for one in findings:
        print(f"{one.kind.upper()}  {one.where}: {one.what}")
    print(f"{len(findings)} findings")
    return 1 if findings else os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
