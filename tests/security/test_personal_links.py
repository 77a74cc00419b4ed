"""Personal links: one registration, to be looked at and given back, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from flask import Flask

from eventkit.auth.links import Link, Links
from eventkit.database import connect, session
from tests.security.conftest import Count
from tests.security.matrix_world import FOREIGN, OWN, Arguments, World, absent, party
from tests.security.routes import apps, policy_of, routes
from tests.security.site import NOBODY, Site, Who

SERVICE = Who("service")
PAGE = "text/html; charset=utf-8"
# What the holder of a link may do; all else is 403, or 404 for what is not its own.
OWN_ROUTES = {
    "calendar.show_meeting",
    "registrations.show_registration",
    "registrations.withdraw_participant",
    "participant_data.erase_participant",
    "participant_data.export_participant",
}


@dataclass(frozen=True)
class Guest:
    """A registration and the link to it."""

    world: World
    place: Arguments
    url: str

    @property
    def token(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def path(self) -> str:
        return "/v1/meetings/{meeting_id}/registrations/{participant_id}".format(**self.place)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.world.site.ask(self.token, "meetings", method, path, **more)

    def open(self, method: str = "GET", token: str | None = None) -> httpx.Response:
        path = f"/r/{token or self.token}"
        return self.world.site.ask(NOBODY, "meetings", method, path)


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    return World(site)


@pytest.fixture
def guest(world: World) -> Guest:
    return invited(world, OWN)


def invited(world: World, key: str) -> Guest:
    place = world.fresh("registration", key)
    return Guest(world, place, link_of(world, place))


def link_of(world: World, place: Arguments, of: str = "addresses") -> str:
    """The address of the page, as the mail gets it; contacts get it with `links` alone."""
    ids = {"ids": [place["participant_id"]]}
    told = world.site.ask(SERVICE, "meetings", "POST", f"/v1/participants/{of}", json=ids)
    (item,) = told.json()["items"]
    return str(item["link"])


def links(world: World) -> Links:
    return Links(world.site.kits["meetings"].settings.master_key, "registration")


def made(guest: Guest, **changes: Any) -> str:
    named: dict[str, Any] = {
        "about": UUID(guest.place["meeting_id"]),
        "person": UUID(guest.place["participant_id"]),
        "turn": turn(guest),
        "expires_at": datetime.now(UTC) + timedelta(days=1),
    }
    return links(guest.world).make(Link(**named | changes))


def turn(guest: Guest) -> int:
    found = links(guest.world).read(guest.token, datetime.now(UTC))
    assert found is not None
    return found.turn


def test_a_link_shows_the_own_registration_and_its_meeting(guest: Guest) -> None:
    shown = guest.ask("GET", guest.path).json()
    assert (shown["name"], shown["standing"]) == ("Gast", "registered")
    meeting = guest.ask("GET", f"/v1/meetings/{guest.place['meeting_id']}")
    assert meeting.json()["title"] == "Netzwerktreffen"


def test_a_link_shows_nothing_of_others(guest: Guest) -> None:
    other = invited(guest.world, FOREIGN)
    elsewhere = f"/v1/meetings/{guest.world.meeting('scheduled')}"
    for method, path in (
        ("GET", other.path),
        ("POST", f"{other.path}/withdraw"),
        ("GET", elsewhere),
    ):
        theirs = guest.ask(method, path)
        assert (theirs.status_code, theirs.json()["code"]) == (404, "not-found"), path
    assert other.ask("GET", other.path).status_code == 200


def test_a_link_opens_no_other_route_of_any_service(guest: Guest, site: Site, count: Count) -> None:
    tried = 0
    for service, table in apps(site).items():
        for route in routes(table):
            if policy_of(table)[route.endpoint].public or route.endpoint in OWN_ROUTES:
                continue
            tried += 1
            path = route.path(absent(dict.fromkeys(arguments(table, route.endpoint), "")))
            answer = site.ask(guest.token, service, route.method, path)
            assert answer.status_code == (403 if service == "meetings" else 401), route
    count("routes that a personal link does not open", tried)


def arguments(table: Flask, endpoint: str) -> set[str]:
    return next(rule.arguments for rule in table.url_map.iter_rules() if rule.endpoint == endpoint)


def test_the_page_shows_the_registration_and_looking_changes_nothing(guest: Guest) -> None:
    before = guest.world.written()
    for method in ("HEAD", "GET", "GET"):
        answer = guest.open(method)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, PAGE)
    assert guest.world.written() == before
    assert "Netzwerktreffen" in answer.text
    assert "Guten Tag Gast" in answer.text
    assert '<form method="post">' in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_button_gives_the_place_back_and_then_the_link_says_only_that(guest: Guest) -> None:
    answers = [guest.open("POST"), guest.open("POST"), guest.open()]
    assert [one.status_code for one in answers] == [200] * 3
    assert len({one.content for one in answers}) == 1
    assert "Sie sind abgemeldet" in answers[0].text
    assert not re.search("Guten Tag|Ich sage ab|<dl>", answers[0].text)
    gone = [guest.ask("GET", guest.path), guest.ask("POST", f"{guest.path}/withdraw")]
    gone.append(guest.ask("GET", f"/v1/meetings/{guest.place['meeting_id']}"))
    assert [one.status_code for one in gone] == [404] * 3


def test_the_page_of_who_withdrew_and_was_erased_says_nothing(guest: Guest, site: Site) -> None:
    guest.open("POST")
    # The servers remember keys for a minute; this process has seen none of this person.
    table = apps(site)["meetings"]
    forget(site, guest.place["participant_id"])
    assert table.test_client().get(f"/r/{guest.token}").status_code == 404


def test_withdrawing_works_over_the_api_too(guest: Guest) -> None:
    assert guest.ask("POST", f"{guest.path}/withdraw").status_code == 204
    assert guest.ask("GET", guest.path).status_code == 404


def test_an_earlier_link_is_not_good_again_when_the_same_person_registers_again(
    world: World,
) -> None:
    meeting = world.of("meeting.open")["meeting_id"]
    path = f"/v1/meetings/{meeting}/registrations"
    email = f"{uuid4()}@example.org"
    who = {"side": "administration", "party": party(OWN), "name": "Gast", "email": email}

    def registered() -> Guest:
        place = {"meeting_id": meeting, "participant_id": world.make("meetings", path, who)}
        return Guest(world, place, link_of(world, place))

    earlier = registered()
    assert earlier.open("POST").status_code == 200
    again = registered()
    assert again.place == earlier.place
    refused = [earlier.open(), earlier.open("POST"), earlier.ask("GET", earlier.path)]
    refused.append(earlier.ask("POST", f"{earlier.path}/withdraw"))
    assert [one.status_code for one in refused] == [404] * 4
    assert again.ask("GET", again.path).json()["standing"] == "registered"


def test_a_history_says_that_a_participant_acted_and_not_who(guest: Guest) -> None:
    guest.open("POST")
    path = f"/v1/meetings/{guest.place['meeting_id']}/history?limit=200"
    for role in ("organiser", "operator"):
        told = guest.world.site.ask(Who(role), "meetings", "GET", path).json()["items"]
        last = [one for one in told if one["type"].endswith(".participant.withdrawn.v1")][-1]
        assert last["actor"] == {"kind": "participant", "id": None}


def test_a_link_that_is_not_good_is_the_same_404_for_all_reasons(guest: Guest) -> None:
    expired = made(guest, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    another = made(guest, turn=turn(guest) + 1)
    foreign = made(guest, about=UUID(guest.world.meeting("scheduled")))
    other = "A" if guest.token[-1] != "A" else "B"
    tokens = [expired, another, foreign, "ntl_", "x", guest.token[:-1] + other]
    answers = [guest.open(method, one) for one in tokens for method in ("GET", "POST")]
    assert {(one.status_code, one.headers["Content-Type"]) for one in answers} == {(404, PAGE)}
    assert len({one.content for one in answers}) == 1
    assert guest.ask("GET", guest.path).status_code == 200


def test_an_expired_link_is_no_token(guest: Guest, site: Site) -> None:
    expired = made(guest, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert site.ask(expired, "meetings", "GET", guest.path).status_code == 401


def test_a_token_that_says_participant_without_a_link_sees_nothing(
    guest: Guest, site: Site
) -> None:
    forged = Who("participant")
    answer = site.ask(forged, "meetings", "GET", guest.path)
    assert answer.status_code in (401, 404)


def test_who_is_erased_has_no_link_any_more(guest: Guest, site: Site) -> None:
    # The servers remember keys for a minute; this process has seen none of this person.
    table = apps(site)["meetings"]
    forget(site, guest.place["participant_id"])
    assert table.test_client().get(f"/r/{guest.token}").status_code == 404
    headers = {"Authorization": f"Bearer {guest.token}"}
    assert table.test_client().get(guest.path, headers=headers).status_code == 404


def forget(site: Site, person: str) -> None:
    """As an erasure does: the key goes."""
    engine = connect(site.kits["meetings"].settings.key_database_url, pool_size=1, name="test")
    with session(engine) as keys:
        gone = keys.execute(
            sa.text("UPDATE person_keys SET wrapped = NULL WHERE person = :person"),
            {"person": person},
        )
        assert gone.rowcount == 1
    engine.dispose()


@pytest.fixture
def colleague(world: World) -> Guest:
    """A contact of the registry who has a place."""
    contact_id, meeting = world.fresh("contact", OWN)["contact_id"], world.of("meeting.open")
    world.site.settle()
    path = f"/v1/meetings/{meeting['meeting_id']}/registrations"
    body = {"side": "administration", "contact_id": contact_id}
    place = meeting | {"participant_id": world.make("meetings", path, body)}
    named = {"contact_id": contact_id}
    return Guest(world, place | named, link_of(world, place, "links"))


def test_a_contact_has_a_link_to_the_own_registration_and_nothing_else(
    colleague: Guest, guest: Guest
) -> None:
    assert colleague.ask("GET", colleague.path).json()["standing"] == "registered"
    assert colleague.ask("GET", guest.path).status_code == 404
    assert "Sie sind angemeldet" in colleague.open().text


def test_a_contact_who_left_the_registry_has_no_link_once_meetings_has_heard_of_it(
    colleague: Guest, site: Site
) -> None:
    path = f"/v1/contacts/{colleague.place['contact_id']}"
    version = {"If-Match": colleague.world.version("registry", path)}
    assert colleague.open().status_code == 200
    colleague.world.ask("registry", f"{path}/departure", json={}, headers=version)
    site.settle()
    answers = [colleague.open(method) for method in ("GET", "POST")]
    answers.append(colleague.ask("GET", colleague.path))
    assert [one.status_code for one in answers] == [404] * 3


def test_no_log_line_holds_a_link(guest: Guest, site: Site) -> None:
    guest.open()
    guest.open("POST", "ntl_wrong")
    log = site.logs["meetings"].read_text("utf-8")
    assert "/r/<token>" in log
    assert not re.search(r"ntl_[A-Za-z0-9]", log)
