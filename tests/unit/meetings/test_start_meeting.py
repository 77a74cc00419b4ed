from dataclasses import replace
from datetime import timedelta

import pytest

from eventkit.domain import Invalid
from meetings.domain.lifecycle import StartMeeting
from meetings.domain.phases import Phase
from tests.unit.meetings.given import MEETING_ID, OPEN, STARTED, STARTS_AT, decided, possible_in

COMMAND = StartMeeting(meeting_id=MEETING_ID, started_at=STARTS_AT, requested_at=STARTS_AT)


def test_a_meeting_starts() -> None:
    assert decided(OPEN, COMMAND) == [STARTED]


def test_a_meeting_starts_with_or_without_invitations() -> None:
    assert possible_in(COMMAND) == {Phase.SCHEDULED, Phase.OPEN, Phase.CLOSED}


def test_a_meeting_has_not_started_tomorrow() -> None:
    with pytest.raises(Invalid) as refused:
        decided(OPEN, replace(COMMAND, started_at=STARTS_AT + timedelta(days=1)))
    assert refused.value.pointer == "/started_at"
