from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.results import (
    NextMeetingAnnounced,
)
from eventkit.domain import Invalid
from meetings.domain.phases import Phase
from meetings.domain.results import AnnounceNextMeeting
from tests.unit.meetings.given import AFTERWARDS, MEETING_ID, decided, possible_in

COMMAND = AnnounceNextMeeting(meeting_id=MEETING_ID, vague_date="Frühjahr 2021")
NAMED = AnnounceNextMeeting(meeting_id=MEETING_ID, next_meeting_id=UUID(int=9))


def test_the_next_meeting_is_announced_for_spring() -> None:
    assert decided(AFTERWARDS, COMMAND) == [
        NextMeetingAnnounced(meeting_id=MEETING_ID, vague_date="Frühjahr 2021")
    ]


def test_the_next_meeting_may_be_one_that_is_planned() -> None:
    assert decided(AFTERWARDS, NAMED) == [
        NextMeetingAnnounced(meeting_id=MEETING_ID, next_meeting_id=UUID(int=9))
    ]


def test_the_next_meeting_is_announced_from_the_start_to_the_documentation() -> None:
    assert possible_in(COMMAND) == {Phase.RUNNING, Phase.HELD}


@pytest.mark.parametrize(
    "command",
    [
        replace(NAMED, vague_date="Frühjahr 2021"),
        replace(NAMED, next_meeting_id=None),
        replace(NAMED, next_meeting_id=MEETING_ID),
    ],
)
def test_the_next_meeting_is_another_one_or_a_vague_date(command: AnnounceNextMeeting) -> None:
    with pytest.raises(Invalid):
        decided(AFTERWARDS, command)
