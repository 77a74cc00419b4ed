"""`GET /events`: pages, cursors, filters, waiting."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from contracts.envelope import BATCH
from contracts.events.notifications import EndpointRemoved
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.conflicts import StoreSuspect
from eventkit.database import driver, session
from eventkit.http.app import create_app
from eventkit.http.feed import LONGEST_MS
from eventkit.unit import Kit
from tests.integration.eventkit.http_sample import SERVICE
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, cancel, plan
from tests.integration.eventkit.test_relay import PRIVATE
from tests.integration.eventkit.wires import served

PROBLEM = "application/problem+json"


@pytest.fixture
def client(kit: Kit) -> Iterator[httpx.Client]:
    with served(kit, []) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def write(kit: Kit, events: int = 1) -> list[UUID]:
    keys = [uuid4() for _ in range(events)]
    for key in keys:
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    return keys


def ask(client: httpx.Client, **query: Any) -> httpx.Response:
    answer = client.get("/events", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == BATCH
    return answer


def positions(answer: httpx.Response) -> list[int]:
    return [int(one["sequence"]) for one in answer.json()]


def following(answer: httpx.Response) -> str:
    return str(answer.links["next"]["url"])


def test_pages_follow_one_another_until_the_end(kit: Kit, client: httpx.Client) -> None:
    write(kit, 25)
    answer = ask(client, limit=10)
    found = positions(answer)
    while positions(answer := client.get(following(answer))):
        found += positions(answer)
    assert found == list(range(1, 26))
    write(kit)
    assert positions(client.get(following(answer))) == [26]


def test_an_event_says_everything_that_cloudevents_and_we_want(
    kit: Kit, client: httpx.Client
) -> None:
    (key,) = write(kit)
    (event,) = ask(client).json()
    assert event["specversion"] == "1.0"
    assert event["type"] == "netztreff.meeting.planned.v1"
    assert event["source"] == kit.settings.source
    assert event["subject"] == f"sample-{key}"
    assert (event["sequence"], event["streamversion"]) == ("00000000000000000001", 1)
    assert event["generation"] == str(kit.store.generation)
    assert (event["correlationid"], event["tenant"]) == ("c-1", "organiser")
    assert event["time"].endswith("Z")
    assert event["data"]["meeting_id"] == str(key)


def test_an_events_id_is_a_cursor_too(kit: Kit, client: httpx.Client) -> None:
    write(kit, 3)
    ids = [one["id"] for one in ask(client).json()]
    assert positions(ask(client, lastEventId=ids[1])) == [3]
    assert positions(ask(client, lastEventId="null")) == [1, 2, 3]


def test_an_id_beyond_the_mark_skips_nothing(kit: Kit, client: httpx.Client) -> None:
    """An event of one stream may be seen while an earlier append of another is still open."""
    open_key, late_key = uuid4(), uuid4()
    with kit.unit(CONTEXT) as unit:
        unit.execute(SAMPLE, open_key, plan(open_key))
        kit.execute(SAMPLE, late_key, plan(late_key), context=CONTEXT)
        (late,) = ask(client, subject=f"sample-{late_key}", fromVersion=1).json()
        assert positions(answer := ask(client, lastEventId=late["id"])) == []
    assert positions(client.get(following(answer))) == [1, 2]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "-1.0d5e0f6e-0c43-4b0e-9a3b-2f5a0b5d7a10",
        "1",
        "1.2",
        "99999999999999999999.0d5e0f6e-0c43-4b0e-9a3b-2f5a0b5d7a10",
        "0d5e0f6e-0c43-4b0e-9a3b-2f5a0b5d7a10",
        "3.0d5e0f6e-0c43-4b0e-9a3b-2f5a0b5d7a10",
        "' OR 1=1 --",
    ],
)
def test_a_malformed_or_foreign_cursor_is_refused(client: httpx.Client, cursor: str) -> None:
    answer = client.get("/events", params={"lastEventId": cursor})
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["code"] == "unknown-cursor"


def test_a_place_that_the_store_has_not_reached_makes_it_suspect(
    kit: Kit, client: httpx.Client
) -> None:
    """It comes from a store that was since restored without anybody saying so."""
    write(kit)
    answer = client.get("/events", params={"lastEventId": f"7.{kit.store.generation}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store-suspect")
    assert answer.headers["Retry-After"] == "60"
    with pytest.raises(StoreSuspect, match=r"another service \(.*listener\) has read up to 7"):
        write(kit)
    assert positions(ask(client)) == [1]


def test_a_cursor_of_an_earlier_generation_gets_where_to_go_on(
    store_databases: Any, kit: Kit, client: httpx.Client
) -> None:
    write(kit, 5)
    old = uuid4()
    owner = sa.create_engine(store_databases.migration_environment()["MIGRATION_DATABASE_URL"])
    with owner.begin() as connection:
        statement = sa.text("UPDATE generations SET parent = :old, forked_at = 3")
        connection.execute(statement, {"old": old})
        statement = sa.text("INSERT INTO generations VALUES (:old, NULL, 0, now())")
        connection.execute(statement, {"old": old})
    owner.dispose()
    answer = client.get("/events", params={"lastEventId": f"4.{old}", "limit": 50})
    assert (answer.status_code, answer.json()["code"]) == (409, "other-generation")
    assert positions(client.get(following(answer))) == [4, 5]
    answer = client.get("/events", params={"lastEventId": f"2.{old}"})
    assert positions(client.get(following(answer))) == [3, 4, 5]


def test_filters_move_the_cursor_over_what_they_leave_out(kit: Kit, client: httpx.Client) -> None:
    keys = write(kit, 5)
    kit.execute(SAMPLE, keys[0], cancel(keys[0]), context=CONTEXT)
    write(kit, 5)
    cancelled = ask(client, type="netztreff.meeting.cancelled.v1")
    assert positions(cancelled) == [6]
    assert positions(client.get(following(cancelled))) == []
    both = ["netztreff.meeting.cancelled.v1", "netztreff.meeting.planned.v1"]
    assert len(positions(ask(client, type=both))) == 11
    assert positions(ask(client, subject=f"sample-{keys[0]}")) == [1, 6]
    nothing = ask(client, type="netztreff.story.told.v1")
    assert nothing.json() == []
    assert "lastEventId=11." in following(nothing)


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("meeting.cancelled.v1", 1),
        ("meeting.cancelled", 1),
        ("meeting.*", 2),
        ("story.*", 0),
        ("*", 2),
    ],
)
@pytest.mark.parametrize("prefix", ["", "netztreff."])
def test_types_are_written_as_for_webhooks(
    kit: Kit, client: httpx.Client, prefix: str, written: str, count: int
) -> None:
    (key,) = write(kit)
    kit.execute(SAMPLE, key, cancel(key), context=CONTEXT)
    assert len(ask(client, type=prefix + written).json()) == count


@pytest.mark.parametrize(
    "unknown",
    [
        "com.example.other",
        "netztreff.meeting.scheduled.v9",
        "meeting.schedule",
        "meetings.*",
        "met",
    ],
)
def test_a_type_that_no_event_has_is_refused_and_says_how_types_read(
    client: httpx.Client, unknown: str
) -> None:
    bad = client.get("/events", params={"type": unknown})
    assert bad.status_code == 422
    (fault,) = bad.json()["errors"]
    assert (fault["parameter"], "meeting.scheduled.v1" in fault["detail"]) == ("type", True)


def test_one_stream_from_a_version_on(kit: Kit, client: httpx.Client) -> None:
    (key,) = write(kit)
    for _ in range(4):
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    write(kit)
    answer = ask(client, subject=f"sample-{key}", fromVersion=3, limit=2)
    assert [one["streamversion"] for one in answer.json()] == [3, 4]
    assert [one["streamversion"] for one in client.get(following(answer)).json()] == [5]
    nothing = ask(client, subject="sample-nobody", fromVersion=1)
    assert nothing.json() == []
    assert "fromVersion=1" in following(nothing)
    assert client.get("/events", params={"fromVersion": 1}).status_code == 422


def test_private_events_are_in_no_answer(kit: Kit, client: httpx.Client) -> None:
    key = uuid4()
    kit.execute(PRIVATE, key, EndpointRemoved(endpoint_id=key), context=CONTEXT)
    write(kit)
    assert positions(ask(client)) == [2]
    assert ask(client, subject=f"endpoint-{key}").json() == []
    assert ask(client, subject=f"endpoint-{key}", fromVersion=1).json() == []
    assert client.get("/events", params={"type": "endpoint.removed.v1"}).status_code == 422


def test_a_waiting_reader_is_answered_as_soon_as_something_is_stored(
    kit: Kit, client: httpx.Client
) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, client, timeout=LONGEST_MS)
        while not is_waiting(kit):
            pass
        write(kit)
        # Well before the time for which it would have waited.
        assert positions(waiting.result(LONGEST_MS / 1000 * 0.6)) == [1]


def is_waiting(kit: Kit) -> bool:
    """Whether somebody has asked for the readable position by now."""
    with session(kit.engine) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%readable_position()%'"
        row = driver(connection).execute(query + " AND pid <> pg_backend_pid()").fetchone()
    return row is not None and row[0] > 0


def test_nothing_within_the_timeout_is_an_empty_batch_with_a_next(client: httpx.Client) -> None:
    began = monotonic()
    answer = ask(client, timeout=300)
    assert (answer.json(), monotonic() - began > 0.25) == ([], True)
    assert following(answer).startswith("/events?")


def test_too_many_waiting_readers_are_answered_at_once(kit: Kit, client: httpx.Client) -> None:
    seats = kit.settings.web_threads // 2
    with ThreadPoolExecutor(seats + 2) as pool:
        asked = {pool.submit(ask, client, timeout=LONGEST_MS) for _ in range(seats + 2)}
        waiting = asked
        while len(waiting) > seats:
            done, waiting = wait(waiting, LONGEST_MS / 1000 * 0.6, FIRST_COMPLETED)
            assert done, "nobody was sent away"
        write(kit)
        seen = sorted(positions(answer.result(30)) for answer in asked)
    assert seen == [[], [], *[[1]] * seats]


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"timeout": -1}, {"timeout": "٣"}, {"since": "1"}]
)
def test_a_bad_question_is_refused(client: httpx.Client, query: dict[str, Any]) -> None:
    answer = client.get("/events", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("service", 200),
        ("organiser", 200),
        ("steering_group", 200),
        ("operator", 200),
        ("municipality", 200),
        ("district", 200),
        ("moderator", 403),
        ("participant", 403),
        (None, 401),
    ],
)
def test_only_some_roles_read_the_feed(kit: Kit, role: str | None, status: int) -> None:
    transport = httpx.WSGITransport(create_app(SERVICE, kit))
    with httpx.Client(base_url="http://things.example.org", transport=transport) as client:
        if role is not None:
            token = Signer.from_settings(kit.settings).sign(Principal("one", role))
            client.headers["Authorization"] = f"Bearer {token}"
        assert client.get("/events").status_code == status
