from contracts.events.meetings import RegistrationClosed
from meetings.domain.phases import Phase
from meetings.domain.registration import CloseRegistration
from tests.unit.meetings.given import MEETING_ID, OPEN, decided, possible_in

COMMAND = CloseRegistration(meeting_id=MEETING_ID)


def test_an_open_registration_closes() -> None:
    assert decided(OPEN, COMMAND) == [RegistrationClosed(meeting_id=MEETING_ID)]


def test_only_an_open_registration_closes() -> None:
    assert possible_in(COMMAND) == {Phase.OPEN}
