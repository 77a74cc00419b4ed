"""Rebuild of a read model beside the peer's projection of the same number of events."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from bench.append import Planned, Plans, peer_environment
from bench.server import bench_kit, migrated, running_server
from bench.table import Goal, compete, report
from eventkit.origins import OwnEvents
from eventkit.rebuild import rebuild
from eventkit.unit import Kit
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, TITLES, plan

OURS = 20_000
THEIRS = 2_000


class TitlesRecorder(PostgresTrackingRecorder):
    """The peer's read model: one row a meeting, changed by one upsert an event."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        table = Identifier(self.datastore.schema, "titles")
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {} (id uuid PRIMARY KEY, title text)").format(table)
        )
        self.upsert = SQL(
            "INSERT INTO {} VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET title = excluded.title"
        ).format(table)

    def put(self, key: UUID, title: str, tracking: Tracking) -> None:
        with (
            self.datastore.get_connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            self._insert_tracking(cursor, tracking)
            cursor.execute(self.upsert, (key, title), prepare=True)


class TitlesProjection(Projection[TitlesRecorder]):
    name = "titles"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.put(domain_event.originator_id, domain_event.title, tracking)


def fill_ours(kit: Kit) -> None:
    for _ in range(OURS // 1_000):
        with kit.unit(CONTEXT) as unit:
            keys = [uuid4() for _ in range(1_000)]
            unit.execute_all(SAMPLE, [(key, plan(key)) for key in keys])


def fill_theirs(environment: dict[str, str]) -> None:
    application = Plans(env=environment)
    for _ in range(THEIRS):
        planned = Planned(str(uuid4()), "network_meeting", "Netzwerktreffen", "digital")
        application.save(planned)
    application.close()


def our_rebuild(databases: Databases, kit: Kit) -> float:
    url = databases.migration_environment()["MIGRATION_DATABASE_URL"]
    began = perf_counter()
    applied = rebuild(url, OwnEvents(kit.store), TITLES)
    return applied / (perf_counter() - began)


def their_projection(environment: dict[str, str], owner: str) -> float:
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS peer.titles, peer.titles_tracking")
    began = perf_counter()
    with ProjectionRunner(
        application_class=Plans,
        projection_class=TitlesProjection,
        view_class=TitlesRecorder,
        env=environment,
    ) as runner:
        runner.projection.view.wait(Plans.name, THEIRS, timeout=300)
    return THEIRS / (perf_counter() - began)


def run(rounds: int, _: float) -> bool:
    """True when a rebuild reaches its goal."""
    with running_server() as server, TemporaryDirectory() as nothing:
        databases = migrated(server, "bench", Path(nothing))
        owner = databases.migration_environment()["MIGRATION_DATABASE_URL"]
        plain = owner.replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA peer")
        environment = peer_environment(databases)
        with bench_kit(databases, (TITLES,), 2) as kit:
            fill_ours(kit)
            fill_theirs(environment)
            contestants = {
                "rebuild": lambda: our_rebuild(databases, kit),
                "eventsourcing projection": lambda: their_projection(environment, plain),
            }
            figures = compete(contestants, rounds)
    return report("Events into one read model", "a second", figures, GOALS)


GOALS = [Goal(who="rebuild", beside="eventsourcing projection", at_least=20)]
