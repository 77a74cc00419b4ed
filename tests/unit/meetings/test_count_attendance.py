from contracts.events.results import (
    AttendanceCounted,
)
from meetings.domain.phases import Phase
from meetings.domain.results import CountAttendance
from tests.unit.meetings.given import AFTERWARDS, MEETING_ID, decided, possible_in

COMMAND = CountAttendance(meeting_id=MEETING_ID, count=27, source="Teilnehmerliste")


def test_twenty_seven_are_counted() -> None:
    assert decided(AFTERWARDS, COMMAND) == [
        AttendanceCounted(meeting_id=MEETING_ID, count=27, source="Teilnehmerliste")
    ]


def test_people_are_counted_when_they_are_there() -> None:
    assert possible_in(COMMAND) == {Phase.RUNNING, Phase.HELD}
