"""What every connection of the pool brings along, and what ends a writer that stands still."""

import socket
from contextlib import ExitStack

import psycopg
import pytest

from eventkit.database import Unavailable, driver, raw_session, session, transaction
from eventkit.health import probe
from eventkit.store import Connection
from eventkit.unit import Kit
from local.databases import Databases, connect

HELD = "SELECT pg_advisory_xact_lock_shared((20052::bigint << 48) + 7)"
FREE = "SELECT pg_advisory_xact_lock((20052::bigint << 48) + 7)"


def stand_still(kit: Kit, reader: Connection) -> None:
    """Take a mark within a pipeline, and go on only when the reader got past it."""
    with raw_session(kit.engine) as writer:
        writer.execute("SET transaction_timeout = '300ms'")
        with transaction(writer):
            writer.execute(HELD).fetchone()
            reader.execute(FREE).fetchone()


def test_a_writer_that_stands_still_within_a_pipeline_does_not_hold_up_readers(kit: Kit) -> None:
    url = kit.settings.database_url.replace("+psycopg", "")
    with psycopg.connect(url, options="-c lock_timeout=10s", autocommit=True) as reader:
        with pytest.raises(Unavailable) as ended:
            stand_still(kit, reader)
        assert not isinstance(ended.value.__cause__, psycopg.errors.LockNotAvailable)


def break_off(raw: Connection) -> None:
    """What a command does that waits for a key of the vault in vain."""
    with transaction(raw):
        raw.execute("SELECT 1", prepare=True)
        raise Unavailable


def test_a_connection_whose_pipeline_was_broken_off_takes_the_next_ones(kit: Kit) -> None:
    with raw_session(kit.engine) as raw:
        raw.execute("SELECT 1", prepare=True)
        with pytest.raises(Unavailable):
            break_off(raw)
        for number in (2, 3):
            with transaction(raw):
                assert raw.execute("SELECT %s", (number,), prepare=True).fetchone() == (number,)


def test_no_transaction_lasts_longer_than_a_minute(kit: Kit) -> None:
    with raw_session(kit.engine) as raw:
        assert raw.execute("SHOW transaction_timeout").fetchone() == ("1min",)


def test_connections_that_the_server_ended_meanwhile_cost_no_answer(
    kit: Kit, store_databases: Databases
) -> None:
    """As after a restart of the database: all that lay idle in the pool is gone at once."""
    sessions = [raw_session(kit.engine) for _ in range(3)]
    with ExitStack() as opened:
        for one in sessions:
            opened.enter_context(one).execute("SELECT 1")
    with connect(store_databases.server) as superuser:
        ended = superuser.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (store_databases.name,),
        ).fetchall()
    assert ended == [(True,)] * 3
    for _ in sessions:
        with session(kit.engine) as connection:
            assert driver(connection).execute("SELECT 1").fetchone() == (1,)
    with raw_session(kit.engine) as raw:
        assert raw.execute("SELECT 1").fetchone() == (1,)


def test_a_client_that_vanished_is_ended_before_a_takeover_is_due(kit: Kit) -> None:
    """Locks of a session whose client stands still, or is cut off, are not held any longer."""
    names = ("idle_in_transaction_session_timeout", "tcp_user_timeout", "tcp_keepalives_idle")
    with raw_session(kit.engine) as raw:
        shown = [raw.execute(f"SHOW {name}").fetchone() for name in names]
    assert shown == [("15s",), ("10000",), ("5",)]


def test_a_question_of_operators_ends_when_the_network_dies_while_it_waits(kit: Kit) -> None:
    """In seconds: until then the process that was asked forks no child, and hears no signal."""
    options = (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)
    with probe(kit.settings.database_url).connect() as connection:
        number = driver(connection).fileno()
        with socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            set_to = [line.getsockopt(socket.IPPROTO_TCP, option) for option in options]
            tries = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
    assert set_to == [3000, 1, 1]
    assert tries == 2
