"""Commands through the real store: what is appended, projected, refused, and remembered."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import sqlalchemy as sa

from contracts.events.meetings import MeetingPlanned
from eventkit.conflicts import VersionConflict
from eventkit.database import driver, session
from eventkit.domain import Aggregate, Conflict
from eventkit.idempotency import Idempotency
from eventkit.projection import Projector
from eventkit.readmodel import Key, ReadModel
from eventkit.recorded import Recorded
from eventkit.unit import KeyReused, Kit, StaleVersion
from local.databases import Databases, connect
from tests.integration.eventkit.sample import (
    CONTACT,
    CONTEXT,
    SAMPLE,
    TITLES,
    appoint,
    cancel,
    change,
    plan,
    titles,
)


def decide_title(title: str | None, command: MeetingPlanned) -> list[MeetingPlanned]:
    return [] if command.title == title else [command]


def evolve_title(_: str | None, event: MeetingPlanned) -> str:
    return event.title


# A thing to which the same wish twice is nothing to do.
RENAMED = Aggregate(name="renamed", decide=decide_title, evolve=evolve_title)


def broken(_: Recorded[Any]) -> list[Key]:
    raise RuntimeError("a bug in a read model")


BROKEN = ReadModel(name="titles", table=titles, keys=broken, change=change)


def row(kit: Kit, key: UUID) -> dict[str, object]:
    with kit.engine.connect() as connection:
        found = connection.execute(sa.select(titles).where(titles.c.meeting_id == key)).one()
    return dict(found._mapping)


def test_a_command_stores_its_event_and_its_row_together(kit: Kit) -> None:
    key = uuid4()
    written = kit.execute(SAMPLE, key, plan(key), context=CONTEXT, expected=0)
    assert (written.version, written.recorded[0].position) == (1, 1)
    assert row(kit, key)["stream_version"] == 1
    written = kit.execute(SAMPLE, key, cancel(key), context=CONTEXT)
    assert row(kit, key) == {
        "meeting_id": key,
        "title": "Netzwerktreffen",
        "state": "cancelled",
        "seen": [1, 2],
        "stream_version": 2,
    }


def test_a_refused_command_stores_nothing(kit: Kit) -> None:
    key = uuid4()
    kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    kit.execute(SAMPLE, key, cancel(key), context=CONTEXT)
    with pytest.raises(Conflict):
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    assert row(kit, key)["seen"] == [1, 2]


def test_a_stale_version_is_refused(kit: Kit) -> None:
    key = uuid4()
    kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    with pytest.raises(StaleVersion):
        kit.execute(SAMPLE, key, cancel(key), context=CONTEXT, expected=7)
    with pytest.raises(VersionConflict):
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT, expected=0)


def test_a_crowd_on_one_stream_gets_through_one_by_one(kit: Kit) -> None:
    key = uuid4()

    def write(number: int) -> int:
        return kit.execute(SAMPLE, key, plan(key, f"{number}"), context=CONTEXT).version

    with ThreadPoolExecutor(12) as pool:
        versions = sorted(pool.map(write, range(100)))
    assert versions == list(range(1, 101))
    assert row(kit, key)["seen"] == versions


def test_an_idempotency_key_gives_the_first_answer_again(kit: Kit) -> None:
    first, second = uuid4(), uuid4()
    key = Idempotency(scope=b"s" * 32, fingerprint=b"f" * 32, resource=f"/things/{first}")
    kit.execute(SAMPLE, first, plan(first), context=CONTEXT, expected=0, idempotency=key)
    again = kit.execute(SAMPLE, second, plan(second), context=CONTEXT, expected=0, idempotency=key)
    assert (again.replayed, again.stream) == (True, f"sample-{first}")
    assert again.resource == f"/things/{first}"
    other = Idempotency(scope=b"s" * 32, fingerprint=b"x" * 32, resource="")
    with pytest.raises(KeyReused):
        kit.execute(SAMPLE, second, plan(second), context=CONTEXT, idempotency=other)


def test_a_key_whose_call_changed_nothing_is_kept_too(kit: Kit) -> None:
    key, again = uuid4(), Idempotency(scope=b"n" * 32, fingerprint=b"f" * 32, resource="")
    kit.execute(RENAMED, key, plan(key, "Eins"), context=CONTEXT)
    kit.execute(RENAMED, key, plan(key, "Eins"), context=CONTEXT, idempotency=again)
    kit.execute(RENAMED, key, plan(key, "Zwei"), context=CONTEXT)
    late = kit.execute(RENAMED, key, plan(key, "Eins"), context=CONTEXT, idempotency=again)
    assert (late.replayed, late.version) == (True, 1)
    assert row(kit, key)["title"] == "Zwei"
    other = Idempotency(scope=b"n" * 32, fingerprint=b"x" * 32, resource="")
    with pytest.raises(KeyReused):
        kit.execute(RENAMED, key, plan(key, "Zwei"), context=CONTEXT, idempotency=other)


def test_keys_are_swept_out_after_a_day(kit: Kit) -> None:
    """A call sweeps with a chance of one in fifty: a thousand calls without are not to be seen."""
    with kit.engine.connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO idempotency SELECT md5(n::text)::bytea, 'f', '', 's', 1,"
            " now() - make_interval(hours => n) FROM generate_series(1, 60) n"
        )
        for number in range(1000):
            connection.exec_driver_sql(
                "SELECT keep_idempotency_key(%s, 'f', '', %s, 's', 1)",
                (number.to_bytes(32), number),
            )
            if left(connection) == 24:
                break
        assert left(connection) == 24


def left(connection: sa.Connection) -> int:
    return int(
        connection.exec_driver_sql(
            "SELECT count(*) FROM idempotency WHERE fingerprint = 'f' AND length(scope) = 32"
            " AND recorded_at < now() - interval '30 minutes'"
        ).scalar_one()
    )


def test_many_streams_are_written_with_one_append(kit: Kit) -> None:
    ids = [uuid4() for _ in range(50)]
    with kit.unit(CONTEXT) as unit:
        recorded = unit.execute_all(SAMPLE, [(key, plan(key)) for key in ids])
    assert [fact.position for fact in recorded] == sorted(fact.position for fact in recorded)
    assert len({row(kit, key)["stream_version"] for key in ids}) == 1


def test_a_unit_that_fails_leaves_nothing(kit: Kit) -> None:
    key = uuid4()

    def fail() -> None:
        with kit.unit(CONTEXT) as unit:
            unit.execute(SAMPLE, key, plan(key))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with session(kit.engine) as connection:
        assert kit.store.read(driver(connection), 0, 10) == []


def test_personal_fields_are_stored_sealed_and_open_with_the_persons_key(kit: Kit) -> None:
    key = uuid4()
    written = kit.execute(CONTACT, key, appoint(key), context=CONTEXT)
    token = written.recorded[0].event.email
    assert token is not None
    assert "example.org" not in token
    assert kit.vault.open(token) == "kontakt@example.org"
    with kit.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT data::text FROM events").scalar_one()
    assert "example.org" not in stored


def test_the_services_role_can_not_change_events(kit: Kit) -> None:
    for statement in ("UPDATE events SET version = 1", "DELETE FROM events", "TRUNCATE events"):
        with (
            pytest.raises(sa.exc.ProgrammingError, match="permission denied"),
            kit.engine.connect() as connection,
        ):
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("version", "event_id"), [("version", "gen_random_uuid()"), ("version + 1", "event_id")]
)
def test_the_database_takes_each_version_and_each_id_once(
    kit: Kit, store_databases: Databases, version: str, event_id: str
) -> None:
    """Even from its owner, who appends past the function that appends."""
    kit.execute(SAMPLE, key := uuid4(), plan(key), context=CONTEXT)
    rest = "type, schema_version, data, metadata, hash, occurred_at, recorded_at"
    again = (
        f"INSERT INTO events (stream, version, event_id, {rest})"
        f" SELECT stream, {version}, {event_id}, {rest} FROM events"
    )
    url = store_databases.migration_environment()["MIGRATION_DATABASE_URL"]
    with connect(url) as owner, pytest.raises(psycopg.errors.UniqueViolation):
        owner.execute(again)


@pytest.mark.parametrize("models", [[BROKEN], [TITLES, BROKEN]], ids=["at once", "after a row"])
def test_a_bug_in_a_read_model_undoes_the_append(kit: Kit, models: list[ReadModel]) -> None:
    """The statements that went well so far are undone, and the connection goes on."""
    key = uuid4()
    kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    kit.projectors = tuple(map(Projector, models))
    with pytest.raises(RuntimeError):
        kit.execute(SAMPLE, key, cancel(key), context=CONTEXT)
    kit.projectors = (Projector(TITLES),)
    assert row(kit, key)["seen"] == [1]
    assert kit.execute(SAMPLE, key, cancel(key), context=CONTEXT).version == 2
    assert row(kit, key)["seen"] == [1, 2]


def test_a_read_model_is_not_told_a_place_that_is_not_known_yet(kit: Kit) -> None:
    key = uuid4()
    model = replace(TITLES, change=lambda _key, _row, fact: {"seen": fact.position})
    kit.projectors = (Projector(model),)
    with pytest.raises(AttributeError, match="position"):
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)


def test_a_failing_row_undoes_the_append_of_the_same_statement(kit: Kit) -> None:
    key = uuid4()
    model = replace(TITLES, change=lambda key, *_: {"meeting_id": key[0], "title": None})
    kit.projectors = (Projector(model),)
    with pytest.raises(psycopg.errors.NotNullViolation):
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    kit.projectors = (Projector(TITLES),)
    assert kit.execute(SAMPLE, key, plan(key), context=CONTEXT).version == 1
