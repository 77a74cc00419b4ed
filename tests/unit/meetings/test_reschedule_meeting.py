from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from contracts.events.agenda import (
    AgendaItem,
    AgendaKind,
    AgendaPublished,
)
from contracts.events.meetings import (
    MeetingRescheduled,
    Side,
)
from eventkit.domain import Conflict, Invalid
from meetings.domain.phases import Phase
from meetings.domain.planning import RescheduleMeeting
from meetings.domain.registration import RegisterParticipant
from tests.unit.meetings.given import (
    ENDS_AT,
    FIXED,
    MEETING_ID,
    NOW,
    OPEN,
    STARTS_AT,
    decided,
    participant,
    possible_in,
)

WEEK = timedelta(days=7)
COMMAND = RescheduleMeeting(
    meeting_id=MEETING_ID,
    starts_at=STARTS_AT + WEEK,
    ends_at=ENDS_AT + WEEK,
    reason="Die Halle ist belegt",
    requested_at=NOW,
)
RESCHEDULED = MeetingRescheduled(
    meeting_id=MEETING_ID,
    starts_at=STARTS_AT + WEEK,
    ends_at=ENDS_AT + WEEK,
    reason="Die Halle ist belegt",
)
SOMEBODY = RegisterParticipant(
    meeting_id=MEETING_ID,
    participant_id=participant(1),
    side=Side.ADMINISTRATION,
    contact_id=UUID(int=7),
    requested_at=NOW,
)
WELCOME = AgendaItem(title="Begrüßung", kind=AgendaKind.WELCOME, starts_at=STARTS_AT)
CLOSING = AgendaItem(title="Abschluss", kind=AgendaKind.CLOSING, ends_at=ENDS_AT)
AGENDA = AgendaPublished(meeting_id=MEETING_ID, revision=1, items=(WELCOME, CLOSING))


def test_a_meeting_moves_for_a_reason() -> None:
    assert decided(FIXED, COMMAND) == [RESCHEDULED]


def test_a_meeting_moves_between_its_first_date_and_its_start() -> None:
    assert possible_in(COMMAND) == {Phase.SCHEDULED, Phase.OPEN, Phase.CLOSED}


def test_people_register_for_the_new_date_once_they_are_invited_again() -> None:
    with pytest.raises(Conflict, match="nobody is invited yet"):
        decided((*OPEN, RESCHEDULED), SOMEBODY)


def test_a_meeting_does_not_move_to_the_time_it_has() -> None:
    with pytest.raises(Conflict, match="already has this time"):
        decided(FIXED, replace(COMMAND, starts_at=STARTS_AT, ends_at=ENDS_AT))


def test_a_meeting_does_not_move_into_the_past() -> None:
    with pytest.raises(Invalid):
        decided(FIXED, replace(COMMAND, starts_at=NOW - WEEK))


def test_the_agenda_moves_along_as_a_new_revision() -> None:
    assert decided((*FIXED, AGENDA), COMMAND) == [
        RESCHEDULED,
        AgendaPublished(
            meeting_id=MEETING_ID,
            revision=2,
            items=(
                replace(WELCOME, starts_at=STARTS_AT + WEEK),
                replace(CLOSING, ends_at=ENDS_AT + WEEK),
            ),
        ),
    ]


def test_an_agenda_without_times_stays_as_it_is() -> None:
    untimed = replace(AGENDA, items=(AgendaItem(title="Grußwort", kind=AgendaKind.GREETING),))
    assert decided((*FIXED, untimed), COMMAND) == [RESCHEDULED]


def test_a_longer_meeting_keeps_its_agenda() -> None:
    longer = replace(COMMAND, starts_at=STARTS_AT, ends_at=ENDS_AT + WEEK)
    (event,) = decided((*FIXED, AGENDA), longer)
    assert isinstance(event, MeetingRescheduled)


def test_the_agenda_must_fit_into_the_new_time() -> None:
    shorter = replace(COMMAND, ends_at=COMMAND.starts_at + timedelta(hours=1))
    with pytest.raises(Conflict, match="shorter one first") as refused:
        decided((*FIXED, AGENDA), shorter)
    assert refused.value.pointer == "/ends_at"
