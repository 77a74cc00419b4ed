from contracts.events.meetings import MeetingCancelled
from meetings.domain.lifecycle import CancelMeeting
from meetings.domain.phases import Phase
from tests.unit.meetings.given import MEETING_ID, OPEN, decided, possible_in

COMMAND = CancelMeeting(meeting_id=MEETING_ID, reason="Sturm")


def test_a_meeting_is_cancelled_for_a_reason() -> None:
    assert decided(OPEN, COMMAND) == [MeetingCancelled(meeting_id=MEETING_ID, reason="Sturm")]


def test_a_meeting_is_cancelled_before_it_runs() -> None:
    assert possible_in(COMMAND) == {Phase.IDEA, Phase.SCHEDULED, Phase.OPEN, Phase.CLOSED}
