"""What operators see and ask for over HTTP when something is parked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.catalog import wire
from contracts.envelope import Message
from contracts.events.contacts import ContactErased
from eventkit.consuming.inbox import Park
from eventkit.consuming.incoming import Unreadable
from eventkit.database import driver, session
from eventkit.parking.actions import Wish, open_wishes
from eventkit.parking.parked import park
from eventkit.unit import Kit
from tests.integration.eventkit.http_calls import As

PARKED, ACTIONS = "/v1/operations/parked", "/v1/operations/parked-actions"
NOW = datetime(2026, 10, 16, tzinfo=UTC)
WHY = {"reason": "Vom Betreiber geprüft."}
Json = dict[str, Any]


@pytest.fixture
def operator(as_: As) -> httpx.Client:
    return as_("operator")


def message(stream: str, version: int = 1, name: str = "meeting.planned.v1") -> Message:
    return Message(
        id=uuid4(),
        source="https://meetings.example.org",
        type=name,
        subject=stream,
        time=NOW,
        position=version,
        version=version,
        generation=UUID(int=1),
        correlation_id="c",
        recorded_at=NOW,
        data=b"{}",
    )


def keep(kit: Kit, parks: Iterable[Park], source: str = "meetings") -> list[int]:
    with session(kit.engine) as connection:
        park(driver(connection), source, list(parks))
        rows = driver(connection).execute("SELECT id FROM parked ORDER BY id").fetchall()
    return [number for (number,) in rows]


def wishes(kit: Kit, source: str = "meetings") -> list[Wish]:
    with session(kit.engine) as connection:
        return open_wishes(driver(connection), source)


def refused(stream: str, version: int = 1) -> Park:
    return Park(message(stream, version), "refused", "a detail")


def ask(
    client: httpx.Client, number: int, act: str, tag: str = '"1"', **headers: str
) -> httpx.Response:
    sent = {"If-Match": tag, **headers}
    return client.post(f"{PARKED}/{number}/{act}", json=WHY, headers=sent)


def test_a_list_shows_what_streams_wait_for_and_how_much_is_behind(
    operator: httpx.Client, kit: Kit
) -> None:
    behind = Park(message("a", 2), "waiting", "behind")
    keep(kit, [refused("a"), behind, Park(Unreadable(raw=b"17", reason="r"), "unreadable", "r")])
    keep(kit, [refused("b")], "registry")
    items = operator.get(PARKED).json()["items"]
    told = [(one["source"], one["stream"], one["reason"], one["waiting"]) for one in items]
    assert told == [
        ("meetings", "a", "refused", 1),
        ("meetings", None, "unreadable", 0),
        ("registry", "b", "refused", 0),
    ]


def test_filters_and_cursors_narrow_the_list(operator: httpx.Client, kit: Kit) -> None:
    keep(kit, [refused(name) for name in "abc"])
    keep(kit, [Park(message("d"), "gap", "r")], "registry")
    assert len(operator.get(PARKED, params={"source": "registry"}).json()["items"]) == 1
    found, url = [], f"{PARKED}?parked_for=refused&limit=2"
    while url:
        page = operator.get(url)
        found += [one["stream"] for one in page.json()["items"]]
        url = page.links.get("next", {}).get("url", "")
    assert found == ["a", "b", "c"]
    assert operator.get(PARKED, params={"stream": "a"}).status_code == 422


def test_a_filter_by_a_reason_that_there_is_not_names_those_that_there_are(
    operator: httpx.Client,
) -> None:
    listed = operator.get(PARKED, params={"parked_for": "handlr"})
    many = operator.post(
        ACTIONS, json={"parked_for": "handlr"}, headers={"Idempotency-Key": '"one"'}
    )
    for answer in (listed, many):
        assert answer.status_code == 422
        assert "handler, crash" in answer.json()["errors"][0]["detail"]
    assert operator.get(PARKED, params={"reason": "handler"}).status_code == 422


def test_the_key_that_a_retry_of_many_needs_is_described(operator: httpx.Client) -> None:
    (header,) = operator.get("/openapi.json").json()["paths"][ACTIONS]["post"]["parameters"]
    assert (header["name"], header["in"], header["required"]) == ("Idempotency-Key", "header", True)


def test_one_is_shown_with_its_tag_and_without_its_message(
    operator: httpx.Client, kit: Kit
) -> None:
    (number,) = keep(kit, [refused("a")])
    shown = operator.get(f"{PARKED}/{number}")
    assert shown.headers["ETag"].startswith('"1.')
    assert shown.json()["detail"] == "a detail"
    assert shown.json().keys() & {"message", "data"} == set()
    for unknown in ("4711", "-1", "x", "9" * 40):
        assert operator.get(f"{PARKED}/{unknown}").status_code == 404


def test_an_error_about_what_operators_do_not_read_is_not_quoted(
    operator: httpx.Client, kit: Kit
) -> None:
    story = Park(message("a", name="story.told.v1"), "handler", "KeyError: 'what somebody said'")
    (number,) = keep(kit, [story])
    assert operator.get(f"{PARKED}/{number}").json()["detail"] is None


@pytest.mark.parametrize("act", ["retry", "skip", "discard"])
def test_an_act_is_stored_and_answered_with_where_to_follow_it(
    operator: httpx.Client, kit: Kit, act: str
) -> None:
    (number,) = keep(kit, [refused("a")])
    tag = operator.get(f"{PARKED}/{number}").headers["ETag"]
    answer = ask(operator, number, act, tag)
    assert answer.status_code == 202
    (wish,) = wishes(kit)
    assert (wish.act, wish.parked_id, wish.revision) == (act, number, 1)
    assert (wish.actor, wish.reason) == ("client:one", WHY["reason"])
    followed = operator.get(answer.headers["Location"]).json()
    assert (followed["id"], followed["asked"], followed["done"]) == (answer.json()["id"], 1, 0)
    assert followed["results"][0]["outcome"] is None


def test_an_act_wants_the_tag_and_that_it_is_the_present_one(
    operator: httpx.Client, kit: Kit
) -> None:
    (number,) = keep(kit, [refused("a")])
    bare = operator.post(f"{PARKED}/{number}/skip", json=WHY)
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition-required")
    stale = ask(operator, number, "skip", '"7"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    assert wishes(kit) == []
    assert ask(operator, number, "skip", "*").status_code == 202


def test_a_repeated_act_is_stored_once(operator: httpx.Client, kit: Kit) -> None:
    (number,) = keep(kit, [refused("a")])
    key = {"Idempotency-Key": '"one"'}
    first, second = (ask(operator, number, "skip", **key) for _ in range(2))
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"]
    assert len(wishes(kit)) == 1
    reused = operator.post(
        f"{PARKED}/{number}/skip", json={"reason": "other"}, headers={"If-Match": "*", **key}
    )
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")


def test_what_makes_no_sense_is_refused_in_german_as_well(operator: httpx.Client, kit: Kit) -> None:
    parks = [
        Park(message("a"), "fork", "r"),
        Park(message("a", 2), "waiting", "behind"),
        Park(Unreadable(raw=b"17", reason="r"), "unreadable", "r"),
        Park(message("b", name=wire(ContactErased)), "handler", "r"),
        Park(message("c", name="contact.erased.v2"), "newer", "r"),
    ]
    fork, waiting, unreadable, erasure, newer = keep(kit, parks)
    german = {"Accept-Language": "de"}
    for number, act, code in (
        (fork, "skip", "parked-not-next"),
        (waiting, "discard", "parked-behind"),
        (unreadable, "skip", "parked-no-event"),
        (unreadable, "retry", "parked-no-event"),
        (erasure, "skip", "parked-erasure"),
        (newer, "skip", "parked-erasure"),
    ):
        answer = ask(operator, number, act, **german)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert answer.headers["Content-Language"] == "de"
        assert answer.json()["detail"].startswith(("Es ", "Das "))
    assert wishes(kit) == []


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 201}, {"reason": "a\nb"}])
def test_skipping_wants_a_short_reason(operator: httpx.Client, kit: Kit, body: Json) -> None:
    (number,) = keep(kit, [refused("a")])
    answer = operator.post(f"{PARKED}/{number}/skip", json=body, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_many_are_tried_again_as_filters_and_limit_say(operator: httpx.Client, kit: Kit) -> None:
    numbers = keep(kit, [refused(name) for name in "abc"])
    keep(kit, [Park(replace(message("d"), version=3), "gap", "r")])
    body = {"source": "meetings", "parked_for": "refused", "limit": 2}
    dry = operator.post(ACTIONS, json=body | {"dry_run": True}, headers={"Idempotency-Key": "a"})
    assert (dry.status_code, dry.json()) == (200, {"id": None, "parked": numbers[:2]})
    assert wishes(kit) == []
    asked = operator.post(ACTIONS, json=body, headers={"Idempotency-Key": "b"})
    assert (asked.status_code, asked.json()["parked"]) == (202, numbers[:2])
    assert [wish.parked_id for wish in wishes(kit)] == numbers[:2]
    again = operator.post(ACTIONS, json=body, headers={"Idempotency-Key": "b"})
    assert again.json() == asked.json()
    assert operator.get(asked.headers["Location"]).json()["asked"] == 2
    assert operator.post(ACTIONS, json=body).status_code == 400
    none = operator.post(ACTIONS, json={"source": "x"}, headers={"Idempotency-Key": "c"})
    assert (none.status_code, none.json()) == (200, {"id": None, "parked": []})


def test_who_asked_for_what_and_why_is_listed_the_last_first(
    operator: httpx.Client, as_: As, kit: Kit
) -> None:
    one, two = keep(kit, [refused("a"), refused("b")])
    (three,) = keep(kit, [refused("c")], "registry")[2:]
    for number, act in ((one, "retry"), (two, "skip"), (three, "discard")):
        assert ask(operator, number, act).status_code == 202
    found, url = [], f"{ACTIONS}?limit=2"
    while url:
        page = operator.get(url)
        found += page.json()["items"]
        url = page.links.get("next", {}).get("url", "")
    told = [(item["parked_id"], item["act"], item["source"]) for item in found]
    assert told == [
        (three, "discard", "registry"),
        (two, "skip", "meetings"),
        (one, "retry", "meetings"),
    ]
    whose = {(item["actor"], item["reason"], item["outcome"]) for item in found}
    assert whose == {("client:one", WHY["reason"], None)}
    for query in ({"source": "registry"}, {"act": "discard"}):
        assert operator.get(ACTIONS, params=query).json()["items"] == found[:1]
    assert operator.get(ACTIONS, params={"act": "forget"}).status_code == 422
    assert as_("organiser").get(ACTIONS).status_code == 403


def test_only_operators_see_or_do_any_of_it(as_: As, kit: Kit) -> None:
    (number,) = keep(kit, [refused("a")])
    for role in ("organiser", "service", "municipality"):
        client = as_(role)
        assert client.get(PARKED).status_code == 403
        assert client.get(f"{PARKED}/{number}").status_code == 403
        assert ask(client, number, "skip").status_code == 403
        assert client.get(f"{ACTIONS}/{uuid4()}").status_code == 403
