"""A table that a rebuild fills, and in its comment how far: both change in one transaction."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from psycopg import sql

from eventkit.store import Connection

_COLUMNS = (
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
    " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)
_COMMENT = "SELECT obj_description(to_regclass(%s), 'pg_class')"


@dataclass(frozen=True, kw_only=True)
class Reached:
    """By which definition the table was filled, up to where of its origin, from so many events."""

    definition: str
    place: str
    applied: int


class Unfinished:
    """The table beside a live one. `definition` says what would be filled in today."""

    def __init__(self, live: str, *, software: str, origin: str) -> None:
        self.name = f"{live}__next"
        self._live = live
        self._told = (software, origin)
        self._definition = ""

    def open(self, connection: Connection) -> Reached | None:
        """Make the table, or find it as another run left it; that of an older definition goes."""
        columns = connection.execute(_COLUMNS, (self._live,)).fetchall()
        self._definition = sha256(repr((self._told, columns)).encode()).hexdigest()
        found = self._reached(connection)
        if found is not None and found.definition == self._definition:
            return found
        self.drop(connection)
        live, name = sql.Identifier(self._live), sql.Identifier(self.name)
        connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(name, live))
        return None

    def note(self, connection: Connection, place: str, applied: int) -> None:
        """Say how far the table goes, in the transaction that brings it there."""
        reached = Reached(definition=self._definition, place=place, applied=applied)
        comment = sql.SQL("COMMENT ON TABLE {} IS {}")
        told = json.dumps(asdict(reached))
        connection.execute(comment.format(sql.Identifier(self.name), sql.Literal(told)))

    def drop(self, connection: Connection) -> None:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(self.name)))

    def _reached(self, connection: Connection) -> Reached | None:
        row = connection.execute(_COMMENT, (self.name,)).fetchone()
        return Reached(**json.loads(row[0])) if row and row[0] else None


def fingerprint(*packages: str) -> str:
    """A digest of the source of packages: another release, another digest."""
    digest = sha256()
    for package in packages:
        found = find_spec(package)
        for folder in (found and found.submodule_search_locations) or ():
            for file in sorted(Path(folder).rglob("*.py")):
                digest.update(file.read_bytes())
    return digest.hexdigest()
