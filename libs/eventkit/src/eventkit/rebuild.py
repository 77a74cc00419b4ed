"""Build a read model anew beside the live one, while writers go on, and swap the contents.

Works under the owner's role, because it makes and drops a table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

import psycopg
import sqlalchemy as sa
from psycopg import sql

from eventkit.domain import Conflict
from eventkit.origins import Origin, Page
from eventkit.projection import Projector
from eventkit.readmodel import ReadModel
from eventkit.store import Connection

# Held by the connection. Two that fill one new table would swap in a table with holes.
_ALONE = "SELECT pg_try_advisory_lock(hashtext('rebuild'), hashtext(%s))::int"
# Called with the position that was reached, and the one to reach.
Progress = Callable[[int, int], None]


@dataclass
class _Follower:
    """Fills the new table."""

    origin: Origin
    projector: Projector
    applied: int = 0

    def catch_up(self, connection: Connection, progress: Progress) -> None:
        """Apply everything that is settled, a page a transaction."""
        is_last = False
        while not is_last:
            page = self.origin.page(connection)
            with connection.transaction():
                self._apply(connection, page)
            if page.facts:
                progress(page.position, page.head)
            is_last = page.is_last

    def finish(self, connection: Connection) -> None:
        """Apply the rest, in the connection's transaction, which holds the live table's lock."""
        is_last = False
        while not is_last:
            page = self.origin.rest(connection)
            self._apply(connection, page)
            is_last = page.is_last

    def _apply(self, connection: Connection, page: Page) -> None:
        self.projector.apply(connection, page.facts)
        self.applied += len(page.facts)


def rebuild(
    url: str, origin: Origin, model: ReadModel, progress: Progress = lambda _, __: None
) -> int:
    """Replace the contents of a read model by what its events say; gives how many those were.

    Readers see the old contents until the swap, which holds the table's lock for as long as
    copying its rows takes. An interrupted rebuild leaves the live table untouched. Raises
    Conflict while another process rebuilds the same read model, and what the origin raises.
    """
    live = sql.Identifier(model.table.name)
    following = f"{model.table.name}__next"
    name = sql.Identifier(following)
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        if not _one(connection, _ALONE, following):
            raise Conflict("rebuild-runs", f"{model.name} is being rebuilt already.")
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(name, live))
        follower = _Follower(origin, Projector(model, following))
        follower.catch_up(connection, progress)
        with connection.transaction():
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(live))
            follower.finish(connection)
            connection.execute(sql.SQL("TRUNCATE {}").format(live))
            connection.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(live, name))
            connection.execute(sql.SQL("DROP TABLE {}").format(name))
    return follower.applied


def contents_hash(engine: sa.Engine, table: str) -> str:
    """A digest of all rows of a table, equal for equal contents in any order."""
    query = sql.SQL(
        "SELECT coalesce(md5(string_agg(row, ',' ORDER BY row)), '')"
        " FROM (SELECT md5(t::text) AS row FROM {} t) rows"
    ).format(sql.Identifier(table))
    with engine.connect() as connection:
        return str(connection.exec_driver_sql(query.as_string()).scalar_one())


def _one(connection: Connection, query: LiteralString, *values: str) -> int:
    row = connection.execute(query, values).fetchone()
    return int(row[0]) if row else 0


def _plain(url: str) -> str:
    plain = sa.make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)
