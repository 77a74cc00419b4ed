"""What the register tells of a thing's past, and to whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from eventkit.database import driver, session
from eventkit.unit import Kit
from tests.integration.registry.conftest import Callers, told

pytestmark = pytest.mark.usefixtures("directory")
LATER = "?as_of=2198-01-01T00:00:00Z"
PFORZHEIM = {"kind": "municipality", "key": "08231000"}


@dataclass(frozen=True)
class Known:
    """Addresses of one thing of each kind."""

    cohort: str
    participation: str
    organisation: str
    seat: str
    contact: str
    client: str
    municipality: str = "/v1/municipalities/08231000"
    district: str = "/v1/districts/08231"


@pytest.fixture(scope="module")
def known(callers: Callers, directory: None) -> Known:  # noqa: ARG001  (imported before)
    organiser = callers.organiser
    programme = f"/v1/programmes/{organiser.create('/v1/programmes', {'title': 'Programm'})}"
    label = {"label": "2020/2021", "starts_year": 2020, "ends_year": 2021}
    cohort = f"/v1/cohorts/{organiser.create(f'{programme}/cohorts', label)}"
    accepted = {"party": PFORZHEIM, "challenge": "Vereine gewinnen"}
    answer = organiser.post(f"{cohort}/participations", accepted)
    told(answer, 201)
    participation = answer.headers["Location"]
    told(organiser.change(f"{participation}/departure", cohort, {"reason": "Kein Personal"}))
    academy = {"name": "Akademie", "kind": "academy"}
    organisation_id = organiser.create("/v1/organisations", academy)
    organisation = f"/v1/organisations/{organisation_id}"
    seat_body = {"organisation_id": organisation_id, "role": "Leitung"}
    seat = f"/v1/seats/{organiser.create(f'{programme}/seats', seat_body)}"
    contact_body = {
        "party": {"kind": "organisation", "key": organisation_id},
        "role": "Leitung",
        "purpose": "Netzwerk",
        "name": "Kontakt der Akademie",
        "email": "kontakt@example.org",
    }
    contact_id = organiser.create("/v1/contacts", contact_body)
    told(organiser.change(f"{seat}/appointment", seat, {"contact_id": contact_id}))
    told(organiser.change(f"{seat}/vacancy", seat, {"reason": "Wechsel"}))
    told(organiser.change(f"{organisation}/archive", organisation, {"reason": "Aufgelöst"}))
    client_body = {"name": "Werkzeug", "role": "municipality", "tenant": "08231000"}
    registered = told(callers.operator.post("/v1/clients", client_body), 201)
    return Known(
        cohort=cohort,
        participation=participation,
        organisation=organisation,
        seat=seat,
        contact=f"/v1/contacts/{contact_id}",
        client=f"/v1/clients/{registered['client_id']}",
    )


def events(callers: Callers, path: str, role: str, tenant: str | None = None) -> list[Any]:
    return list(told(callers.as_role(role, tenant).get(f"{path}/history"))["items"])


def hidden(entries: list[Any]) -> Mapping[str, list[str]]:
    """What is withheld, by the event's name."""
    return {entry["type"].split(".")[-2]: entry["withheld"] for entry in entries}


@pytest.mark.parametrize(
    "name",
    [
        "cohort",
        "participation",
        "organisation",
        "seat",
        "contact",
        "client",
        "municipality",
        "district",
    ],
)
def test_what_holds_now_is_what_its_events_say(callers: Callers, known: Known, name: str) -> None:
    path = getattr(known, name)
    caller = callers.operator if name == "client" else callers.organiser
    now, then = caller.get(path), caller.get(f"{path}{LATER}")
    assert told(then) == told(now)
    assert then.headers["ETag"] == now.headers["ETag"]


def test_why_a_party_came_and_left_is_told_to_the_party_and_those_who_decide(
    callers: Callers, known: Known
) -> None:
    names = ["challenge", "over_target_reason"]
    for role, tenant in (("organiser", None), ("municipality", "08231000"), ("operator", None)):
        entries = events(callers, known.cohort, role, tenant)
        assert [entry["version"] for entry in entries] == [1, 2, 3]
        assert hidden(entries) == {"planned": [], "accepted": [], "left": []}
        assert entries[1]["data"]["challenge"] == "Vereine gewinnen"
    for role, tenant in (("moderator", None), ("municipality", "08211000"), ("service", None)):
        entries = events(callers, known.cohort, role, tenant)
        assert hidden(entries) == {"planned": [], "accepted": names, "left": ["reason"]}
        assert entries[2]["data"]["party"] == PFORZHEIM


def test_a_participation_is_shown_as_it_was(callers: Callers, known: Known) -> None:
    accepted = events(callers, known.cohort, "organiser")[1]
    path = f"{known.participation}?known_at={accepted['recorded_at'].replace('+', '%2B')}"
    was = told(callers.organiser.get(path))
    assert (was["status"], was["left_at"]) == ("accepted", None)
    assert told(callers.organiser.get(known.participation))["status"] == "left"
    assert told(callers.as_role("moderator").get(path))["challenge"] is None


def test_why_a_thing_ended_is_told_to_those_who_read_every_reason(
    callers: Callers, known: Known
) -> None:
    for path, event in ((known.organisation, "archived"), (known.seat, "vacated")):
        for role in ("organiser", "steering_group", "operator"):
            assert hidden(events(callers, path, role))[event] == []
        for role in ("moderator", "service"):
            assert hidden(events(callers, path, role))[event] == ["reason"]


def test_the_history_of_a_contact_has_no_address_for_anybody(
    callers: Callers, known: Known
) -> None:
    for role in ("organiser", "service"):
        (entry,) = events(callers, known.contact, role)
        assert entry["withheld"] == ["email", "name", "phone"]
        assert entry["data"]["role"] == "Leitung"


def test_what_a_person_corrected_or_took_back_is_shown_at_no_time(callers: Callers) -> None:
    said = {"role": "Leitung", "purpose": "Netzwerk", "name": "Kontakt", "phone": "+49 711 1"}
    appointed = {"party": PFORZHEIM, "email": "alt@example.org", **said}
    path = f"/v1/contacts/{callers.organiser.create('/v1/contacts', appointed)}"
    corrected = {"name": "Neuer Name", "email": "neu@example.org", "role": "Vertretung"}
    tag = callers.organiser.get(path).headers["ETag"]
    told(callers.organiser.put(path, said | corrected | {"phone": None}, **{"If-Match": tag}))
    first = events(callers, path, "organiser")[0]
    for time, at in (("as_of", first["occurred_at"]), ("known_at", first["recorded_at"])):
        then = told(callers.organiser.get(f"{path}?{time}={at.replace('+', '%2B')}"))
        assert then["role"] == "Leitung"
        assert (then["name"], then["email"]) == ("Neuer Name", "neu@example.org")
        assert then["phone"] is None


def test_the_history_of_a_client_has_no_digest(callers: Callers, known: Known) -> None:
    answer = callers.operator.get(f"{known.client}/history")
    (entry,) = told(answer)["items"]
    assert "secret_digest" in entry["withheld"]
    assert entry["data"]["name"] == "Werkzeug"
    assert callers.as_role("moderator").get(f"{known.client}/history").status_code == 403


def test_what_is_not_there_has_no_history(callers: Callers) -> None:
    for path in ("cohorts", "contacts", "organisations", "programmes", "seats"):
        answer = callers.organiser.get(f"/v1/{path}/{uuid4()}/history")
        assert told(answer, 404)["code"] == "not-found"
    assert callers.organiser.get("/v1/municipalities/00000000/history").status_code == 404


def test_what_newer_software_wrote_is_not_passed_over(callers: Callers, kit: Kit) -> None:
    """A past without it would be wrong, so there is none until this software knows it, too."""
    programme_id = callers.organiser.create("/v1/programmes", {"title": "Von morgen"})
    path = f"/v1/programmes/{programme_id}"
    with session(kit.engine) as connection:
        driver(connection).execute(
            "INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata,"
            " hash, occurred_at, recorded_at) SELECT stream, 2, gen_random_uuid(),"
            " 'programme.dreamt', 1, data, metadata, hash, occurred_at, recorded_at"
            " FROM events WHERE stream = %s",
            (f"programme-{programme_id}",),
        )
    answer = callers.organiser.get(f"{path}{LATER}")
    assert told(answer, 503)["code"] == "unavailable"
    page = told(callers.organiser.get(f"{path}/history"))
    assert [entry["version"] for entry in page["items"]] == [1]
    rest = told(callers.organiser.get(f"{path}/history?cursor={page['next']}"))
    assert rest == {"items": [], "next": None}
    assert told(callers.organiser.get(path))["title"] == "Von morgen"
