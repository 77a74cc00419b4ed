"""`python -m contracts.golden`: write what follows from the declarations and is reviewed.

With the argument `release`, also make it the promise that later changes are compared with.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts import operations, released
from contracts.catalog import event_types
from contracts.descriptions import markdown
from contracts.events import contacts, meetings, notifications, registry
from contracts.schemas import json_schema

DECLARED_IN = (registry, contacts, meetings, notifications, operations)
FOLDER = Path(__file__).resolve().parents[2] / "golden"
PAGE = Path(__file__).resolve().parents[4] / "docs" / "events.md"


def files() -> dict[str, dict[str, Any]]:
    """Every golden file by name: the stored form, and the published one of published events."""
    wanted: dict[str, dict[str, Any]] = {}
    for declared in event_types():
        wanted[f"{declared.wire}.stored.json"] = json_schema(declared, "stored")
        if declared.is_published:
            wanted[f"{declared.wire}.json"] = json_schema(declared, "published")
    return wanted


def render(content: dict[str, Any]) -> str:
    """The file's text: stable, readable in a diff."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def refusals() -> list[str]:
    """What the declarations would break of the last release."""
    return released.load().refusals(files(), event_types())


def main(arguments: list[str]) -> int:
    """Write all files; exit 1 and write nothing where the last release would be broken."""
    if broken := refusals():
        lines = ["Refused: declare a new version beside the old one.", *broken]
        sys.stderr.write("\n  ".join(lines) + "\n")
        return 1
    write()
    if arguments == ["release"]:
        released.save(datetime.now(UTC).date(), files(), event_types())
    return 0


def write() -> None:
    """Write golden files and page; a file of an event that was never released goes with it."""
    FOLDER.mkdir(exist_ok=True)
    wanted = files()
    for path in FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        (FOLDER / name).write_text(render(content), encoding="utf-8")
    PAGE.write_text(markdown(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
