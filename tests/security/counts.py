"""How much the suites tried: written to one file by each run, compared with docs/security.md."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from fcntl import LOCK_EX, flock
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTED = ROOT / ".cache" / "security-counts.json"
TOLD = ROOT / "docs" / "security.md"
_TABLE = re.compile(r"(\|---\|---:\|\n)(?:\|.*\n)*")
_ROW = re.compile(r"^\| (?P<name>[^|]+?) \| +(?P<number>[0-9][0-9,]*) \|$", re.MULTILINE)


def keep(counts: Mapping[str, int], file: Path = COUNTED) -> None:
    """Add to what earlier runs counted; a name that was counted again gets its new number."""
    file.parent.mkdir(exist_ok=True)
    with file.open("a+", encoding="utf-8") as opened:
        # The workers of one run end at the same time.
        flock(opened, LOCK_EX)
        opened.seek(0)
        known = json.loads(opened.read() or "{}")
        opened.truncate(0)
        json.dump(known | dict(counts), opened, indent=2, sort_keys=True)


def counted(file: Path = COUNTED) -> dict[str, int]:
    """What the last runs counted, by name."""
    found: dict[str, int] = json.loads(file.read_text("utf-8"))
    return found


def told(text: str) -> dict[str, int]:
    """The rows of a page that end in a number: `| what was tried | 1,234 |`."""
    rows = [row.groupdict() for row in _ROW.finditer(text)]
    return {row["name"]: int(row["number"].replace(",", "")) for row in rows}


def differences(said: Mapping[str, int], found: Mapping[str, int]) -> list[str]:
    """One sentence for each number that the page has no right to.

    A run may try more than the page says, for a new route adds to many of them; not less, and no
    leak is one too many.
    """
    return [
        f"{name}: the page says {said.get(name, 'nothing')}, the run {found.get(name, 'nothing')}"
        for name in sorted(said.keys() | found.keys())
        if name not in said or found.get(name, -1) < said[name] or found[name] > said[name] == 0
    ]


def rewritten(text: str, found: Mapping[str, int]) -> str:
    """The page with these numbers in its table."""
    rows = "".join(f"| {name} | {number:,} |\n" for name, number in sorted(found.items()))
    return _TABLE.sub(lambda table: table[1] + rows, text)


def main(arguments: Sequence[str]) -> int:
    """Compare the page with the last run, or write it with --write; says 1 where they differ."""
    if "--write" in arguments:
        TOLD.write_text(rewritten(TOLD.read_text("utf-8"), counted()), "utf-8")
    wrong = differences(told(TOLD.read_text("utf-8")), counted())
    print("\n".join(wrong) or "docs/security.md has the numbers of the last run.")  # noqa: T201  (a command)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
