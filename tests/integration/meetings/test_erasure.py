"""Erasing a guest: what is gone at once, what stays, who may do it, and the certificate."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from tests.integration.meetings.conftest import BADEN_BADEN, CONTACT, Caller, Callers, told

REASON = {"reason": "request"}
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass
class Guest:
    """Somebody with a place, whom nobody else is mistaken for."""

    callers: Callers
    meeting: str
    name: str
    email: str
    participant: str = ""

    @property
    def body(self) -> dict[str, Any]:
        party = {"kind": "municipality", "key": BADEN_BADEN}
        return {"side": "guest", "party": party, "name": self.name, "email": self.email}

    @property
    def registration(self) -> str:
        return f"{self.meeting}/registrations/{self.participant}"

    @property
    def data(self) -> str:
        return f"/v1/participants/{self.participant}"

    @property
    def page(self) -> str:
        (item,) = self.addresses()
        return "/r/" + str(item["link"]).rpartition("/")[2]

    def register(self) -> str:
        return self.callers.organiser.create(f"{self.meeting}/registrations", self.body)

    def addresses(self) -> list[Any]:
        ids = {"ids": [self.participant]}
        answer = self.callers.as_role("service").post("/v1/participants/addresses", ids)
        return list(told(answer)["items"])

    def erase(self, caller: Caller | None = None) -> TestResponse:
        return (caller or self.callers.organiser).post(f"{self.data}/erasure", REASON)

    def open(self, page: str, method: str = "GET") -> TestResponse:
        return self.callers.app.test_client().open(page, method=method)

    def by_link(self) -> Caller:
        token = self.page.rpartition("/")[2]
        return Caller(self.callers.app, {"Authorization": f"Bearer {token}"})


def registered(callers: Callers, meeting: str) -> Guest:
    mark = uuid4().hex[:12]
    guest = Guest(callers, meeting, f"Gast {mark}", f"{mark}@example.org")
    guest.participant = guest.register()
    return guest


@pytest.fixture
def guest(callers: Callers) -> Guest:
    return registered(callers, callers.open())


def test_nothing_of_an_erased_guest_is_shown_but_that_there_was_one(guest: Guest) -> None:
    certificate = told(guest.erase())
    assert (certificate["person"], certificate["state"]) == (guest.participant, "pending")
    shown = told(guest.callers.organiser.get(guest.registration))
    assert (shown["name"], shown["email"], shown["erased"]) == (None, None, True)
    assert (shown["standing"], shown["side"]) == ("withdrawn", "guest")
    assert guest.addresses() == []
    assert told(guest.callers.organiser.get(guest.meeting))["attendance"]["registered"] == 0


@pytest.mark.parametrize("when", ["as_of={}", "known_at={}"])
def test_an_erased_guest_is_erased_at_every_time_before(guest: Guest, when: str) -> None:
    organiser = guest.callers.organiser
    before = told(organiser.get(guest.registration))
    assert (before["name"], before["erased"]) == (guest.name, False)
    moment = when.format(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    told(guest.erase())
    then = told(organiser.get(f"{guest.registration}?{moment}"))
    assert (then["name"], then["email"], then["erased"]) == (None, None, True)


def test_the_history_tells_that_somebody_was_erased_and_not_who(guest: Guest) -> None:
    told(guest.erase())
    entries = told(guest.callers.organiser.get(f"{guest.meeting}/history"))["items"]
    kinds = [(one["type"].split(".", 1)[1], one["erased"]) for one in entries[-3:]]
    assert kinds == [
        ("participant.registered.v1", True),
        ("participant.erased.v1", False),
        ("participant.withdrawn.v1", False),
    ]
    assert guest.name not in str(entries)


def test_the_first_who_waits_gets_the_place_of_who_is_erased(callers: Callers) -> None:
    meeting = callers.open(capacity=1)
    gone, waiting = registered(callers, meeting), registered(callers, meeting)
    told(gone.erase())
    assert told(callers.organiser.get(waiting.registration))["standing"] == "registered"


def test_who_was_there_is_counted_on_without_a_name(guest: Guest) -> None:
    told(guest.callers.moderator.post(f"{guest.registration}/check-in"), 204)
    told(guest.erase())
    shown = told(guest.callers.organiser.get(guest.registration))
    assert (shown["standing"], shown["name"]) == ("attended", None)
    assert told(guest.callers.organiser.get(guest.meeting))["attendance"]["checked_in"] == 1


def test_a_guest_erases_all_by_the_own_link_which_opens_nothing_afterwards(guest: Guest) -> None:
    page = guest.page
    shown = guest.open(page).text
    (action,) = re.findall(r'action="([^"]+)"', shown)
    assert guest.open(f"/r/{action}", "POST").status_code == 200
    for method, address in (
        ("GET", page),
        ("POST", page),
        ("POST", f"{page}/erasure"),
        ("GET", f"{page}/export"),
    ):
        assert guest.open(address, method).status_code == 404, address
    assert told(guest.callers.organiser.get(guest.registration))["erased"] is True


def test_opening_the_page_or_its_address_for_erasure_erases_nobody(guest: Guest) -> None:
    page = guest.page
    assert guest.open(page).status_code == 200
    assert guest.open(f"{page}/erasure").status_code == 405
    assert told(guest.callers.organiser.get(guest.registration))["name"] == guest.name


def test_who_withdrew_can_still_have_the_own_data_given_out_and_erased(guest: Guest) -> None:
    page = guest.page
    given_back = guest.open(page, "POST")
    assert "Endgültig löschen" in given_back.text
    assert guest.email in guest.open(f"{page}/export").text
    assert guest.open(f"{page}/erasure", "POST").status_code == 200
    assert told(guest.callers.organiser.get(guest.registration))["erased"] is True


def test_a_guest_erases_nobody_else(guest: Guest) -> None:
    other = registered(guest.callers, guest.meeting)
    caller = guest.by_link()
    assert told(other.erase(caller), 404)["code"] == "not-found"
    assert told(caller.get(f"{other.data}/export"), 404)["code"] == "not-found"
    told(guest.erase(caller))
    assert told(guest.callers.organiser.get(other.registration))["name"] == other.name


@pytest.mark.parametrize("role", ["steering_group", "operator", "service", "municipality"])
def test_others_may_not_erase_or_take_out_what_is_held(guest: Guest, role: str) -> None:
    caller = guest.callers.as_role(role, BADEN_BADEN if role == "municipality" else None)
    told(guest.erase(caller), 403)
    told(caller.get(f"{guest.data}/export"), 403)
    told(caller.get(f"{guest.data}/erasure"), 403)


def test_a_second_erasure_changes_nothing(guest: Guest) -> None:
    first = told(guest.erase())
    organiser = guest.callers.organiser
    version = organiser.get(guest.meeting).headers["ETag"]
    assert told(guest.erase())["erased_at"] == first["erased_at"]
    assert organiser.get(guest.meeting).headers["ETag"] == version


def test_whoever_registers_again_after_an_erasure_is_somebody_new(guest: Guest) -> None:
    again = told(guest.callers.organiser.post(f"{guest.meeting}/registrations", guest.body), 409)
    assert again["code"] == "already-registered"
    told(guest.erase())
    anew = guest.register()
    assert anew != guest.participant
    shown = told(guest.callers.organiser.get(f"{guest.meeting}/registrations/{anew}"))
    assert (shown["name"], shown["erased"]) == (guest.name, False)


def test_a_contact_is_erased_in_the_registry_and_not_here(callers: Callers) -> None:
    body = {"side": "administration", "contact_id": str(CONTACT)}
    participant = callers.organiser.create(f"{callers.open()}/registrations", body)
    refused = callers.organiser.post(f"/v1/participants/{participant}/erasure", REASON)
    assert told(refused, 409)["code"] == "contact-of-registry"
    exported = told(callers.organiser.get(f"/v1/participants/{participant}/export"))
    assert str(CONTACT) in str(exported["rows"])


def test_an_export_holds_all_that_is_known_of_a_guest_and_nothing_of_others(guest: Guest) -> None:
    other = registered(guest.callers, guest.meeting)
    told(guest.callers.organiser.post(f"{guest.registration}/withdraw"), 204)
    exported = told(guest.callers.organiser.get(f"{guest.data}/export"))
    assert [one["type"].rsplit(".", 2)[-2] for one in exported["events"]] == [
        "registered",
        "withdrawn",
    ]
    assert exported["events"][0]["data"]["email"] == guest.email
    (row,) = exported["rows"]
    assert (row["table"], row["data"]["name"]) == ("registrations", guest.name)
    assert exported["others"] == ["notifications"]
    for words in (other.participant, other.name, other.email):
        assert words not in str(exported)


def test_an_export_after_the_erasure_holds_no_name(guest: Guest) -> None:
    told(guest.erase())
    exported = told(guest.callers.organiser.get(f"{guest.data}/export"))
    assert exported["erased"] is True
    assert guest.name not in str(exported)
    assert guest.email not in str(exported)


def test_an_erasure_is_certified_when_notifications_has_acknowledged(guest: Guest) -> None:
    assert told(guest.erase())["missing"] == ["notifications"]
    said = {"service": "notifications", "cleared": 0, "remaining": 1, "remains": EMPTY}
    path = f"/v1/erasures/{guest.participant}/acknowledgements"
    assert told(guest.callers.as_role("service").post(path, said))["state"] == "complete"
    certificate = told(guest.callers.organiser.get(f"{guest.data}/erasure"))
    assert [part["service"] for part in certificate["parts"]] == ["meetings", "notifications"]
    entries = told(guest.callers.organiser.get(f"{guest.meeting}/history"))["items"]
    assert entries[-1]["type"] == "netztreff.participant.erasure_certified.v1"


def test_nobody_and_who_was_not_erased_has_no_certificate(guest: Guest) -> None:
    organiser = guest.callers.organiser
    for address in (f"{guest.data}/erasure", f"/v1/participants/{uuid4()}/erasure"):
        told(organiser.get(address), 404)
    told(organiser.post(f"/v1/participants/{uuid4()}/erasure", REASON), 404)
    told(organiser.get(f"/v1/participants/{uuid4()}/export"), 404)


def test_no_table_of_either_database_holds_the_guest_any_more(guest: Guest) -> None:
    kit = guest.callers.kit
    said = "\n".join((guest.meeting.rpartition("/")[2], guest.email, guest.name.casefold()))
    digest = kit.vault.digest(said)
    assert digest in contents(kit.settings.key_database_url)
    told(guest.erase())
    for url in (kit.settings.database_url, kit.settings.key_database_url):
        held = contents(url)
        assert guest.participant in held
        for words in (guest.name, guest.email, digest):
            assert words not in held


def contents(url: str) -> str:
    """Every row of every table of a database, as text."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        rows = [
            str(row)
            for name in tables
            for row in connection.scalars(sa.text(f'SELECT t::text FROM "{name}" t'))
        ]
    engine.dispose()
    return "\n".join(rows)


def test_a_reason_is_one_of_a_list_and_no_text(guest: Guest) -> None:
    path = f"{guest.data}/erasure"
    for body in ({}, {"reason": guest.name}):
        answer = guest.callers.organiser.post(path, body)
        assert answer.status_code == 422
        assert guest.name not in orjson.dumps(answer.json).decode()
