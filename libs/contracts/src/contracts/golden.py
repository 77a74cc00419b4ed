"""`python -m contracts.golden`: write every event's JSON Schema as a file that is reviewed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from contracts.catalog import event_types
from contracts.compatibility import breaks
from contracts.events import meetings, notifications, registry
from contracts.schemas import json_schema

DECLARED_IN = (registry, meetings, notifications)
FOLDER = Path(__file__).resolve().parents[2] / "golden"


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
    """What the declarations would break of the golden files that exist."""
    found = []
    wanted = files()
    for path in sorted(FOLDER.glob("*.json")):
        if path.name not in wanted:
            found.append(f"{path.name}: the event is gone; events are never removed")
            continue
        old = json.loads(path.read_text())
        found += [f"{path.name} {change}" for change in breaks(old, wanted[path.name])]
    return found


def main() -> int:
    """Write missing and compatibly changed files; exit 1 and write nothing on a break."""
    if broken := refusals():
        lines = ["Refused: declare a new version beside the old one.", *broken]
        sys.stderr.write("\n  ".join(lines) + "\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_text(render(content))
    return 0


if __name__ == "__main__":
    sys.exit(main())
