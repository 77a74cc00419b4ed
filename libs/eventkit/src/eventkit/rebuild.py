"""Build a read model anew beside the live one, while writers go on, and swap the contents.

Works under the owner's role, because it makes and drops a table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

import psycopg
import sqlalchemy as sa
import structlog
from psycopg import sql

from eventkit.consuming.incoming import OtherGeneration
from eventkit.crash_points import reach
from eventkit.domain import Conflict
from eventkit.origins import Origin, Page
from eventkit.projection import Projector
from eventkit.readmodel import ReadModel
from eventkit.store import Connection
from eventkit.unfinished import Unfinished

_log = structlog.get_logger(component="rebuild")

# Held by the connection. Two that fill one new table would swap in a table with holes.
_ALONE = "SELECT pg_try_advisory_lock(hashtext('rebuild'), hashtext(%s))::int"
# Whoever reads the live table waits behind the swap; less than what a reader waits for a lock.
_SWAP_WAITS = "SET lock_timeout = '2s'"
# Called with the position that was reached, and the one to reach.
Progress = Callable[[int, int], None]


@dataclass
class _Follower:
    """Fills the new table."""

    origin: Origin
    projector: Projector
    table: Unfinished
    applied: int = 0

    def catch_up(self, connection: Connection, progress: Progress) -> None:
        """Apply everything that is settled, a page a transaction."""
        is_last = False
        while not is_last:
            page = self.origin.page(connection)
            with connection.transaction():
                self._apply(connection, page)
                self.table.note(connection, self.origin.place, self.applied)
            reach("rebuild.page")
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
    url: str,
    origin: Origin,
    model: ReadModel,
    progress: Progress = lambda _, __: None,
    *,
    software: str = "",
) -> int:
    """Replace the contents of a read model by what its events say; gives how many those were.

    Readers see the old contents until the swap, which holds the table's lock for as long as
    copying its rows takes. An interrupted rebuild leaves the live table untouched, and the next
    one goes on where it was, if `software`, the table and the origin's history are the same.
    Raises Conflict while another process rebuilds the same read model, and what the origin raises.
    """
    table = Unfinished(model.table.name, software=f"{model.name} {software}", origin=origin.history)
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        if not _one(connection, _ALONE, table.name):
            raise Conflict("rebuild-runs", f"{model.name} is being rebuilt already.")
        follower = _Follower(origin, Projector(model, table.name), table)
        if reached := table.open(connection):
            _log.info("resumed", read_model=model.name, events=reached.applied)
            origin.resume(reached.place)
            follower.applied = reached.applied
        try:
            follower.catch_up(connection, progress)
        except OtherGeneration:
            table.drop(connection)
            raise
        connection.execute(_SWAP_WAITS)
        while not _swapped(connection, model, follower):
            follower.catch_up(connection, progress)
    return follower.applied


def _swapped(connection: Connection, model: ReadModel, follower: _Follower) -> bool:
    """Bring the new contents into the live table; False where somebody holds that for long."""
    live, name = sql.Identifier(model.table.name), sql.Identifier(follower.table.name)
    with connection.transaction():
        try:
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(live))
        except psycopg.errors.LockNotAvailable:
            raise psycopg.Rollback from None
        follower.finish(connection)
        connection.execute(sql.SQL("TRUNCATE {}").format(live))
        connection.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(live, name))
        follower.table.drop(connection)
        return True
    return False


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
