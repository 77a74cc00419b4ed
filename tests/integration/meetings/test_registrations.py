"""Registrations over HTTP: places and the waiting list, and who sees whose name."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.integration.meetings.conftest import (
    BADEN_BADEN,
    CONTACT,
    PFORZHEIM,
    Caller,
    Callers,
    told,
)

NAME, EMAIL = "Integrationsbeauftragte:r", "integration.baden-baden@example.org"
GUEST = {
    "side": "administration",
    "party": {"kind": "municipality", "key": BADEN_BADEN},
    "name": NAME,
    "email": EMAIL,
}


def register(caller: Caller, meeting: str, **changes: Any) -> str:
    """The address of a new registration."""
    answer = caller.post(f"{meeting}/registrations", GUEST | changes)
    told(answer, 201)
    return answer.headers["Location"]


def standing(caller: Caller, registration: str) -> Any:
    return told(caller.get(registration))["standing"]


def test_who_withdraws_makes_room_for_the_first_who_waits(callers: Callers) -> None:
    organiser, meeting = callers.organiser, callers.open(capacity=1)
    first, second, third = (
        register(organiser, meeting, email=f"{name}@example.org") for name in "abc"
    )
    told(organiser.post(f"{first}/withdraw"), 204)
    assert [standing(organiser, one) for one in (first, second, third)] == [
        "withdrawn",
        "registered",
        "waitlisted",
    ]
    attendance = told(organiser.get(meeting))["attendance"]
    assert (attendance["registered"], attendance["waitlisted"]) == (1, 1)
    told(organiser.post(f"{first}/withdraw"), 404)


def test_who_has_a_place_checks_in_and_who_waits_does_not(callers: Callers) -> None:
    meeting = callers.open(capacity=1)
    place = register(callers.organiser, meeting)
    waits = register(callers.organiser, meeting, email="b@example.org")
    told(callers.moderator.post(f"{place}/check-in"), 204)
    assert told(callers.moderator.post(f"{waits}/check-in"), 409)["code"] == "no-place"
    assert told(callers.moderator.post(f"{place}/check-in"), 409)["code"] == "already-there"
    assert told(callers.organiser.get(meeting))["attendance"]["checked_in"] == 1


def test_nobody_registers_before_the_invitations_or_after_the_close(callers: Callers) -> None:
    scheduled, closed = callers.scheduled(), callers.open()
    told(callers.organiser.do(closed, "close-registration"))
    for meeting, code in ((scheduled, "meeting-is-scheduled"), (closed, "meeting-is-closed")):
        problem = told(callers.organiser.post(f"{meeting}/registrations", GUEST), 409)
        assert problem["code"] == code


def test_a_contact_registers_once_and_stands_for_its_party(callers: Callers) -> None:
    meeting = callers.open()
    body = {"side": "administration", "contact_id": str(CONTACT)}
    created = callers.organiser.post(f"{meeting}/registrations", body)
    seen = told(callers.organiser.get(created.headers["Location"]))
    assert seen["party"] == {"kind": "municipality", "key": PFORZHEIM}
    assert (seen["name"], seen["email"]) == (None, None)
    again = told(callers.organiser.post(f"{meeting}/registrations", body), 409)
    assert again["code"] == "already-registered"


def test_a_person_by_name_registers_once_for_a_meeting(callers: Callers) -> None:
    meeting, other = callers.open(), callers.open()
    first = register(callers.organiser, meeting)
    twin = GUEST | {"name": f" {NAME.upper()}", "email": EMAIL.upper(), "party": None}
    again = callers.organiser.post(f"{meeting}/registrations", twin)
    assert told(again, 409)["code"] == "already-registered"
    elsewhere = register(callers.organiser, other)
    assert first.rpartition("/")[2] != elsewhere.rpartition("/")[2]
    register(callers.organiser, meeting, name="Stellvertretung")
    assert len(callers.organiser.items(f"{meeting}/registrations")) == 2


def test_of_two_who_register_a_person_at_once_one_does(callers: Callers) -> None:
    meeting = callers.open()
    with ThreadPoolExecutor(4) as pool:
        path = f"{meeting}/registrations"
        answers = list(pool.map(lambda _: callers.organiser.post(path, GUEST), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert told(callers.organiser.get(meeting))["attendance"]["registered"] == 1


def test_who_withdrew_may_register_again_at_the_end_of_the_list(callers: Callers) -> None:
    meeting = callers.open()
    first = register(callers.organiser, meeting)
    other = register(callers.organiser, meeting, email="b@example.org")
    told(callers.organiser.post(f"{first}/withdraw"), 204)
    assert register(callers.organiser, meeting) == first
    listed = callers.organiser.items(f"{meeting}/registrations")
    ids = [path.rpartition("/")[2] for path in (other, first)]
    assert [one["participant_id"] for one in listed] == ids
    assert (listed[1]["standing"], listed[1]["name"]) == ("registered", NAME)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"contact_id": str(uuid4()), "name": None, "email": None}, "#/contact_id"),
        ({"contact_id": str(CONTACT), "party": None}, "#/contact_id"),
        ({"contact_id": str(CONTACT), "name": None, "email": None}, "#/party"),
        ({"email": None}, "#/email"),
        ({"email": "a@b@example.org"}, "#/email"),
        ({"name": "Zwei\nZeilen"}, "#/name"),
        ({"party": {"kind": "municipality", "key": "09999999"}}, "#/party/key"),
        ({"party": {"kind": "district", "key": "08211000"}}, "#/party/key"),
        ({"party": {"kind": "organisation", "key": "Verein"}}, "#/party/key"),
    ],
)
def test_a_registration_of_nobody_is_refused(
    callers: Callers, changes: dict[str, Any], pointer: str
) -> None:
    meeting = callers.open()
    answer = callers.organiser.post(f"{meeting}/registrations", GUEST | changes)
    assert told(answer, 422)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("role", "tenant", "sees"),
    [
        ("organiser", None, (NAME, EMAIL)),
        ("moderator", None, (NAME, EMAIL)),
        ("service", None, (NAME, EMAIL)),
        ("steering_group", None, (None, None)),
        ("municipality", BADEN_BADEN, (None, None)),
        ("district", BADEN_BADEN[:5], (None, None)),
    ],
)
def test_names_are_shown_to_those_who_run_the_meeting_only(
    callers: Callers, role: str, tenant: str | None, sees: tuple[str | None, str | None]
) -> None:
    meeting = callers.open()
    registration = register(callers.organiser, meeting)
    caller = callers.as_role(role, tenant)
    alone = told(caller.get(registration))
    (listed,) = caller.items(f"{meeting}/registrations")
    assert (alone["name"], alone["email"]) == sees
    assert listed == alone


def test_a_municipality_sees_and_withdraws_its_own_people_only(callers: Callers) -> None:
    meeting = callers.open()
    own, foreign = (callers.as_role("municipality", key) for key in (BADEN_BADEN, PFORZHEIM))
    registration = register(own, meeting, party=None)
    assert told(own.get(registration))["party"] == GUEST["party"]
    assert foreign.items(f"{meeting}/registrations") == []
    unknown = f"{meeting}/registrations/{uuid4()}"
    for path in (registration, unknown):
        assert told(foreign.get(path), 404)["code"] == "not-found"
        assert told(foreign.post(f"{path}/withdraw"), 404)["code"] == "not-found"
    told(own.post(f"{registration}/withdraw"), 204)


def test_a_municipality_registers_nobody_for_another_one(callers: Callers) -> None:
    meeting = callers.open()
    foreign = callers.as_role("municipality", PFORZHEIM)
    told(foreign.post(f"{meeting}/registrations", GUEST), 403)
    district = callers.as_role("district", BADEN_BADEN[:5])
    told(district.post(f"{meeting}/registrations", GUEST), 201)


def test_who_steers_registers_somebody_and_sees_it_at_the_address_given(callers: Callers) -> None:
    meeting, steering = callers.open(), callers.as_role("steering_group")
    registration = register(steering, meeting)
    assert told(steering.get(registration))["party"] == GUEST["party"]
    register(callers.organiser, meeting, email="b@example.org", party=None)
    assert len(steering.items(f"{meeting}/registrations")) == 2


def test_operators_see_numbers_and_no_people(callers: Callers) -> None:
    meeting = callers.open()
    registration = register(callers.organiser, meeting)
    caller = callers.as_role("operator")
    told(caller.get(f"{meeting}/registrations"), 403)
    told(caller.get(registration), 403)
    assert told(caller.get(meeting))["attendance"]["registered"] == 1


def test_services_read_addresses_in_batches_and_nobody_else(callers: Callers) -> None:
    meeting = callers.open()
    registration = register(callers.organiser, meeting)
    contact = {"side": "administration", "contact_id": str(CONTACT)}
    without = callers.organiser.create(f"{meeting}/registrations", contact)
    participant = registration.rpartition("/")[2]
    body = {"ids": [participant, without, str(uuid4()), participant]}
    service = callers.as_role("service")
    (item,) = told(service.post("/v1/participants/addresses", body))["items"]
    assert "/r/ntl_" in item.pop("link")
    assert item == {"participant_id": participant, "name": NAME, "email": EMAIL}
    told(callers.organiser.post("/v1/participants/addresses", body), 403)
    told(service.post("/v1/participants/addresses", {"ids": []}), 422)


def test_who_withdrew_has_an_address_for_the_last_mail_and_no_link(callers: Callers) -> None:
    meeting = callers.open()
    registration = register(callers.organiser, meeting)
    told(callers.organiser.post(f"{registration}/withdraw"), 204)
    participant = registration.rpartition("/")[2]
    answer = callers.as_role("service").post("/v1/participants/addresses", {"ids": [participant]})
    (item,) = told(answer)["items"]
    assert item == {"participant_id": participant, "name": NAME, "email": EMAIL, "link": None}


def test_neither_tables_nor_published_events_hold_a_name(callers: Callers) -> None:
    meeting = callers.open()
    register(callers.organiser, meeting)
    tables = sa.text("SELECT data::text FROM events UNION ALL SELECT r::text FROM registrations r")
    with callers.kit.engine.connect() as connection:
        rows = connection.execute(tables).scalars().all()
    assert any("participant_id" in row for row in rows)
    assert not [row for row in rows if EMAIL in row or NAME in row]
    feed = callers.as_role("service").get(
        f"/events?subject={meeting.replace('/v1/meetings/', 'meeting-')}"
    )
    assert b"participant_id" in feed.data
    assert b"sealed1" not in feed.data
    assert EMAIL.encode() not in feed.data


def test_registrations_are_filtered(callers: Callers) -> None:
    meeting = callers.open(capacity=1)
    first, second = (
        register(callers.organiser, meeting, email=f"{name}@example.org") for name in "ab"
    )
    assert first != second
    waiting = callers.organiser.items(f"{meeting}/registrations?standing=waitlisted")
    assert [one["email"] for one in waiting] == ["b@example.org"]
    assert callers.organiser.items(f"{meeting}/registrations?side=guest") == []
    told(callers.organiser.get(f"{meeting}/registrations?standing=asleep"), 422)
