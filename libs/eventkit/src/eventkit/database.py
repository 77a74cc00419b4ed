"""Connections: one pool a process, in autocommit, shared by driver and SQLAlchemy Core."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import psycopg
import sqlalchemy as sa
from psycopg.pq import PipelineStatus

from eventkit.metrics import unavailable
from eventkit.store import Connection

_OPTIONS = (
    "-c timezone=UTC -c statement_timeout=20s -c lock_timeout=5s"
    # Less than a takeover may last: a process that stands still holds its rows and its mark.
    " -c idle_in_transaction_session_timeout=15s"
    # So that the server too notices a client that a dead network took away.
    " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=10s"
)


# The last two are no OperationalError to psycopg, though the server ends the session with them.
_GONE = (
    psycopg.OperationalError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
)
# What a server says that is away: no connection, no room or memory, disks that fail, being ended.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_AWAY = ("08", "53", "58", "57P01", "57P02", "57P03", "57P04")


class Unavailable(Exception):
    """The database does not answer; nothing was stored by this call as far as is known."""


def connect(url: str, *, pool_size: int, name: str) -> sa.Engine:
    """A lazy pool: nothing is opened before first use, so it may be made before or after a fork.

    Connections are in autocommit; a transaction is opened by `transaction`. They end by
    themselves when a statement, a lock or an idle transaction takes too long.
    """
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_reset_on_return=None,
        connect_args={
            "application_name": name,
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "options": _OPTIONS,
            "prepare_threshold": 3,
        },
    )
    sa.event.listen(engine, "connect", _bound_transactions)
    sa.event.listen(engine, "checkout", _refuse_ended)
    return engine


def _refuse_ended(raw: Connection, *_: object) -> None:
    """An idle connection on which the server said something was ended by it: take another one.

    Costs no round trip, and nothing was sent yet that could happen twice.
    """
    said = select.poll()
    if not raw.closed:
        said.register(raw.fileno(), select.POLLIN)
    if raw.closed or said.poll(0):
        raise sa.exc.DisconnectionError


def _bound_transactions(raw: Connection, _: object) -> None:
    # A process that stands still within a pipeline is not idle in the server's eyes, yet its
    # mark holds up all readers. PostgreSQL knows this limit from version 17 on.
    if raw.info.server_version >= 170_000:
        raw.execute("SET transaction_timeout = '60s'")


@contextmanager
def session(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for the block; raises Unavailable where the server is gone.

    A broken connection is thrown away together with its pool's idle siblings.
    """
    with _reachable(), engine.connect() as connection:
        try:
            yield connection
        except _GONE:
            if driver(connection).closed:
                connection.invalidate()
                engine.dispose()
            raise


@contextmanager
def raw_session(engine: sa.Engine) -> Iterator[Connection]:
    """The same from the same pool, without the layer that speaks SQLAlchemy Core."""
    with _reachable():
        pooled = engine.raw_connection()
        raw = cast(Connection, pooled.driver_connection)
        try:
            yield raw
        finally:
            if raw.closed:
                pooled.invalidate()
                engine.dispose()
            else:
                pooled.close()


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (*_GONE, sa.exc.OperationalError, sa.exc.TimeoutError) as error:
        unavailable(_cause(error))
        raise Unavailable(str(error).partition("\n")[0]) from error
    except sa.exc.InternalError as error:
        if not isinstance(error.orig, _GONE):
            raise
        unavailable(_cause(error))
        raise Unavailable(str(error).partition("\n")[0]) from error


def _cause(error: Exception) -> str:
    if isinstance(error, sa.exc.TimeoutError):
        return "pool"
    # A connection that could not be made, or broke, has no state.
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return "server" if state is None or state.startswith(_AWAY) else "statement"


def driver(connection: sa.Connection) -> Connection:
    """The psycopg connection below a SQLAlchemy one; both see the same transaction."""
    return cast(Connection, connection.connection.driver_connection)


@contextmanager
def transaction(raw: Connection) -> Iterator[None]:
    """A transaction without BEGIN and COMMIT: what a pipeline sends up to its end.

    Only a statement whose result is fetched is waited for; each wait gives the interpreter's lock
    away. Errors may come at the block's end. An exception within the block undoes it all.
    """
    is_undone = False
    try:
        with raw.pipeline():
            try:
                yield
            except BaseException:
                # Before the pipeline ends, for its end commits what was sent and went well.
                if raw.pgconn.pipeline_status == PipelineStatus.ON:
                    raw.execute("ROLLBACK")
                    is_undone = True
                raise
    finally:
        if is_undone:
            # psycopg throws away what is prepared after a rollback, but in a pipeline only behind
            # the next statement, with what that one prepared; so that is a statement of no use.
            with suppress(psycopg.Error):
                raw.execute("SELECT")
