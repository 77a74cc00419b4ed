"""Who can say what a store once held: the heads that were signed, and the restores in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from joserfc.jwk import OKPKey

from eventkit.store import Connection
from eventkit.verifying.findings import Finding, Kind
from eventkit.verifying.heads import Progress
from eventkit.verifying.signed import Statement, checked

_SIGNED: LiteralString = "SELECT statement FROM exported_heads ORDER BY number"
_LINE: LiteralString = """
WITH RECURSIVE line AS (
    SELECT generation, parent, forked_at, started_at, NULL::bigint AS until
    FROM store_state JOIN generations USING (generation)
    UNION ALL
    SELECT older.generation, older.parent, older.forked_at, older.started_at,
           least(line.forked_at, line.until)
    FROM generations older JOIN line ON older.generation = line.parent
)
SELECT generation, parent, forked_at, started_at, until FROM line
"""


@dataclass(frozen=True)
class Generation:
    """One of those that led to the present store; `until` is where a later one forked off."""

    generation: UUID
    parent: UUID | None
    forked_at: int
    started_at: datetime
    until: int | None


@dataclass(frozen=True)
class Witness:
    """Somebody who says what all events up to a position were."""

    name: str
    of: Progress
    signed: bool = True


class Witnesses:
    """Collects them; what cannot be believed is a finding, what a restore explains is a note."""

    def __init__(self, connection: Connection, service: str, key: OKPKey) -> None:
        self._service = service
        self._key = key
        self._signed = [text for (text,) in connection.execute(_SIGNED)]
        self.line = [Generation(*row) for row in connection.execute(_LINE)]
        self.findings: list[Finding] = []
        self.notes = [_restored(one) for one in self.line if one.parent]
        self._lost: dict[UUID, Statement] = {}
        self._found: dict[Progress, Witness] = {}

    def hear(self, exported: Sequence[str]) -> list[Witness]:
        """Those that speak of the present store, in order; `exported` are a file's lines."""
        self._read("exported_heads", self._signed)
        self._read("the file of heads", exported)
        for generation, statement in self._lost.items():
            self.notes.append(
                f"Heads of generation {generation} up to position {statement.position}"
                f" ({statement.at:%Y-%m-%d %H:%M} UTC) lie beyond the restore."
            )
        return sorted(self._found.values(), key=lambda one: one.of.position)

    def _read(self, where: str, lines: Iterable[str]) -> None:
        for number, statement, fault in checked(lines, self._key):
            if fault is not None:
                text = f"line {number} of {where} cannot be believed: {fault}"
                self.findings.append(Finding(kind=Kind.HEAD, text=text))
            if statement is not None:
                self._judge(f"head {statement.number} of {where}", statement)

    def _judge(self, name: str, statement: Statement) -> None:
        of = {one.generation: one for one in self.line}.get(statement.generation)
        if statement.service != self._service or of is None:
            other = f"generation {statement.generation} of {statement.service}"
            text = f"{name} is of {other}, which this store does not know"
            self.findings.append(Finding(kind=Kind.HEAD, text=text, position=statement.position))
        elif of.until is not None and statement.position > of.until:
            self._lost[of.generation] = statement
        else:
            said = Progress(
                statement.position,
                statement.events,
                statement.streams,
                bytes.fromhex(statement.digest),
            )
            when = f"{name} ({statement.at:%Y-%m-%d %H:%M:%S} UTC)"
            self._found.setdefault(said, Witness(when, said))


def _restored(one: Generation) -> str:
    when = one.started_at.isoformat(timespec="seconds")
    return (
        f"The store was restored: generation {one.generation} went on from {one.parent}"
        f" after position {one.forked_at} ({when}). Events that were"
        " stored since then and before the restore are here only where the backup held them."
    )
