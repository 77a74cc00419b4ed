"""What a suspect store refuses, and a generation that begins under a running process."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from eventkit.conflicts import GenerationChanged, StoreSuspect
from eventkit.database import driver, session
from eventkit.unit import Kit
from local.databases import Databases, connect
from tests.integration.eventkit.http_calls import As
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, cancel, plan


def written(kit: Kit, events: int = 1) -> list[UUID]:
    keys = [uuid4() for _ in range(events)]
    for key in keys:
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    return keys


def rows(kit: Kit, query: str) -> list[Any]:
    with session(kit.engine) as connection:
        return driver(connection).execute(query).fetchall()


def as_owner(databases: Databases, statement: str) -> None:
    with connect(databases.migration_environment()["MIGRATION_DATABASE_URL"]) as connection:
        connection.execute(statement)


NEXT = """
WITH next AS (
    INSERT INTO generations (generation, parent, forked_at, started_at)
    SELECT gen_random_uuid(), generation, 2, now() FROM store_state RETURNING generation
) UPDATE store_state SET generation = (SELECT generation FROM next)
"""


def test_a_suspect_store_takes_nothing_and_can_be_read(kit: Kit) -> None:
    (key,) = written(kit)
    assert rows(kit, "SELECT suspect_store('a test')") == [(True,)]
    with pytest.raises(StoreSuspect, match="a test"):
        written(kit)
    with pytest.raises(StoreSuspect), kit.unit(CONTEXT) as unit:
        unit.execute_all(SAMPLE, [(one, plan(one)) for one in (uuid4(), uuid4())])
    with session(kit.engine) as connection:
        assert kit.store.load_one(driver(connection), SAMPLE.stream(key)).version == 1
    assert rows(kit, "SELECT count(*) FROM events") == [(1,)]


def test_the_first_suspicion_stays_and_the_service_cannot_clear_it(kit: Kit) -> None:
    rows(kit, "SELECT suspect_store('first')")
    assert rows(kit, "SELECT suspect_store('second')") == [(False,)]
    assert rows(kit, "SELECT store_suspicion()") == [("first",)]
    assert rows(
        kit, "SELECT has_table_privilege('store_state', 'UPDATE, INSERT, DELETE, TRUNCATE')"
    ) == [(False,)]


def test_a_table_that_was_made_anew_says_that_a_dump_was_restored(
    kit: Kit, store_databases: Databases
) -> None:
    as_owner(store_databases, "UPDATE store_state SET home = home::bigint + 1")
    with pytest.raises(StoreSuspect, match="restored from a dump"):
        written(kit)


def test_a_command_is_decided_again_in_the_generation_that_began_meanwhile(
    kit: Kit, store_databases: Databases
) -> None:
    (key,) = written(kit)
    old = kit.store.generation
    as_owner(store_databases, NEXT)
    kit.execute(SAMPLE, key, cancel(key), context=CONTEXT)
    written(kit)
    found = rows(kit, "SELECT metadata ->> 'generation' FROM events ORDER BY position")
    present = str(kit.store.generation)
    assert found == [(str(old),), (present,), (present,)]
    assert present != str(old)


def test_many_appends_at_once_say_that_the_generation_changed(
    kit: Kit, store_databases: Databases
) -> None:
    keys = written(kit, 2)
    as_owner(store_databases, NEXT)
    with pytest.raises(GenerationChanged), kit.unit(CONTEXT) as unit:
        unit.execute_all(SAMPLE, [(key, cancel(key)) for key in keys])
    with kit.unit(CONTEXT) as unit:
        unit.execute_all(SAMPLE, [(key, cancel(key)) for key in keys])
    assert rows(kit, "SELECT count(*) FROM events") == [(4,)]


def test_software_from_before_the_state_appends_until_the_store_is_suspect(kit: Kit) -> None:
    one = (
        "SELECT append_event('other-%s', 1, gen_random_uuid(), 'seat.created', 1, '{}', '{}', '',"
        " now(), NULL, NULL, NULL, NULL)"
    )
    rows(kit, one % 1)
    rows(
        kit,
        "SELECT append_events('{other-2}',"
        " '{1}', '{0}', ARRAY[gen_random_uuid()], '{seat.created}',"
        " '{1}', ARRAY['{}'], ARRAY['{}'], ARRAY[''::bytea], ARRAY[now()])",
    )
    rows(kit, "SELECT suspect_store('a test')")
    with pytest.raises(Exception, match="older than"):
        rows(kit, one % 3)
    assert rows(kit, "SELECT count(*) FROM events") == [(2,)]


def test_a_municipality_cannot_make_a_store_suspect(kit: Kit, as_: As) -> None:
    written(kit)
    cursor = f"7.{kit.store.generation}"
    municipality = as_("municipality", tenant="08111000")
    answer = municipality.get("/events", params={"lastEventId": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-cursor")
    assert rows(kit, "SELECT store_suspicion()") == [(None,)]
    assert as_("service").get("/events", params={"lastEventId": cursor}).status_code == 503
    assert "7." in rows(kit, "SELECT store_suspicion()")[0][0]


def test_writes_to_a_suspect_store_answer_503_and_reads_go_on(kit: Kit, as_: As) -> None:
    rows(kit, "SELECT suspect_store('a test')")
    organiser = as_("organiser")
    answer = organiser.post(
        "/v1/things",
        headers={"Idempotency-Key": '"k"'},
        json={"title": "Treffen"},
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "store-suspect")
    assert answer.headers["Retry-After"] == "60"
    assert organiser.get("/events").status_code == 200


def test_a_service_is_told_the_generations_in_order(
    kit: Kit, as_: As, store_databases: Databases
) -> None:
    written(kit, 3)
    first = str(kit.store.generation)
    as_owner(store_databases, NEXT)
    as_owner(store_databases, "INSERT INTO generations SELECT gen_random_uuid(), NULL, 0, now()")
    found = as_("service").get("/events/generations").json()["items"]
    told = [(one["parent"], one["forked_at"], one["ended_at"]) for one in found]
    assert told == [(None, 0, 2), (first, 2, None), (None, 0, 0)]
    assert found[0]["generation"] == first
    assert as_("municipality", tenant="08111000").get("/events/generations").status_code == 403
    events = as_("service").get("/events").json()
    assert [one["generation"] for one in events] == [first, first, found[1]["generation"]]
