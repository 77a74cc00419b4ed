from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from contracts.events.meetings import MeetingEnded
from eventkit.domain import Invalid
from meetings.domain.lifecycle import EndMeeting
from meetings.domain.phases import Phase
from tests.unit.meetings.given import (
    ENDED,
    ENDS_AT,
    LATER,
    MEETING_ID,
    RUNNING,
    STARTS_AT,
    decided,
    possible_in,
)

COMMAND = EndMeeting(meeting_id=MEETING_ID, ended_at=ENDS_AT, requested_at=LATER)


def test_a_running_meeting_ends() -> None:
    assert decided(RUNNING, COMMAND) == [ENDED]


def test_only_a_running_meeting_ends() -> None:
    assert possible_in(COMMAND) == {Phase.RUNNING}


def test_a_meeting_may_run_over() -> None:
    over = ENDS_AT + timedelta(minutes=3)
    assert decided(RUNNING, replace(COMMAND, ended_at=over)) == [
        MeetingEnded(meeting_id=MEETING_ID, ended_at=over)
    ]


def test_a_meeting_may_end_the_moment_it_started() -> None:
    assert decided(RUNNING, replace(COMMAND, ended_at=STARTS_AT))


@pytest.mark.parametrize("ended_at", [STARTS_AT - timedelta(hours=1), LATER + timedelta(1)])
def test_a_meeting_ends_after_its_start_and_not_tomorrow(ended_at: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        decided(RUNNING, replace(COMMAND, ended_at=ended_at))
    assert refused.value.pointer == "/ended_at"
