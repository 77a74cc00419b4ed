"""What operators see and say over HTTP when another service's store lost events."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventkit.database import driver, session
from eventkit.generation_gauges import lost_events
from eventkit.unit import Kit
from local.processes import wait_until
from tests.integration.eventkit.http_calls import As

LOST = "/v1/operations/lost"
WHY = {"reason": "Aus dem Protokoll neu erfasst."}
KEY = {"Idempotency-Key": '"one"'}
_LOSE = (
    "INSERT INTO lost_events (source, event_id, generation, stream, version, had_effect, message)"
    " VALUES (%s, %s, gen_random_uuid(), %s, 1, true, 'what somebody said')"
)
_CAME_BACK = (
    "WITH line AS (INSERT INTO consumers (name, generation) VALUES (%(source)s, gen_random_uuid())"
    " RETURNING generation)"
    " INSERT INTO inbox (source, generation, stream, version, event_id)"
    " SELECT %(source)s, line.generation, stream, version, event_id FROM line, lost_events"
    " WHERE source = %(source)s AND stream = %(stream)s"
)
_TOLD = (
    "SELECT metadata::json->>'actor', data::json FROM events"
    " WHERE type = 'lost_acknowledgement.given'"
)

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def operator(as_: As) -> httpx.Client:
    return as_("operator")


def lose(kit: Kit, *streams: str, source: str = "meetings") -> None:
    for stream in streams:
        with session(kit.engine) as connection:
            driver(connection).execute(_LOSE, (source, uuid4(), stream))


def streams(client: httpx.Client, **params: str | bool | int) -> list[str]:
    answer = client.get(LOST, params=params)
    assert answer.status_code == 200, answer.text
    return [one["stream"] for one in answer.json()["items"]]


def acknowledge(client: httpx.Client, source: str = "meetings", **headers: str) -> httpx.Response:
    return client.post(f"{LOST}/{source}/acknowledge", json=WHY, headers=headers)


def told(kit: Kit) -> list[tuple[Any, ...]]:
    with session(kit.engine) as connection:
        return driver(connection).execute(_TOLD).fetchall()


def alarming(kit: Kit) -> float:
    with session(kit.engine) as connection:
        (metric,) = lost_events(["meetings"])(connection)
    return float(metric.samples[0].value)


def waiting(kit: Kit) -> int:
    """How many sessions wait for somebody's lock."""
    with session(kit.engine) as connection:
        row = driver(connection).execute(_WAITING).fetchone()
    return int(row[0]) if row else 0


def test_a_list_shows_what_was_lost_and_not_what_it_said(operator: httpx.Client, kit: Kit) -> None:
    lose(kit, "a")
    (item,) = operator.get(LOST).json()["items"]
    assert (item["source"], item["stream"], item["version"]) == ("meetings", "a", 1)
    assert (item["had_effect"], item["acknowledged_at"]) == (True, None)
    assert "message" not in item


def test_filters_and_cursors_narrow_the_list(operator: httpx.Client, kit: Kit) -> None:
    lose(kit, "a", "b", "c")
    lose(kit, "d", source="registry")
    assert streams(operator, source="registry") == ["d"]
    assert streams(operator, since="2199-01-01T00:00:00Z") == []
    found, url = [], f"{LOST}?source=meetings&limit=2"
    while url:
        page = operator.get(url)
        found += [one["stream"] for one in page.json()["items"]]
        url = page.links.get("next", {}).get("url", "")
    assert found == ["a", "b", "c"]
    assert streams(operator, sort="-found_at") == ["d", "c", "b", "a"]
    assert operator.get(LOST, params={"stream": "a"}).status_code == 422


def test_what_came_back_was_not_lost(operator: httpx.Client, kit: Kit) -> None:
    lose(kit, "a", "b")
    with session(kit.engine) as connection:
        driver(connection).execute(_CAME_BACK, {"source": "meetings", "stream": "a"})
    assert streams(operator) == ["b"]


def test_an_acknowledgement_ends_the_alarm_of_one_source_and_is_kept_with_who_and_why(
    operator: httpx.Client, kit: Kit
) -> None:
    lose(kit, "a", "b")
    lose(kit, "c", source="registry")
    assert alarming(kit) == 2
    answer = acknowledge(operator)
    assert (answer.status_code, answer.json()["events"]) == (200, 2)
    assert answer.json() | WHY == answer.json()
    assert alarming(kit) == 0
    assert streams(operator, acknowledged=True) == ["a", "b"]
    assert streams(operator, acknowledged=False) == ["c"]
    ((actor, data),) = told(kit)
    assert (actor, data["source"], data["reason"]) == ("client:one", "meetings", WHY["reason"])
    assert data["acknowledgement_id"] == answer.json()["id"]


def test_what_was_found_after_somebody_looked_goes_on_ringing(
    operator: httpx.Client, kit: Kit
) -> None:
    lose(kit, "a", "b")
    seen = operator.get(LOST).json()["items"][-1]["found_at"]
    lose(kit, "c")
    body = WHY | {"found_until": seen}
    answer = operator.post(f"{LOST}/meetings/acknowledge", json=body)
    assert (answer.status_code, answer.json()["events"]) == (200, 2)
    assert (alarming(kit), streams(operator, acknowledged=False)) == (1, ["c"])
    again = operator.post(f"{LOST}/meetings/acknowledge", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "lost-acknowledged")
    assert acknowledge(operator).json()["events"] == 1


def test_a_repeated_acknowledgement_is_kept_once(operator: httpx.Client, kit: Kit) -> None:
    lose(kit, "a")
    first = acknowledge(operator, **KEY)
    lose(kit, "b")
    again = acknowledge(operator, **KEY)
    assert (first.status_code, again.json()) == (200, first.json())
    assert (len(told(kit)), streams(operator, acknowledged=False)) == (1, ["b"])
    other = operator.post(f"{LOST}/meetings/acknowledge", json={"reason": "other"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_the_same_call_twice_at_once_is_answered_twice_and_kept_once(
    operator: httpx.Client, kit: Kit
) -> None:
    lose(kit, "a")
    with ThreadPoolExecutor(2) as callers, session(kit.engine) as connection:
        with driver(connection).transaction():
            driver(connection).execute("SELECT FROM lost_events FOR UPDATE")
            calls = [callers.submit(acknowledge, operator, **KEY) for _ in range(2)]
            wait_until(lambda: waiting(kit) == 2, what="both calls", seconds=5)
        answers = [call.result() for call in calls]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == len(told(kit)) == 1


def test_what_somebody_acknowledged_before_is_refused_in_german_as_well(
    operator: httpx.Client, kit: Kit
) -> None:
    lose(kit, "a")
    acknowledge(operator)
    answer = acknowledge(operator, **{"Accept-Language": "de"})
    assert (answer.status_code, answer.json()["code"]) == (409, "lost-acknowledged")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "Alles, was er verloren hat, ist schon bestätigt."
    assert len(told(kit)) == 1


@pytest.mark.parametrize("source", ["registry", "x" * 300, "%00", "%20", "Meetings"])
def test_nothing_is_acknowledged_of_who_lost_nothing(
    operator: httpx.Client, kit: Kit, source: str
) -> None:
    lose(kit, "a")
    answer = acknowledge(operator, source)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert told(kit) == []


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 201}, {"reason": "a\nb"}])
def test_an_acknowledgement_wants_a_short_reason(
    operator: httpx.Client, kit: Kit, body: dict[str, str]
) -> None:
    lose(kit, "a")
    answer = operator.post(f"{LOST}/meetings/acknowledge", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert told(kit) == []


def test_only_operators_see_or_acknowledge_anything(as_: As, kit: Kit) -> None:
    lose(kit, "a")
    for role in ("organiser", "service", "municipality"):
        assert as_(role).get(LOST).status_code == 403
        assert acknowledge(as_(role)).status_code == 403
    assert told(kit) == []
