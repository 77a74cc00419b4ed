"""Commands through `execute` beside plain inserts and the `eventsourcing` library's save."""

from __future__ import annotations

import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID, uuid4

import psycopg
import sqlalchemy as sa
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate as PeerAggregate

from bench.server import bench_kit, migrated, running_server
from bench.table import Goal, compete, report
from eventkit.idempotency import Idempotency
from eventkit.unit import Kit
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, TITLES, plan

THREADS = 8
BODY = (
    '{"meeting_id":"6a0f9a8e-6a6f-4f3e-9d9e-0d7f3d1d6b5a","kind":"network_meeting",'
    '"title":"Netzwerktreffen","mode":"digital","programme_id":null,"cohort_id":null,'
    '"host_ags":null,"vague_date":null}'
)
INSERT = (
    "INSERT INTO plain (stream, version, event_id, type, data, metadata)"
    " VALUES (%s, 1, %s, 'meeting.planned', %s, %s) RETURNING position"
)
PLAIN = """
CREATE TABLE plain (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text NOT NULL,
  version int NOT NULL, event_id uuid NOT NULL UNIQUE, type text NOT NULL, data json NOT NULL,
  metadata json NOT NULL, UNIQUE (stream, version));
GRANT ALL ON plain TO PUBLIC
"""


class Planned(PeerAggregate):
    """The same eight fields, one event a save."""

    def __init__(self, meeting_id: str, kind: str, title: str, mode: str) -> None:
        self.meeting_id, self.kind, self.title, self.mode = meeting_id, kind, title, mode
        self.programme_id = self.cohort_id = self.host_ags = self.vague_date = None


class Plans(Application[UUID]):
    name = "plans"


def rate(seconds: float, make: Callable[[], Callable[[], None]]) -> float:
    """Calls a second over all threads; `make` runs once a thread, before the clock starts."""
    counts = [0] * THREADS
    ready = threading.Barrier(THREADS + 1)
    end = [0.0]

    def run(number: int) -> None:
        call = make()
        call()
        ready.wait()
        while perf_counter() < end[0]:
            call()
            counts[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    end[0] = perf_counter() + 3600
    ready.wait()
    began = perf_counter()
    end[0] = began + seconds
    for thread in threads:
        thread.join()
    return sum(counts) / (perf_counter() - began)


def plain_insert(url: str) -> Callable[[], None]:
    connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def call() -> None:
        row = (str(uuid4()), uuid4(), BODY, '{"actor":"bench"}')
        connection.execute(INSERT, row, prepare=True).fetchone()

    return call


def load_and_append(kit: Kit) -> Callable[[], None]:
    def call() -> None:
        key = uuid4()
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)

    return call


def full_command(kit: Kit) -> Callable[[], None]:
    def call() -> None:
        key = uuid4()
        remembered = Idempotency(
            scope=sha256(key.bytes).digest(), fingerprint=b"f" * 32, resource=f"/v1/samples/{key}"
        )
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT, idempotency=remembered)

    return call


def peer_save(application: Plans) -> Callable[[], None]:
    def call() -> None:
        application.save(Planned(str(uuid4()), "network_meeting", "Netzwerktreffen", "digital"))

    return call


def peer_environment(databases: Databases) -> dict[str, str]:
    """The settings of the peer library: the same server, a schema of its own."""
    url = sa.make_url(databases.migration_environment()["MIGRATION_DATABASE_URL"])
    place = url.normalized_query
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.database or "",
        "POSTGRES_HOST": place["host"][0],
        "POSTGRES_PORT": place["port"][0],
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "",
        "POSTGRES_POOL_SIZE": "16",
        "POSTGRES_MAX_OVERFLOW": "0",
        "POSTGRES_SCHEMA": "peer",
    }


def run(rounds: int, seconds: float) -> bool:
    """True when the append goals of the project are reached."""
    with running_server() as server, TemporaryDirectory() as nothing:
        databases = migrated(server, "bench", Path(nothing))
        owner = databases.migration_environment()["MIGRATION_DATABASE_URL"]
        with psycopg.connect(owner.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE SCHEMA peer")
            for statement in PLAIN.split(";"):
                connection.execute(statement)
        peer = Plans(env=peer_environment(databases))
        with (
            bench_kit(databases, (), THREADS) as bare,
            bench_kit(databases, (TITLES,), THREADS) as full,
        ):
            contestants = {
                "plain psycopg insert": lambda: rate(seconds, lambda: plain_insert(owner)),
                "eventsourcing save": lambda: rate(seconds, lambda: peer_save(peer)),
                "execute: load and append": lambda: rate(seconds, lambda: load_and_append(bare)),
                "execute: read model and key": lambda: rate(seconds, lambda: full_command(full)),
            }
            figures = compete(contestants, rounds)
        peer.close()
    return report(f"Commands at {THREADS} threads", "a second", figures, GOALS)


GOALS = [
    Goal(who="execute: load and append", beside="eventsourcing save", at_least=4),
    Goal(who="execute: load and append", beside="plain psycopg insert", at_least=0.5),
    Goal(who="execute: read model and key", beside="eventsourcing save", at_least=2),
    Goal(who="execute: read model and key", beside="plain psycopg insert", at_least=0.25),
]
