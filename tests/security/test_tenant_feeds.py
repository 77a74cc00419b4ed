"""What municipalities and districts hear of the feeds, and that nothing hints at the rest."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.security.matrix_world import DISTRICT, FOREIGN, OWN, World
from tests.security.site import Site, Who

TOWN, COUNTY, SERVICE = Who("municipality", OWN), Who("district", DISTRICT), Who("service")
LINK = {"join_url": "https://treffen.example.org/raum?pwd=1", "venue": "Rathaus"}


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    world = World(site)
    for key in (OWN, FOREIGN):
        world.of("contact", key)
        world.of("participation", key)
        world.of("registration", key)
    world.of("organisation")
    placed = world.meeting("scheduled")
    version = world.version("meetings", f"/v1/meetings/{placed}")
    path, headers = f"/v1/meetings/{placed}/place", {"If-Match": version}
    world.ask("meetings", path, "PUT", json=LINK, headers=headers)
    told = world.fresh("story")
    path = "/v1/meetings/{meeting_id}/stories/{story_id}/withdraw".format(**told)
    world.ask("meetings", path, json={"reason": "Wunsch der Erzählerin"})
    return world


def events(world: World, who: Who, service: str, **query: Any) -> httpx.Response:
    answer = world.site.ask(who, service, "GET", "/events", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def everything(world: World, who: Who, service: str) -> list[dict[str, Any]]:
    """All events that somebody hears, in small pages by the links."""
    found: list[dict[str, Any]] = []
    cursor: str | None = "null"
    while True:
        answer = events(world, who, service, limit=7, lastEventId=cursor)
        if not answer.json():
            return found
        found += answer.json()
        cursor = httpx.URL(answer.links["next"]["url"]).params["lastEventId"]


def kinds(found: list[dict[str, Any]]) -> set[str]:
    return {one["type"].removeprefix("netztreff.").rpartition(".v")[0] for one in found}


@pytest.mark.parametrize("service", ["registry", "meetings"])
@pytest.mark.parametrize("who", [TOWN, COUNTY], ids=lambda who: who.role)
def test_pages_hold_the_public_facts_and_those_of_own_parties_alone(
    world: World, who: Who, service: str
) -> None:
    heard, told = everything(world, who, service), everything(world, SERVICE, service)
    assert 0 < len(heard) < len(told)
    assert [one["id"] for one in heard] == [
        one["id"] for one in told if one["id"] in {mine["id"] for mine in heard}
    ]
    for one in heard:
        party = one["data"].get("party")
        named = party and party["key"]
        assert named in (None, OWN, DISTRICT), one["type"]
        assert named or one["type"].split(".")[1] not in ("participant", "contact", "seat")
    hidden = kinds(told) - kinds(heard)
    assert hidden >= ({"meeting.placed"} if service == "meetings" else {"organisation.registered"})
    assert "pwd=1" not in str(heard)


def test_reasons_of_others_are_withheld_and_own_ones_are_not(world: World) -> None:
    heard = everything(world, TOWN, "registry")
    accepted = [one for one in heard if ".participation.accepted." in one["type"]]
    assert {one["data"]["party"]["key"] for one in accepted} == {OWN}
    assert all(one["data"]["challenge"] for one in accepted)


def test_the_stream_of_another_looks_like_one_that_is_not_there(world: World) -> None:
    foreign = f"contact-{world.of('contact', FOREIGN)['contact_id']}"
    own = f"contact-{world.of('contact', OWN)['contact_id']}"
    nothing = f"contact-{uuid4()}"
    for more in ({}, {"fromVersion": 1}):
        theirs, none = (
            events(world, TOWN, "registry", subject=one, **more) for one in (foreign, nothing)
        )
        assert theirs.json() == none.json() == []
        assert theirs.headers["Link"] == none.headers["Link"].replace(nothing, foreign)
        assert len(events(world, TOWN, "registry", subject=own, **more).json()) == 1
        assert len(events(world, COUNTY, "registry", subject=own, **more).json()) == 1
        assert len(events(world, SERVICE, "registry", subject=foreign, **more).json()) == 1


def test_the_id_of_a_hidden_event_is_no_place_in_the_feed(world: World) -> None:
    told = everything(world, SERVICE, "registry")
    heard = {one["id"] for one in everything(world, TOWN, "registry")}
    hidden = next(one["id"] for one in told if one["id"] not in heard)
    answers = [
        world.site.ask(TOWN, "registry", "GET", "/events", params={"lastEventId": one})
        for one in (hidden, str(uuid4()))
    ]
    assert [one.status_code for one in answers] == [400, 400]
    assert answers[0].json()["code"] == answers[1].json()["code"] == "unknown-cursor"
    visible = events(world, TOWN, "registry", lastEventId=next(iter(heard)))
    assert visible.status_code == 200


def test_a_type_that_is_hidden_gives_an_empty_page_whose_cursor_moves_on(world: World) -> None:
    answer = events(world, TOWN, "meetings", type="netztreff.meeting.placed.v1")
    assert answer.json() == []
    cursor = httpx.URL(answer.links["next"]["url"]).params["lastEventId"]
    assert int(cursor.partition(".")[0]) == int(answer.headers["Feed-Head"]) > 0


def test_nobody_waits_longer_or_shorter_for_what_is_hidden(world: World) -> None:
    head = events(world, TOWN, "registry", limit=200)
    cursor = httpx.URL(head.links["next"]["url"]).params["lastEventId"]
    while answer := events(world, TOWN, "registry", lastEventId=cursor, limit=200).json():
        cursor = answer[-1]["id"]
    world.fresh("contact", FOREIGN)
    waited = events(world, TOWN, "registry", lastEventId=cursor, timeout=200)
    assert (waited.json(), waited.elapsed.total_seconds() >= 0.2) == ([], True)


def test_an_operator_hears_neither_ways_into_meetings_nor_of_participants(world: World) -> None:
    heard = kinds(everything(world, Who("operator"), "meetings"))
    assert "meeting.planned" in heard
    assert "meeting.placed" not in heard
    assert not [kind for kind in heard if kind.startswith("participant.")]


@pytest.mark.parametrize(
    "who", [TOWN, COUNTY, Who("steering_group"), Who("operator")], ids=lambda who: who.role
)
def test_no_feed_holds_what_a_history_withholds(world: World, who: Who) -> None:
    told, withheld = [], 0
    for service, kind, path in HISTORIES:
        heard = {
            (one["subject"], one["streamversion"]): one["data"]
            for one in everything(world, who, service)
        }
        for subject in streams(world, service, kind):
            answer = world.site.ask(who, service, "GET", path.format(subject[len(kind) + 1 :]))
            assert answer.status_code == 200, answer.text
            for entry in answer.json()["items"]:
                withheld += len(entry["withheld"])
                data = heard.get((subject, entry["version"]), {})
                told += [(entry["type"], name) for name in entry["withheld"] if data.get(name)]
    assert told == []
    assert withheld > 0


HISTORIES = [
    ("meetings", "meeting", "/v1/meetings/{}/history?limit=200"),
    ("registry", "cohort", "/v1/cohorts/{}/history?limit=200"),
    ("registry", "contact", "/v1/contacts/{}/history?limit=200"),
    ("registry", "organisation", "/v1/organisations/{}/history?limit=200"),
]


def streams(world: World, service: str, kind: str) -> list[str]:
    told = everything(world, SERVICE, service)
    return sorted({one["subject"] for one in told if one["subject"].startswith(f"{kind}-")})


@pytest.mark.parametrize("role", ["moderator", "participant"])
def test_who_has_nothing_to_hear_is_refused(world: World, role: str) -> None:
    assert world.site.ask(Who(role), "meetings", "GET", "/events").status_code == 403
