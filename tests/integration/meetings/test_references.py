"""What a meeting may refer to follows what the registry has told."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from contracts.events.registry import (
    ContactAppointed,
    ContactLeft,
    MunicipalityDeactivated,
    Party,
    PartyKind,
    ProgrammeDecided,
)
from eventkit.database import driver, session
from eventkit.projection import Projector
from eventkit.testing import recorded
from meetings.app import SERVICE
from tests.integration.meetings import october
from tests.integration.meetings.conftest import COHORT, PROGRAMME_ID, Callers, city, told

FORMER = "08315003"
PLAN: dict[str, Any] = {"kind": "network_meeting", "title": "Netzwerktreffen"}
DISTRICT = Party(kind=PartyKind.DISTRICT, key="08211")


def tell(callers: Callers, *facts: object) -> None:
    """One stream of the registry, as the consumer would apply it."""
    (subscription,) = SERVICE.subscriptions
    stream = [recorded(fact, version=number) for number, fact in enumerate(facts, 1)]
    with session(callers.kit.engine) as connection, driver(connection).transaction():
        for model in subscription.read_models:
            Projector(model).apply(driver(connection), stream)


@pytest.fixture(scope="module")
def former(callers: Callers) -> str:
    """A municipality that the directory no longer lists."""
    gone = MunicipalityDeactivated(ags=FORMER, valid_on=date(2022, 1, 1))
    tell(callers, city(FORMER, "Ehemals"), gone)
    return FORMER


def test_a_former_municipality_hosted_history_and_hosts_nothing_more(
    callers: Callers, former: str
) -> None:
    told(callers.organiser.post("/v1/meetings", PLAN | {"host_ags": former}), 422)
    hosted = october.RECORD | {"host_ags": former}
    record = f"/v1/meetings/{callers.organiser.create('/v1/meetings/records', hosted)}"
    place = {"host_ags": former, "venue": "Rathaus"}
    told(callers.organiser.set(callers.scheduled(), "place", place), 422)
    told(callers.organiser.set(record, "place", place))
    assert told(callers.organiser.get(record))["host_ags"] == former


def test_nobody_registers_for_a_former_municipality(callers: Callers, former: str) -> None:
    body = {
        "side": "guest",
        "name": "Gast",
        "email": "gast@example.org",
        "party": {"kind": "municipality", "key": former},
    }
    answer = callers.organiser.post(f"{callers.open()}/registrations", body)
    assert told(answer, 422)["code"] == "unknown-municipality"


def test_a_cohort_belongs_to_its_programme(callers: Callers) -> None:
    other = uuid4()
    tell(callers, ProgrammeDecided(programme_id=other, title="Anderes Programm"))
    wrong = {"programme_id": str(other), "cohort_id": str(COHORT)}
    problem = told(callers.organiser.post("/v1/meetings", PLAN | wrong), 422)
    assert problem["errors"][0]["pointer"] == "#/cohort_id"
    right = {"programme_id": str(PROGRAMME_ID), "cohort_id": str(COHORT)}
    told(callers.organiser.post("/v1/meetings", PLAN | right), 201)


def test_a_meeting_needs_no_programme_and_no_cohort(callers: Callers) -> None:
    shown = callers.organiser.create("/v1/meetings", PLAN)
    seen = told(callers.organiser.get(f"/v1/meetings/{shown}"))
    assert (seen["programme_id"], seen["cohort_id"]) == (None, None)


def test_a_contact_who_left_registers_no_more(callers: Callers) -> None:
    contact_id = uuid4()
    appointed = ContactAppointed(
        contact_id=contact_id, party=DISTRICT, role="Amtsleiter:in", purpose="Netzwerk"
    )
    tell(callers, appointed)
    body = {"side": "administration", "contact_id": str(contact_id)}
    told(callers.organiser.post(f"{callers.open()}/registrations", body), 201)
    tell(callers, appointed, ContactLeft(contact_id=contact_id, party=DISTRICT))
    answer = callers.organiser.post(f"{callers.open()}/registrations", body)
    assert told(answer, 422)["code"] == "unknown-contact"


def test_a_district_registers_and_sees_its_own_people_beside_those_of_its_municipalities(
    callers: Callers,
) -> None:
    meeting = callers.open()
    district, foreign = callers.as_role("district", "08211"), callers.as_role("district", "08231")
    body = {"side": "administration", "name": "Amtsleiter:in", "email": "amt@example.org"}
    told(district.post(f"{meeting}/registrations", body), 201)
    city, other = callers.as_role("municipality", "08211000"), body | {"email": "b@example.org"}
    told(city.post(f"{meeting}/registrations", other), 201)
    parties = [one["party"] for one in district.items(f"{meeting}/registrations")]
    assert parties == [
        {"kind": "district", "key": "08211"},
        {"kind": "municipality", "key": "08211000"},
    ]
    assert foreign.items(f"{meeting}/registrations") == []
