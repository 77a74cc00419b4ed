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
    delivery_id,
    outstanding,
)
from tests.unit.notifications.facts import CONTACT, MEETING, NOW, PARTICIPANT

BOTH = frozenset({CONTACT, PARTICIPANT})


def told(meeting: Meeting, people: People) -> dict[Recipient, Notice]:
    return dict(outstanding(meeting, people, NOW))


def test_the_whole_audience_is_invited_once() -> None:
    assert told(MEETING, People(audience=frozenset({CONTACT}))) == {CONTACT: Notice.INVITATION}
    known = People(audience=frozenset({CONTACT}), told={CONTACT: 0})
    assert told(MEETING, known) == {}


def test_somebody_of_the_audience_who_registered_gets_one_invitation() -> None:
    people = People(audience=frozenset({CONTACT}), registered=BOTH)
    assert len(list(outstanding(MEETING, people, NOW))) == 2


def test_a_change_is_told_to_everybody_who_knows_the_older_version() -> None:
    people = People(audience=BOTH, told={CONTACT: 0, PARTICIPANT: 1})
    assert told(replace(MEETING, sequence=1), people) == {CONTACT: Notice.UPDATE}


def test_who_comes_late_is_invited_to_the_newest_version() -> None:
    people = People(audience=BOTH, told={CONTACT: 3})
    assert told(replace(MEETING, sequence=3), people) == {PARTICIPANT: Notice.INVITATION}


def test_a_cancellation_goes_to_the_invited_and_to_nobody_else() -> None:
    cancelled = replace(MEETING, state=MeetingState.CANCELLED, sequence=1)
    people = People(audience=BOTH, registered=BOTH, told={CONTACT: 0})
    assert told(cancelled, people) == {CONTACT: Notice.CANCELLATION}


def test_a_change_after_the_end_of_registration_is_told() -> None:
    closed = replace(MEETING, state=MeetingState.CLOSED, sequence=1)
    assert told(closed, People(told={CONTACT: 0})) == {CONTACT: Notice.UPDATE}


def test_after_the_end_of_registration_only_participants_are_invited() -> None:
    closed = replace(MEETING, state=MeetingState.CLOSED)
    people = People(audience=frozenset({CONTACT}), registered=frozenset({PARTICIPANT}))
    assert told(closed, people) == {PARTICIPANT: Notice.INVITATION}


def test_who_left_is_told_nothing_more() -> None:
    people = People(audience=BOTH, gone=BOTH, told={CONTACT: 0})
    assert told(replace(MEETING, sequence=1), people) == {}


@pytest.mark.parametrize("state", [MeetingState.PLANNED, MeetingState.STARTED])
def test_a_meeting_that_is_not_open_invites_nobody(state: MeetingState) -> None:
    people = People(audience=BOTH, registered=BOTH, told={CONTACT: -1})
    assert told(replace(MEETING, state=state), people) == {}


@pytest.mark.parametrize("state", MeetingState)
def test_a_past_meeting_tells_nobody_anything(state: MeetingState) -> None:
    past = replace(
        MEETING, state=state, sequence=1, starts_at=NOW - timedelta(hours=4), ends_at=NOW
    )
    assert told(past, People(audience=BOTH, registered=BOTH, told={CONTACT: 0})) == {}


def test_a_meeting_without_a_date_invites_nobody() -> None:
    assert told(replace(MEETING, starts_at=None, ends_at=None), People(audience=BOTH)) == {}


def test_a_meeting_that_has_begun_invites_nobody_but_tells_changes() -> None:
    begun = replace(MEETING, starts_at=NOW, sequence=1)
    people = People(audience=BOTH, told={CONTACT: 0})
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
