"""Older versions of an event become the newest one wherever they are read."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalog import EventType, newest
from contracts.codec import decode, encode, read
from contracts.events.meetings import (
    InvitationsOpened,
    InvitationsOpenedV1,
    TargetGroup,
    TargetKind,
)
from contracts.upcasts import UPCASTS
from tests.contracts.examples import EVENTS, events, name

MEETING, COHORT = UUID(int=1), UUID(int=2)
RETIRED = [declared for declared in EVENTS if declared is not newest(declared.name)]


def test_invitations_of_one_cohort_become_an_audience_of_one_target_group() -> None:
    old = InvitationsOpenedV1(meeting_id=MEETING, cohort_id=COHORT, capacity=40)
    assert decode("invitations.opened.v1", encode(old)) == InvitationsOpened(
        meeting_id=MEETING,
        audience=(TargetGroup(kind=TargetKind.COHORT, id=COHORT),),
        capacity=40,
    )


def test_a_stored_text_of_version_1_is_read_for_ever() -> None:
    stored = (
        '{"meeting_id": "00000000-0000-0000-0000-000000000001",'
        ' "cohort_id": "00000000-0000-0000-0000-000000000002"}'
    )
    event = read("invitations.opened.v1", stored.encode())
    assert event == decode("invitations.opened.v1", stored)
    assert (event.audience[0].id, event.capacity) == (COHORT, None)


def test_every_retired_version_has_its_step() -> None:
    assert {(declared.name, declared.version) for declared in RETIRED} == set(UPCASTS)


@pytest.mark.parametrize("declared", RETIRED, ids=name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_every_old_event_becomes_one_that_its_newest_schema_takes(
    declared: EventType, data: st.DataObject
) -> None:
    lifted = decode(declared.wire, encode(data.draw(events(declared))))
    target = newest(declared.name)
    assert isinstance(lifted, target.cls)
    assert decode(target.wire, msgspec.json.encode(lifted)) == lifted
