"""Which endpoint may be told of which event, and which asked for it."""

import pytest

from contracts.catalog import event_types
from contracts.events import meetings, registry
from contracts.events.meetings import MeetingCancelled, ParticipantRegistered, Side
from contracts.events.registry import ContactLeft, Party, PartyKind
from contracts.visibility import may_hear
from notifications.domain.filters import asked_for
from tests.unit.notifications.facts import CONTACT_ID, MEETING_ID, PARTICIPANT_ID

OWN = Party(kind=PartyKind.MUNICIPALITY, key="08416041")
OTHER = Party(kind=PartyKind.MUNICIPALITY, key="08111000")
ME = frozenset({("municipality", OWN.key)})
CANCELLED = MeetingCancelled(meeting_id=MEETING_ID, reason="Krankheit")


def registered(party: Party | None) -> ParticipantRegistered:
    return ParticipantRegistered(
        meeting_id=MEETING_ID,
        participant_id=PARTICIPANT_ID,
        side=Side.ADMINISTRATION,
        party=party,
    )


@pytest.mark.parametrize("role", ["organiser", "steering_group"])
def test_organiser_and_steering_group_hear_everything(role: str) -> None:
    assert may_hear(role, frozenset(), registered(OTHER))


@pytest.mark.parametrize("role", ["moderator", "participant", "operator", "service", ""])
def test_other_roles_hear_nothing(role: str) -> None:
    assert not may_hear(role, frozenset(), CANCELLED)


def test_a_municipality_hears_public_facts_of_meetings() -> None:
    assert may_hear("municipality", ME, CANCELLED)


def test_a_municipality_hears_of_its_own_participants_only() -> None:
    assert may_hear("municipality", ME, registered(OWN))
    assert not may_hear("municipality", ME, registered(OTHER))
    assert not may_hear("municipality", ME, registered(None))


def test_a_district_hears_of_the_parties_it_acts_for() -> None:
    left = ContactLeft(contact_id=CONTACT_ID, party=OWN)
    district = ("district", "08416")
    assert may_hear("district", frozenset({district, *ME}), left)
    assert not may_hear("district", frozenset({district}), left)
    assert not may_hear("district", frozenset({("district", OWN.key)}), left)


def test_no_event_about_persons_is_public() -> None:
    modules = {meetings.__name__, registry.__name__}
    about_persons = [
        declared
        for declared in event_types()
        if declared.cls.__module__ in modules and declared.personal
    ]
    assert about_persons
    for declared in about_persons:
        assert declared.name.partition(".")[0] in {"participant", "contact"}


@pytest.mark.parametrize("wanted", ["*", "meeting.*", "meeting.scheduled", "meeting.scheduled.v1"])
def test_a_filter_names_an_event_in_four_ways(wanted: str) -> None:
    assert asked_for([wanted], "meeting.scheduled.v1")


@pytest.mark.parametrize("wanted", ["agenda.*", "meeting.cancelled", "meeting.scheduled.v2"])
def test_a_filter_leaves_other_events_out(wanted: str) -> None:
    assert not asked_for([wanted], "meeting.scheduled.v1")


def test_no_filter_asks_for_nothing() -> None:
    assert not asked_for([], "meeting.scheduled.v1")
