"""Guests who were erased: nothing more is sent to them, and what was outstanding is given up."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from contracts.erasure import ErasureReason
from contracts.events.meetings import (
    MeetingCancelled,
    MeetingModeChanged,
    Mode,
    ParticipantWithdrawn,
)
from contracts.events.participants import ParticipantErased
from eventkit.database import session
from eventkit.erasure.parts import unsettled
from eventkit.erasure.worker import ErasureWorker
from eventkit.tables import ERASURES
from notifications.tables import claims
from tests.integration.notifications.world import World, cohort


def erase(world: World, meeting: UUID, guest: UUID) -> None:
    """As the meetings service tells it: the end of the data, then that of the place."""
    del world.owners.participants[str(guest)]
    erased = ParticipantErased(
        meeting_id=meeting, participant_id=guest, reason=ErasureReason.REQUEST
    )
    withdrawn = ParticipantWithdrawn(
        meeting_id=meeting, participant_id=guest, from_waiting_list=False
    )
    world.meetings.tell(f"meeting-{meeting}", erased, withdrawn)


def change(world: World, meeting: UUID) -> None:
    changed = MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="x")
    world.meetings.tell(f"meeting-{meeting}", changed)


def outcomes(world: World, guest: UUID) -> list[tuple[str, str, str | None]]:
    return [(row["notice"], row["state"], row["code"]) for row in world.log(recipient_id=guest)]


def test_an_erased_guest_is_told_neither_of_the_end_of_the_place_nor_of_anything_later(
    world: World,
) -> None:
    meeting = world.open_meeting(cohort())
    guest = world.register(meeting)
    world.send()
    erase(world, meeting, guest)
    change(world, meeting)
    cancelled = MeetingCancelled(meeting_id=meeting, reason="Krankheit")
    world.meetings.tell(f"meeting-{meeting}", cancelled)
    world.send()
    assert outcomes(world, guest) == [("confirmation", "delivered", None)]
    assert len(world.mails_to(guest)) == 1


def test_what_was_outstanding_is_given_up_with_the_erasure(world: World) -> None:
    meeting = world.open_meeting(cohort())
    guest, other = world.register(meeting), world.register(meeting)
    erase(world, meeting, guest)
    assert outcomes(world, guest) == [("confirmation", "abandoned", "person_erased")]
    world.send()
    assert world.mails_to(guest) == []
    assert len(world.mails_to(other)) == 1


def test_what_was_claimed_before_the_erasure_is_not_sent_after_it(world: World) -> None:
    meeting = world.open_meeting(cohort())
    guest = world.register(meeting)
    world.owners.away = True
    world.send()
    world.owners.away = False
    erase(world, meeting, guest)
    world.let_time_pass(guest)
    world.send()
    assert world.mails_to(guest) == []
    with session(world.kit.engine) as sql:
        left = sql.scalars(sa.select(claims.c.token).where(claims.c.recipient_id == guest)).all()
    assert left == []


def test_the_part_of_this_service_waits_to_be_acknowledged(world: World) -> None:
    meeting = world.open_meeting(cohort())
    guest = world.register(meeting)
    world.send()
    erase(world, meeting, guest)
    with session(world.kit.engine) as sql:
        (row,) = sql.execute(sa.select(ERASURES).where(ERASURES.c.person == guest)).mappings()
    assert (row["owner"], row["settled_at"]) == ("meetings", None)
    # The registration's row and the delivery name the id, which nobody can lead back any more.
    assert row["remaining"] == 2


@pytest.mark.parametrize("garbled", [False, True])
def test_an_owner_who_takes_no_part_ends_no_worker(world: World, *, garbled: bool) -> None:
    meeting = world.open_meeting(cohort())
    guest = world.register(meeting)
    erase(world, meeting, guest)
    world.owners.garbled = garbled
    assert not ErasureWorker().step(world.kit)
    with session(world.kit.engine) as sql:
        assert guest in [row["person"] for row in unsettled(sql)]


def test_an_erasure_that_arrives_twice_changes_nothing_more(world: World) -> None:
    meeting = world.open_meeting(cohort())
    guest = world.register(meeting)
    erase(world, meeting, guest)
    before = outcomes(world, guest)
    world.meetings.again()
    world.send()
    assert outcomes(world, guest) == before
