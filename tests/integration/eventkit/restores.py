"""Copies of databases in place of backups: taken, and put back while nobody is connected."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex

from psycopg.sql import SQL, Composed, Identifier

from eventkit.database import driver, session
from eventkit.unit import Kit
from local.databases import connect

_FILES = "CREATE DATABASE {new} TEMPLATE {old} OWNER {owner}"
# What a restored dump differs in: each table is another one than that which was dumped.
_AS_DUMP = """
CREATE TABLE made_anew (LIKE store_state INCLUDING ALL);
INSERT INTO made_anew SELECT * FROM store_state;
DROP TABLE store_state;
ALTER TABLE made_anew RENAME TO store_state;
GRANT SELECT ON store_state TO {service};
"""


@dataclass(frozen=True)
class Backup:
    """A copy of the files of a service's store. `server` is the URL of its superuser."""

    kit: Kit
    server: str
    name: str

    @classmethod
    def of(cls, kit: Kit, server: str) -> Backup:
        taken = cls(kit, server, f"backup_{token_hex(4)}")
        taken._copy(taken.database, taken.name)
        return taken

    @property
    def database(self) -> str:
        return str(self.kit.engine.url.database)

    def restore(self, *, as_dump: bool = False) -> None:
        """Put the copy in the place of the live store; clients connect again by themselves.

        From inside, a copy of the files looks like the original; a dump that was restored does not.
        """
        with connect(self.server) as server:
            server.execute(self._sql("DROP DATABASE {old} WITH (FORCE)", self.database))
        self._copy(self.name, self.database)
        if as_dump:
            with connect(self._url(self.database)) as database:
                service = Identifier(f"{self.database}_service")
                database.execute(SQL(_AS_DUMP).format(service=service))
                owner = Identifier(f"{self.database}_owner")
                database.execute(SQL("ALTER TABLE store_state OWNER TO {}").format(owner))

    def drop(self) -> None:
        with connect(self.server) as server:
            server.execute(self._sql("DROP DATABASE {old} WITH (FORCE)", self.name))

    def _copy(self, old: str, new: str) -> None:
        self.kit.engine.dispose()
        with connect(self.server) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (old,)
            )
            server.execute(self._sql(_FILES, old, new))
            grant = SQL("GRANT CONNECT ON DATABASE {} TO {}")
            service = Identifier(f"{self.database}_service")
            server.execute(grant.format(Identifier(new), service))

    def _sql(self, text: str, old: str, new: str = "") -> Composed:
        owner = Identifier(f"{self.database}_owner")
        return SQL(text).format(old=Identifier(old), new=Identifier(new or old), owner=owner)

    def _url(self, database: str) -> str:
        return self.server.rpartition("/")[0] + f"/{database}"


def is_suspect(kit: Kit) -> str | None:
    with session(kit.engine) as connection:
        rows = driver(connection).execute("SELECT store_suspicion()").fetchall()
    return None if rows[0][0] is None else str(rows[0][0])
