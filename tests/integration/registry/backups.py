"""A copy of one database as it is now, and the database put back to it, as after a restore."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.sql import SQL, Identifier

from local.databases import Databases, connect


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A copy of a database; nobody may be connected to it, nor to the copy."""

    databases: Databases
    name: str

    @property
    def copy(self) -> str:
        return f"{self.name}_copy"

    def make(self) -> None:
        self._copy(self.name, self.copy)

    def restore(self) -> None:
        """Put the database back; the copy is used up."""
        self._run("DROP DATABASE {} WITH (FORCE)", self.name)
        self._copy(self.copy, self.name)
        self._run("DROP DATABASE {}", self.copy)
        self._run("REVOKE ALL ON DATABASE {} FROM PUBLIC", self.name)
        self._run("GRANT CONNECT ON DATABASE {} TO {}", self.name, self.databases.service)

    def _copy(self, source: str, copy: str) -> None:
        owner = self.databases.owner
        self._run("CREATE DATABASE {} OWNER {} TEMPLATE {}", copy, owner, source)

    def _run(self, statement: str, *names: str) -> None:
        with connect(self.databases.server) as server:
            server.execute(SQL(statement).format(*map(Identifier, names)))
