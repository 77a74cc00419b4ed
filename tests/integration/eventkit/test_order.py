"""Reading in order without losing a row (decision 0002), and that wrong designs would be seen.

Every step of writer and reader is followed by a pause, so that a race that a wrong order of steps
allows happens within moments.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

import psycopg
import pytest

from eventkit.database import driver, session
from eventkit.unit import Kit
from local.databases import Databases

PAUSE = "PERFORM pg_sleep(0.004);"
LONG_PAUSE = "PERFORM pg_sleep(0.02);"
SEQUENCE = "SELECT last_value INTO head FROM events_position_seq;"
LOCKS = """SELECT min((classid::bigint << 32) + objid::bigint) - (20052::bigint << 48) INTO held
  FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid::bigint >> 16 = 20052;"""
OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint INTO held;"
READER = """CREATE OR REPLACE FUNCTION readable_position() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE head bigint; held bigint; BEGIN {} END $$"""
UPTO = "RETURN least(head, held);"
BELOW_XMIN = """RETURN (SELECT coalesce(max(position), 0) FROM events
  WHERE xmin::text::bigint < held);"""

MARK = "SELECT last_value INTO mark FROM events_position_seq; PERFORM pg_sleep(random() * 0.002);"
LOCK = """PERFORM pg_advisory_xact_lock_shared((20052::bigint << 48) + mark);
  PERFORM pg_sleep(random() * 0.002);"""
DRAW = "drawn := nextval('events_position_seq'); PERFORM pg_sleep(random() * 0.002);"
INSERT = """INSERT INTO events (position, stream, version, event_id, type, schema_version, data,
  metadata, hash, occurred_at, recorded_at) OVERRIDING SYSTEM VALUE
  VALUES (drawn, 's-' || drawn, 1, gen_random_uuid(), 'meeting.planned', 1, '{}', '{}', '',
  now(), now()); PERFORM pg_sleep(random() * 0.03);"""
WRITER = """CREATE OR REPLACE FUNCTION slow_append() RETURNS void LANGUAGE plpgsql AS $$
DECLARE mark bigint; drawn bigint; BEGIN {} END $$"""

RIGHT_READER = READER.format(SEQUENCE + PAUSE + LOCKS + PAUSE + UPTO)
RIGHT_WRITER = WRITER.format(MARK + LOCK + DRAW + INSERT)
WRONG = {
    "the reader goes by position alone": (
        RIGHT_WRITER,
        READER.format(SEQUENCE + "RETURN head;"),
    ),
    "the reader looks at the locks before the sequence": (
        RIGHT_WRITER,
        READER.format(LOCKS + LONG_PAUSE + SEQUENCE + UPTO),
    ),
    "the reader pages by position below xmin": (
        RIGHT_WRITER,
        READER.format(OLDEST + BELOW_XMIN),
    ),
    "the writer draws its position before the mark": (
        WRITER.format(DRAW + MARK + LOCK + INSERT),
        RIGHT_READER,
    ),
    "the writer takes no mark": (WRITER.format(DRAW + INSERT), RIGHT_READER),
}
# Few and idle at times: a reader must also meet the moment in which no mark is held.
WRITERS = 3


@pytest.fixture
def install(store_databases: Databases) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    url = store_databases.migration_environment()["MIGRATION_DATABASE_URL"]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as owner:
        yield owner


@contextmanager
def writing(databases: Databases) -> Iterator[None]:
    """Writers at work during the block; all of them have committed at its end."""
    url = databases.environment()["DATABASE_URL"].replace("+psycopg", "")
    enough = Event()

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not enough.is_set():
                connection.execute("SELECT slow_append()")
                connection.execute("SELECT pg_sleep(random() * 0.06)")

    threads = [Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        enough.set()
        for thread in threads:
            thread.join()


class Tail:
    """A reader that follows the store by its cursor, as relay and feed do."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.seen: list[int] = []

    def step(self) -> bool:
        with session(self.kit.engine) as connection:
            page = self.kit.store.read(driver(connection), (self.seen or [0])[-1], 500)
        self.seen += [stored.position for stored in page]
        return bool(page)

    def missed(self) -> int:
        with self.kit.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT position FROM events").scalars()
            return len(set(rows) - set(self.seen))


def follow(kit: Kit, databases: Databases, seconds: float) -> int:
    """How many rows a tailing reader misses in this time."""
    tail = Tail(kit)
    end = monotonic() + seconds
    with writing(databases):
        while monotonic() < end:
            tail.step()
    while tail.step():
        pass
    assert tail.seen == sorted(tail.seen)
    return tail.missed()


def test_a_tailing_reader_sees_every_row(
    kit: Kit, store_databases: Databases, install: psycopg.Connection[tuple[object, ...]]
) -> None:
    install.execute(RIGHT_READER)
    install.execute(RIGHT_WRITER)
    assert follow(kit, store_databases, seconds=4) == 0


@pytest.mark.parametrize("design", WRONG)
def test_the_check_would_see_that(
    design: str,
    kit: Kit,
    store_databases: Databases,
    install: psycopg.Connection[tuple[object, ...]],
) -> None:
    for function in WRONG[design]:
        install.execute(function)
    assert any(follow(kit, store_databases, seconds=1) for _ in range(15)), design


def test_the_migrated_functions_take_the_right_steps_in_order(kit: Kit) -> None:
    with kit.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT proname, prosrc FROM pg_proc"
            " WHERE prosrc LIKE '%%INSERT INTO events%%' OR proname = 'readable_position'"
        )
        sources = {row.proname: row.prosrc for row in found}
    for name in ("append_event", "append_event_once", "append_events"):
        steps = ("last_value", "pg_advisory_xact_lock_shared((20052", "INSERT INTO events")
        places = [sources[name].index(step) for step in steps]
        assert places == sorted(places), name
    reader = sources["readable_position"]
    assert reader.index("last_value") < reader.index("pg_locks") < reader.index("least(")


def test_an_open_append_holds_readers_back_and_no_other_transaction_does(
    kit: Kit, install: psycopg.Connection[tuple[object, ...]]
) -> None:
    install.execute(WRITER.format(MARK + LOCK + DRAW + INSERT))
    install.execute("SELECT slow_append()")
    tail = Tail(kit)
    url = kit.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as unrelated, psycopg.connect(url) as writer:
        unrelated.execute("INSERT INTO idempotency VALUES ('x', 'x', 'x', 'x', 1, now())")
        tail.step()
        assert tail.seen == [1]
        writer.execute("SELECT slow_append()")
        install.execute("SELECT slow_append()")
        tail.step()
        assert tail.seen == [1]
        writer.commit()
        tail.step()
        assert tail.seen == [1, 2, 3]
