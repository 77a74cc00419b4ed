from contracts.events.meetings import MeetingPlaced
from meetings.domain.phases import Phase
from meetings.domain.planning import PlaceMeeting
from tests.unit.meetings.given import AFTERWARDS, FIXED, MEETING_ID, decided, possible_in

COMMAND = PlaceMeeting(
    meeting_id=MEETING_ID,
    host_ags="08211000",
    venue="Rathaus, Großer Saal",
    online_platform="Videokonferenz",
    join_url="https://treffen.example.org/raum",
    access_hint="Einwahl ab 13:45 Uhr",
)
PLACED = MeetingPlaced(
    meeting_id=MEETING_ID,
    host_ags="08211000",
    venue="Rathaus, Großer Saal",
    online_platform="Videokonferenz",
    join_url="https://treffen.example.org/raum",
    access_hint="Einwahl ab 13:45 Uhr",
)


def test_host_venue_and_access_are_set_as_a_whole() -> None:
    assert decided(FIXED, COMMAND) == [PLACED]


def test_what_is_not_said_is_no_longer_there() -> None:
    cleared = PlaceMeeting(meeting_id=MEETING_ID)
    assert decided((*FIXED, PLACED), cleared) == [MeetingPlaced(meeting_id=MEETING_ID)]


def test_the_place_changes_until_the_meeting_was_held() -> None:
    assert possible_in(COMMAND) == {
        Phase.IDEA,
        Phase.SCHEDULED,
        Phase.OPEN,
        Phase.CLOSED,
        Phase.RUNNING,
    }


def test_history_gets_its_place_afterwards() -> None:
    assert decided(AFTERWARDS, COMMAND) == [PLACED]
