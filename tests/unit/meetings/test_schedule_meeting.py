from dataclasses import replace
from datetime import timedelta

import pytest

from eventkit.domain import Invalid, NotFound
from meetings.domain.phases import Phase
from meetings.domain.planning import ScheduleMeeting
from tests.unit.meetings.given import (
    ENDS_AT,
    IDEA,
    MEETING_ID,
    NOW,
    SCHEDULED,
    STARTS_AT,
    decided,
    possible_in,
)

COMMAND = ScheduleMeeting(
    meeting_id=MEETING_ID, starts_at=STARTS_AT, ends_at=ENDS_AT, requested_at=NOW
)


def test_an_idea_gets_its_date() -> None:
    assert decided(IDEA, COMMAND) == [SCHEDULED]


def test_only_an_idea_gets_its_first_date() -> None:
    assert possible_in(COMMAND) == {Phase.IDEA}


def test_a_meeting_that_does_not_exist_cannot_be_scheduled() -> None:
    with pytest.raises(NotFound):
        decided((), COMMAND)


def test_a_meeting_is_not_scheduled_for_now_or_before() -> None:
    with pytest.raises(Invalid) as refused:
        decided(IDEA, replace(COMMAND, starts_at=NOW))
    assert refused.value.code == "in-the-past"


def test_a_meeting_ends_after_it_starts() -> None:
    with pytest.raises(Invalid) as refused:
        decided(IDEA, replace(COMMAND, ends_at=STARTS_AT - timedelta(minutes=1)))
    assert refused.value.pointer == "/ends_at"
