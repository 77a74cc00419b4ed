from datetime import date
from typing import Any
from uuid import UUID

from contracts.events.registry import (
    CohortPlanned,
    ContactAppointed,
    ContactLeft,
    MunicipalityDeactivated,
    MunicipalityRegistered,
    ParticipationAccepted,
    Party,
    PartyKind,
    ProgrammeDecided,
)
from eventkit.readmodel import ReadModel
from eventkit.testing import folded
from meetings.projection.network import COHORTS, CONTACTS, MUNICIPALITIES, PROGRAMMES

CITY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
ID = UUID(int=1)


def only_row(model: ReadModel, *events: object) -> dict[str, Any]:
    (row,) = folded(model, events).values()
    return row


def test_a_municipality_is_known_and_no_longer_active_when_the_directory_drops_it() -> None:
    registered = MunicipalityRegistered(
        ags="08231000",
        ars="082310000000",
        name="Pforzheim",
        kind="61",
        district_key="08231",
        valid_on=date(2020, 12, 31),
    )
    gone = MunicipalityDeactivated(ags="08231000", valid_on=date(2021, 12, 31))
    assert only_row(MUNICIPALITIES, registered) | {"stream_version": 1} == {
        "ags": "08231000",
        "name": "Pforzheim",
        "district_key": "08231",
        "active": True,
        "stream_version": 1,
    }
    assert not only_row(MUNICIPALITIES, registered, gone)["active"]


def test_a_cohort_is_known_from_its_plan_and_not_changed_by_its_participants() -> None:
    planned = CohortPlanned(
        cohort_id=ID,
        programme_id=UUID(int=2),
        label="2020/2021",
        starts_year=2020,
        ends_year=2021,
    )
    joined = ParticipationAccepted(participation_id=UUID(int=3), cohort_id=ID, party=CITY)
    assert only_row(COHORTS, planned, joined)["programme_id"] == UUID(int=2)


def test_a_programme_is_known() -> None:
    assert only_row(PROGRAMMES, ProgrammeDecided(programme_id=ID, title="Integration"))


def test_a_contact_is_known_with_its_party_until_it_leaves() -> None:
    appointed = ContactAppointed(
        contact_id=ID, party=CITY, role="Integrationsbeauftragte:r", purpose="Netzwerk"
    )
    left = ContactLeft(contact_id=ID, party=CITY)
    assert only_row(CONTACTS, appointed)["party_key"] == "08231000"
    assert not only_row(CONTACTS, appointed, left)["active"]
