"""A plan in words, for somebody who decides at a terminal whether to apply it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from registry.directory.plan import Changes, Plan, Register
from registry.directory.reading import Directory
from registry.domain.district import District, RecordDistrict
from registry.domain.municipality import Municipality, RecordMunicipality

SHOWN = 20


def report(planned: Plan, register: Register) -> Iterator[str]:
    """Counts, and the first of what changes, goes and was refused."""
    yield from _changes("Municipalities", planned.municipalities, register.municipalities)
    yield from _changes("Districts", planned.districts, register.districts)
    states = ", ".join(sorted(planned.directory.states)) or "none"
    yield f"States that the file holds whole: {states}"
    yield from _refused(planned.directory)


def _changes(label: str, changes: Changes, present: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{label}: {len(changes.new)} new, {len(changes.changed)} changed,"
        f" {len(changes.gone)} gone, {changes.unchanged} unchanged"
    )
    changed = (
        f"changed {key}: {', '.join(_differences(present[key], command))}"
        for key, command in changes.changed
    )
    yield from _first(changed, len(changes.changed), "changed")
    gone = (f"gone {key}: {_facts(present[key])['name']}" for key, _ in changes.gone)
    yield from _first(gone, len(changes.gone), "gone")


def _refused(directory: Directory) -> Iterator[str]:
    yield f"Refused lines: {directory.refused_count}"
    lines = (f"line {line.number}: {line.reason}" for line in directory.refused)
    yield from _first(lines, directory.refused_count, "refused")


def _first(lines: Iterable[str], total: int, what: str) -> Iterator[str]:
    yield from (f"  {line}" for line in islice(lines, SHOWN))
    if total > SHOWN:
        yield f"  and {total - SHOWN} more {what}"


def _differences(
    before: Municipality | District, after: RecordMunicipality | RecordDistrict
) -> Iterator[str]:
    old, new = _facts(before), _facts(after)
    for name, value in old.items():
        if new[name] != value:
            yield f"{name} {_shown(value)} -> {_shown(new[name])}"
    if not before.active:
        yield "listed again"


def _facts(thing: Municipality | District | RecordMunicipality | RecordDistrict) -> dict[str, Any]:
    if isinstance(thing, Municipality | RecordMunicipality):
        return asdict(thing.facts)
    return {"name": thing.name, "kind": thing.kind}


def _shown(value: str | int | None) -> str:
    return "none" if value is None else str(value)
