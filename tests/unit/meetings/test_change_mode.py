import pytest

from contracts.events.meetings import MeetingModeChanged, Mode
from eventkit.domain import Conflict
from meetings.domain.phases import Phase
from meetings.domain.planning import ChangeMode
from meetings.domain.registration import CloseRegistration
from tests.unit.meetings.given import MEETING_ID, OPEN, decided, possible_in

COMMAND = ChangeMode(meeting_id=MEETING_ID, mode=Mode.DIGITAL, reason="Pandemie")


def test_a_meeting_becomes_digital_for_a_reason() -> None:
    assert decided(OPEN, COMMAND) == [
        MeetingModeChanged(meeting_id=MEETING_ID, mode=Mode.DIGITAL, reason="Pandemie")
    ]


def test_the_mode_changes_until_the_meeting_runs() -> None:
    assert possible_in(COMMAND) == {Phase.IDEA, Phase.SCHEDULED, Phase.OPEN, Phase.CLOSED}


def test_a_changed_mode_keeps_the_phase() -> None:
    changed = decided(OPEN, COMMAND)
    assert decided((*OPEN, *changed), CloseRegistration(meeting_id=MEETING_ID))


def test_a_mode_changes_to_another_one() -> None:
    with pytest.raises(Conflict, match="already has this mode"):
        decided(OPEN, ChangeMode(meeting_id=MEETING_ID, mode=Mode.IN_PERSON, reason="Gewohnheit"))
