"""The migrated functions, stopped after every statement: no reader ever passes a row by.

Between any two statements of writers and readers something else happens. So a wrong order of steps
shows at once, and in the functions that are installed, not in copies of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from os import urandom
from uuid import uuid4

import psycopg
import pytest

from eventkit.idempotency import Idempotency
from eventkit.store import Connection
from eventkit.unit import Kit
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan

STOP = """CREATE FUNCTION stop(place int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  IF current_setting('test.stop', true) = place::text THEN
    PERFORM pg_advisory_lock(7, place); PERFORM pg_advisory_unlock(7, place);
  END IF; END $$"""
FUNCTIONS = """SELECT proname, pg_get_functiondef(p.oid) FROM pg_proc p
  JOIN pg_language l ON l.oid = prolang WHERE lanname = 'plpgsql'
  AND (prosrc LIKE '%events_position_seq%' OR prosrc LIKE '%readable_position()%')"""
STOPPED = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7
  AND objid = %s AND objsubid = 2 AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
# A stop would change what these two ask about.
STEP = re.compile(r"((?<=;)|(?<=\bBEGIN\b))(?!\s*(?:GET DIAGNOSTICS|IF NOT FOUND))")
Places = dict[str, list[int]]


@dataclass
class Stage:
    """Connections that stop where they are told to, and threads in which they do."""

    kit: Kit
    url: str
    places: Places
    director: psycopg.Connection[tuple[object, ...]]
    threads: ThreadPoolExecutor
    ended: ExitStack

    def actor(self) -> Connection:
        return self.ended.enter_context(psycopg.connect(self.url, autocommit=True))

    def start(self, actor: Connection, place: int, act: Callable[[], None]) -> Future[None]:
        """Let the actor go until it stands at the place, or to its end if it never comes there."""
        actor.execute("SELECT set_config('test.stop', %s, false)", (str(place),))
        acting = self.threads.submit(act)
        while not wait([acting], timeout=0.001).done and not self._stands(place):
            pass
        return acting

    def _stands(self, place: int) -> bool:
        return self.director.execute(STOPPED, (place,)).fetchone() != (0,)

    def hold(self, place: int) -> None:
        self.director.execute("SELECT pg_advisory_lock(7, %s)", (place,))

    def let_go(self, place: int, acting: Future[None]) -> None:
        self.director.execute("SELECT pg_advisory_unlock(7, %s)", (place,))
        acting.result(10)

    def of(self, *names: str) -> list[int]:
        return [place for name in names for place in self.places[name]]

    def one(self, actor: Connection) -> None:
        self._append(actor, 1, None)

    def one_with_key(self, actor: Connection) -> None:
        key = Idempotency(scope=urandom(32), fingerprint=b"f", resource="r")
        self._append(actor, 1, key)

    def two(self, actor: Connection) -> None:
        self._append(actor, 2, None)

    def _append(self, actor: Connection, events: int, key: Idempotency | None) -> None:
        ids = [uuid4() for _ in range(events)]
        pendings = [self.kit.decide(actor, SAMPLE, one, plan(one), CONTEXT, 0) for one in ids]
        self.kit.store.append(actor, pendings, self.kit.now(), key)


APPENDS = pytest.mark.parametrize(
    ("function", "append"),
    [
        ("append_event", Stage.one),
        ("append_event_once", Stage.one_with_key),
        ("append_events", Stage.two),
    ],
)


class Reader:
    """Follows the store by its cursor, as relay and feed do, and tells what it passed by."""

    def __init__(self, stage: Stage) -> None:
        self.connection = stage.actor()
        self._store = stage.kit.store
        self._seen = [0]

    def read(self) -> None:
        page = self._store.read(self.connection, self._seen[-1], 500)
        self._seen += [stored.position for stored in page]

    def missed(self) -> set[object]:
        self.connection.execute("SELECT set_config('test.stop', '', false)")
        self.read()
        there = self.connection.execute("SELECT position FROM events").fetchall()
        return {position for (position,) in there} - set(self._seen)


@pytest.fixture
def stage(kit: Kit, store_databases: Databases) -> Iterator[Stage]:
    owner = store_databases.migration_environment()["MIGRATION_DATABASE_URL"]
    service = store_databases.environment()["DATABASE_URL"]
    with connected(owner) as director, ExitStack() as ended:
        threads = ended.enter_context(ThreadPoolExecutor(3))
        plain = service.replace("+psycopg", "")
        yield Stage(kit, plain, with_stops(director), director, threads, ended)


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def with_stops(owner: psycopg.Connection[tuple[object, ...]]) -> Places:
    """Put a stop before and after each statement of the functions; their numbers by function."""
    owner.execute(STOP)
    places: Places = {}
    number = 0
    for name, definition in owner.execute(FUNCTIONS).fetchall():
        head, begin, body = str(definition).partition("BEGIN")
        parts = STEP.split(begin + body.rpartition("END")[0])[::2]
        text = head + parts[0]
        for part in parts[1:]:
            number += 1
            places.setdefault(str(name), []).append(number)
            text += f" PERFORM stop({number});{part}"
        owner.execute((text + "END" + body.rpartition("END")[2]).encode())
    return places


@pytest.mark.parametrize("first", ["writer", "reader"])
@APPENDS
def test_a_reader_passes_nothing_by_wherever_it_and_a_writer_stand(
    stage: Stage, function: str, append: Callable[[Stage, Connection], None], first: str
) -> None:
    reader, writer, other = Reader(stage), stage.actor(), stage.actor()
    at_write, at_read = stage.of(function), stage.of("readable_position", "read_events")
    for here, there in product(at_write, at_read):
        stage.hold(here)
        stage.hold(there)
        write_here = partial(stage.start, writer, here, partial(append, stage, writer))
        read_there = partial(stage.start, reader.connection, there, reader.read)
        if first == "writer":
            writing, reading = write_here(), read_there()
        else:
            reading, writing = read_there(), write_here()
        stage.one(other)
        stage.let_go(there, reading)
        stage.let_go(here, writing)
        assert reader.missed() == set(), f"writer at {here}, reader at {there}"


def test_a_reader_passes_nothing_by_wherever_two_writers_stand(stage: Stage) -> None:
    reader, early, late = Reader(stage), stage.actor(), stage.actor()
    places = stage.of("append_event_once")
    for here, there in product(places, places):
        if here == there:
            continue
        stage.hold(here)
        stage.hold(there)
        first = stage.start(early, here, partial(stage.one_with_key, early))
        second = stage.start(late, there, partial(stage.one_with_key, late))
        stage.let_go(here, first)
        reader.read()
        stage.let_go(there, second)
        assert reader.missed() == set(), f"early writer at {here}, late one at {there}"


@APPENDS
def test_the_stops_are_where_something_can_go_wrong(
    stage: Stage, function: str, append: Callable[[Stage, Connection], None]
) -> None:
    """At its last stop, which it comes to, an append has drawn positions that nobody sees."""
    assert len(stage.of("readable_position")) >= 3
    assert len(stage.of("read_events")) >= 1
    writer, last = stage.actor(), stage.of(function)[-1]
    stage.hold(last)
    writing = stage.start(writer, last, partial(append, stage, writer))
    drawn, seen = "SELECT last_value FROM events_position_seq", "SELECT position FROM events"
    assert stage.director.execute(drawn).fetchone() == (2 if append is Stage.two else 1,)
    assert stage.director.execute(seen).fetchall() == []
    stage.let_go(last, writing)
