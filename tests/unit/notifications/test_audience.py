"""Read models of the registry's facts: participations, contacts and seats."""

from uuid import UUID

from contracts.events.registry import (
    ContactAppointed,
    ContactChanged,
    ContactLeft,
    ParticipationAccepted,
    ParticipationLeft,
    Party,
    PartyKind,
    SeatCreated,
    SeatFilled,
    SeatVacated,
)
from eventkit.testing import folded
from notifications.projection.audience import CONTACTS, PARTICIPATIONS, SEATS
from tests.unit.notifications.facts import COHORT_ID, CONTACT_ID, PROGRAMME_ID

ID = UUID("99999999-9999-4999-8999-999999999999")
TOWN = Party(kind=PartyKind.MUNICIPALITY, key="08416041")
ACCEPTED = ParticipationAccepted(participation_id=ID, cohort_id=COHORT_ID, party=TOWN)
APPOINTED = ContactAppointed(
    contact_id=CONTACT_ID,
    party=TOWN,
    role="Integrationsbeauftragte:r",
    purpose="Netzwerk",
    name="sealed",
    email="sealed",
)
CREATED = SeatCreated(seat_id=ID, programme_id=PROGRAMME_ID, organisation_id=ID, role="Sitz")
FILLED = SeatFilled(seat_id=ID, programme_id=PROGRAMME_ID, contact_id=CONTACT_ID)


def test_a_participation_names_cohort_and_party() -> None:
    (row,) = folded(PARTICIPATIONS, [ACCEPTED]).values()
    assert row == {
        "participation_id": ID,
        "cohort_id": COHORT_ID,
        "party_kind": "municipality",
        "party_key": "08416041",
    }


def test_a_participation_that_ended_goes() -> None:
    left = ParticipationLeft(
        participation_id=ID, cohort_id=COHORT_ID, party=TOWN, reason="Ende der Förderung"
    )
    assert folded(PARTICIPATIONS, [ACCEPTED, left]) == {}


def test_of_a_contact_only_id_party_and_role_are_kept() -> None:
    (row,) = folded(CONTACTS, [APPOINTED]).values()
    assert set(row) == {"contact_id", "party_kind", "party_key", "role", "has_left"}
    assert row["role"] == "Integrationsbeauftragte:r"


def test_a_contact_who_left_stays_known_as_such() -> None:
    left = ContactLeft(contact_id=CONTACT_ID, party=TOWN)
    assert folded(CONTACTS, [APPOINTED, left])[CONTACT_ID,]["has_left"]


def test_a_contact_can_change_the_party() -> None:
    changed = ContactChanged(
        contact_id=CONTACT_ID,
        party=Party(kind=PartyKind.DISTRICT, key="08416"),
        role="Koordination",
        purpose="Netzwerk",
    )
    row = folded(CONTACTS, [APPOINTED, changed])[CONTACT_ID,]
    assert (row["party_kind"], row["party_key"]) == ("district", "08416")


def test_a_seat_is_empty_until_it_is_filled_and_after_it_was_vacated() -> None:
    vacated = SeatVacated(
        seat_id=ID, programme_id=PROGRAMME_ID, contact_id=CONTACT_ID, reason="Wechsel"
    )
    holders = [
        folded(SEATS, events)[ID,]["contact_id"]
        for events in ([CREATED], [CREATED, FILLED], [CREATED, FILLED, vacated])
    ]
    assert holders == [None, CONTACT_ID, None]


def test_other_events_touch_no_row() -> None:
    for model in (PARTICIPATIONS, CONTACTS):
        assert folded(model, [CREATED, FILLED]) == {}
    assert folded(SEATS, [ACCEPTED]) == {}
