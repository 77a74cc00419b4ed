from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.events.meetings import MeetingKind, Mode, TargetGroup, TargetKind
from eventkit.domain import Conflict, Invalid
from meetings.domain.planning import RecordMeeting
from meetings.domain.registration import OpenInvitations
from tests.unit.meetings.given import (
    AFTERWARDS,
    COHORT_ID,
    MEETING_ID,
    NOW,
    RECORDED,
    decided,
)

COMMAND = RecordMeeting(
    meeting_id=MEETING_ID,
    kind=MeetingKind.NETWORK_MEETING,
    title="Netzwerktreffen",
    starts_at=RECORDED.starts_at,
    ends_at=RECORDED.ends_at,
    reason="Aus der Dokumentation übernommen",
    requested_at=NOW,
)


def test_a_past_meeting_is_recorded_afterwards() -> None:
    assert decided((), COMMAND) == [RECORDED]


def test_an_unknown_end_stays_open() -> None:
    assert decided((), replace(COMMAND, ends_at=None)) == [replace(RECORDED, ends_at=None)]


def test_why_people_met_digitally_is_kept() -> None:
    digital = replace(COMMAND, mode=Mode.DIGITAL, mode_reason="Pandemie")
    assert decided((), digital) == [replace(RECORDED, mode=Mode.DIGITAL, mode_reason="Pandemie")]


def test_history_may_belong_to_a_cohort_and_have_a_host() -> None:
    of: dict[str, Any] = {
        "programme_id": UUID(int=8),
        "cohort_id": COHORT_ID,
        "host_ags": "08211000",
    }
    assert decided((), replace(COMMAND, **of)) == [replace(RECORDED, **of)]


def test_a_reason_needs_its_mode() -> None:
    with pytest.raises(Invalid) as refused:
        decided((), replace(COMMAND, mode_reason="Pandemie"))
    assert refused.value.pointer == "/mode"


def test_nobody_is_invited_to_history() -> None:
    audience = (TargetGroup(kind=TargetKind.COHORT, id=COHORT_ID),)
    invite = OpenInvitations(meeting_id=MEETING_ID, audience=audience, requested_at=NOW)
    with pytest.raises(Conflict, match="This one is over"):
        decided(AFTERWARDS, invite)


def test_a_meeting_ahead_is_no_history() -> None:
    with pytest.raises(Invalid) as refused:
        decided((), replace(COMMAND, ends_at=NOW + timedelta(hours=1)))
    assert (refused.value.code, refused.value.pointer) == ("not-in-the-past", "/ends_at")


def test_a_start_ahead_is_no_history_even_without_an_end() -> None:
    with pytest.raises(Invalid) as refused:
        decided((), replace(COMMAND, starts_at=NOW + timedelta(hours=1), ends_at=None))
    assert refused.value.pointer == "/starts_at"


def test_history_ends_after_it_starts() -> None:
    with pytest.raises(Invalid) as refused:
        decided((), replace(COMMAND, ends_at=COMMAND.starts_at))
    assert refused.value.code == "bad-period"


def test_a_meeting_is_recorded_once() -> None:
    with pytest.raises(Conflict):
        decided(AFTERWARDS, COMMAND)
