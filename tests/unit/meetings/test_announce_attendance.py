from contracts.events.results import (
    AttendanceAnnounced,
)
from meetings.domain.phases import Phase
from meetings.domain.results import AnnounceAttendance
from tests.unit.meetings.given import AFTERWARDS, MEETING_ID, decided, possible_in

COMMAND = AnnounceAttendance(
    meeting_id=MEETING_ID, count=40, approximate=True, source="Ansage der Moderation"
)


def test_nearly_forty_are_announced() -> None:
    assert decided(AFTERWARDS, COMMAND) == [
        AttendanceAnnounced(
            meeting_id=MEETING_ID, count=40, approximate=True, source="Ansage der Moderation"
        )
    ]


def test_attendance_is_announced_from_the_date_to_the_documentation() -> None:
    assert possible_in(COMMAND) == {
        Phase.SCHEDULED,
        Phase.OPEN,
        Phase.CLOSED,
        Phase.RUNNING,
        Phase.HELD,
    }
