from dataclasses import replace
from uuid import UUID

from contracts.events.meetings import (
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantWithdrawn,
)
from contracts.events.registry import Party, PartyKind
from eventkit.testing import folded
from meetings.projection.registrations import REGISTRATIONS
from tests.unit.meetings.given import MEETING_ID, OPEN, participant, registered, waitlisted

CITY = Party(kind=PartyKind.MUNICIPALITY, key="08211000")


def test_a_registration_keeps_the_sealed_name_and_the_order() -> None:
    somebody = replace(registered(1, UUID(int=7)), party=CITY, name="sealed1:…")
    rows = folded(REGISTRATIONS, [*OPEN, somebody, waitlisted(2)])
    first, second = rows[MEETING_ID, participant(1)], rows[MEETING_ID, participant(2)]
    assert first["name"] == "sealed1:…"
    assert (first["contact_id"], first["party_key"]) == (UUID(int=7), "08211000")
    assert (first["standing"], second["standing"]) == ("registered", "waitlisted")
    assert first["number"] < second["number"]


def test_a_registration_follows_its_participant() -> None:
    ids = {"meeting_id": MEETING_ID, "participant_id": participant(1)}
    facts = [
        ParticipantPromoted(**ids),
        ParticipantCheckedIn(**ids),
        ParticipantWithdrawn(**ids, from_waiting_list=False),
    ]
    standings = [
        folded(REGISTRATIONS, [*OPEN, waitlisted(1), fact])[MEETING_ID, participant(1)]["standing"]
        for fact in facts
    ]
    assert standings == ["registered", "attended", "withdrawn"]


def test_what_concerns_no_participant_touches_no_registration() -> None:
    assert folded(REGISTRATIONS, OPEN) == {}
