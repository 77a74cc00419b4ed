"""Who has to be told what about a meeting."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.events.notifications import Notice
from notifications.domain.notices import (
    Meeting,
    MeetingState,
    People,
    Recipient,
    Told,
    delivery_id,
    outstanding,
)
from tests.unit.notifications.facts import CONTACT, MEETING, NOW, PARTICIPANT

BOTH = frozenset({CONTACT, PARTICIPANT})
CONFIRMED = Told(sequence=0, place=Notice.CONFIRMATION)
INVITED = dict.fromkeys(BOTH, Told(sequence=0))


def told(meeting: Meeting, people: People) -> dict[Recipient, Notice]:
    return dict(outstanding(meeting, people, NOW))


def test_the_whole_audience_is_invited_once() -> None:
    assert told(MEETING, People(audience=frozenset({CONTACT}))) == {CONTACT: Notice.INVITATION}
    known = People(audience=frozenset({CONTACT}), told={CONTACT: Told(sequence=0)})
    assert told(MEETING, known) == {}


def test_who_registered_is_confirmed_once_and_not_invited_as_well() -> None:
    people = People(audience=frozenset({CONTACT}), registered=BOTH)
    assert list(outstanding(MEETING, people, NOW)) == [
        (CONTACT, Notice.CONFIRMATION),
        (PARTICIPANT, Notice.CONFIRMATION),
    ]
    assert told(MEETING, replace(people, told=dict.fromkeys(BOTH, CONFIRMED))) == {}


def test_an_invited_contact_who_registers_is_confirmed() -> None:
    people = People(audience=BOTH, registered=frozenset({CONTACT}), told=INVITED)
    assert told(MEETING, people) == {CONTACT: Notice.CONFIRMATION}
    assert told(replace(MEETING, sequence=1), people)[CONTACT] is Notice.CONFIRMATION


def test_who_withdraws_is_told_so_once_and_nothing_more() -> None:
    known = {CONTACT: CONFIRMED, PARTICIPANT: Told(sequence=0, place=Notice.WITHDRAWAL)}
    people = People(audience=BOTH, withdrawn=BOTH, told=known)
    assert told(MEETING, people) == {CONTACT: Notice.WITHDRAWAL}
    # Both may be heard of at once; one notice is enough to clear the calendar.
    cancelled = replace(MEETING, state=MeetingState.CANCELLED, sequence=1)
    assert told(cancelled, people) == {CONTACT: Notice.WITHDRAWAL}


def test_who_withdraws_before_having_been_told_anything_is_told_nothing() -> None:
    assert told(MEETING, People(audience=BOTH, withdrawn=BOTH)) == {}


def test_who_registers_anew_is_confirmed_anew() -> None:
    again = Told(sequence=0, place=Notice.WITHDRAWAL, withdrawals=1)
    people = People(registered=frozenset({CONTACT}), told={CONTACT: again})
    assert told(MEETING, people) == {CONTACT: Notice.CONFIRMATION}
    ids = {delivery_id(MEETING, CONTACT, Notice.CONFIRMATION, count) for count in range(3)}
    assert len(ids) == 3


def test_a_change_is_told_to_everybody_who_knows_the_older_version() -> None:
    people = People(audience=BOTH, told={CONTACT: Told(sequence=0), PARTICIPANT: Told(sequence=1)})
    assert told(replace(MEETING, sequence=1), people) == {CONTACT: Notice.UPDATE}


def test_who_comes_late_is_invited_to_the_newest_version() -> None:
    people = People(audience=BOTH, told={CONTACT: Told(sequence=3)})
    assert told(replace(MEETING, sequence=3), people) == {PARTICIPANT: Notice.INVITATION}


def test_a_cancellation_goes_to_the_invited_and_to_nobody_else() -> None:
    cancelled = replace(MEETING, state=MeetingState.CANCELLED, sequence=1)
    people = People(audience=BOTH, registered=BOTH, told={CONTACT: Told(sequence=0)})
    assert told(cancelled, people) == {CONTACT: Notice.CANCELLATION}


def test_a_change_after_the_end_of_registration_is_told() -> None:
    closed = replace(MEETING, state=MeetingState.CLOSED, sequence=1)
    assert told(closed, People(told={CONTACT: Told(sequence=0)})) == {CONTACT: Notice.UPDATE}


def test_after_the_end_of_registration_only_participants_are_told() -> None:
    closed = replace(MEETING, state=MeetingState.CLOSED)
    people = People(audience=frozenset({CONTACT}), registered=frozenset({PARTICIPANT}))
    assert told(closed, people) == {PARTICIPANT: Notice.CONFIRMATION}


def test_who_left_is_told_nothing_more() -> None:
    people = People(audience=BOTH, gone=BOTH, told={CONTACT: Told(sequence=0)})
    assert told(replace(MEETING, sequence=1), people) == {}


@pytest.mark.parametrize("state", [MeetingState.PLANNED, MeetingState.STARTED])
def test_a_meeting_that_is_not_open_invites_nobody(state: MeetingState) -> None:
    people = People(audience=BOTH, registered=BOTH, told={CONTACT: Told(sequence=-1)})
    assert told(replace(MEETING, state=state), people) == {}


@pytest.mark.parametrize("state", MeetingState)
def test_a_past_meeting_tells_nobody_anything(state: MeetingState) -> None:
    past = replace(
        MEETING, state=state, sequence=1, starts_at=NOW - timedelta(hours=4), ends_at=NOW
    )
    assert (
        told(past, People(audience=BOTH, registered=BOTH, told={CONTACT: Told(sequence=0)})) == {}
    )


def test_a_meeting_without_a_date_invites_nobody() -> None:
    assert told(replace(MEETING, starts_at=None, ends_at=None), People(audience=BOTH)) == {}


def test_a_meeting_that_has_begun_invites_nobody_but_tells_changes() -> None:
    begun = replace(MEETING, starts_at=NOW, sequence=1)
    people = People(audience=BOTH, told={CONTACT: Told(sequence=0)})
    assert told(begun, people) == {CONTACT: Notice.UPDATE}


def test_the_id_of_a_delivery_follows_from_whom_it_tells_what() -> None:
    first = delivery_id(MEETING, CONTACT, Notice.UPDATE)
    assert first == delivery_id(replace(MEETING, title="Anders"), CONTACT, Notice.UPDATE)
    others = {
        delivery_id(replace(MEETING, sequence=1), CONTACT, Notice.UPDATE),
        delivery_id(MEETING, PARTICIPANT, Notice.UPDATE),
        delivery_id(MEETING, CONTACT, Notice.CANCELLATION),
    }
    assert len(others | {first}) == 4
