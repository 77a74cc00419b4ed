from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events.meetings import MeetingKind, Mode
from eventkit.domain import Conflict, Invalid
from meetings.domain.planning import PlanMeeting
from tests.unit.meetings.given import (
    COHORT_ID,
    ENDS_AT,
    IDEA,
    MEETING_ID,
    NOW,
    PLANNED,
    SCHEDULED,
    STARTS_AT,
    decided,
)

COMMAND = PlanMeeting(
    meeting_id=MEETING_ID,
    kind=MeetingKind.NETWORK_MEETING,
    title="Netzwerktreffen",
    mode=Mode.IN_PERSON,
    vague_date="Frühjahr 2026",
    requested_at=NOW,
)
PLANNED_FOR: dict[str, Any] = {"programme_id": UUID(int=8), "cohort_id": COHORT_ID}
AT_ONCE = replace(COMMAND, vague_date=None, starts_at=STARTS_AT, ends_at=ENDS_AT)


def test_a_meeting_can_be_planned_for_spring_without_a_date() -> None:
    assert decided((), COMMAND) == [PLANNED]


def test_a_meeting_with_a_time_is_scheduled_at_once() -> None:
    assert decided((), AT_ONCE) == [replace(PLANNED, vague_date=None), SCHEDULED]


def test_what_is_open_stays_open() -> None:
    assert decided((), replace(COMMAND, vague_date=None, mode=None)) == [
        replace(PLANNED, vague_date=None, mode=None)
    ]


def test_a_meeting_may_belong_to_a_cohort_and_have_a_host() -> None:
    of = PLANNED_FOR | {"host_ags": "08211000"}
    assert decided((), replace(COMMAND, **of)) == [replace(PLANNED, **of)]


def test_a_meeting_is_planned_once() -> None:
    with pytest.raises(Conflict, match="already exists"):
        decided(IDEA, COMMAND)


def test_a_date_is_not_vague_and_exact() -> None:
    with pytest.raises(Invalid, match="not both") as refused:
        decided((), replace(AT_ONCE, vague_date="Frühjahr 2026"))
    assert refused.value.pointer == "/vague_date"


@pytest.mark.parametrize("missing", ["starts_at", "ends_at"])
def test_a_time_is_no_half(missing: str) -> None:
    half = replace(AT_ONCE, starts_at=None) if missing == "starts_at" else None
    with pytest.raises(Invalid) as refused:
        decided((), half or replace(AT_ONCE, ends_at=None))
    assert refused.value.pointer == f"/{missing}"


def test_a_meeting_is_not_planned_in_the_past() -> None:
    past = replace(AT_ONCE, starts_at=NOW - timedelta(days=1))
    with pytest.raises(Invalid, match="recorded afterwards") as refused:
        decided((), past)
    assert (refused.value.code, refused.value.pointer) == ("in-the-past", "/starts_at")


def test_a_meeting_ends_after_it_starts() -> None:
    with pytest.raises(Invalid) as refused:
        decided((), replace(AT_ONCE, ends_at=STARTS_AT))
    assert refused.value.code == "bad-period"
