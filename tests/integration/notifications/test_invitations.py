"""Who is invited by which facts, in whatever order they come."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

import pytest
import sqlalchemy as sa

from contracts.events.meetings import (
    MeetingCancelled,
    MeetingKind,
    MeetingModeChanged,
    MeetingPlaced,
    MeetingRecorded,
    MeetingRescheduled,
    Mode,
    ParticipantPromoted,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
    RegistrationClosed,
    Side,
)
from contracts.events.registry import ContactLeft
from eventkit.database import driver, session
from eventkit.projection import Projector
from eventkit.recorded import Context
from eventkit.testing import recorded
from notifications.policy.reactions import react
from notifications.projection.audience import CONTACTS
from tests.integration.notifications.world import (
    ENDS_AT,
    STARTS_AT,
    World,
    accepted,
    appointed,
    cohort,
    opened,
    steering_group,
    town,
)

INVITED = [("invitation", 0)]
CONFIRMED = [("confirmation", 0)]


def test_the_contacts_of_a_cohorts_municipalities_are_invited(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    first, second, stranger = world.contact(party), world.contact(party), world.contact()
    meeting = world.open_meeting(group)
    assert world.notices(meeting, first) == world.notices(meeting, second) == INVITED
    assert world.notices(meeting, stranger) == []


def test_the_steering_groups_seated_contacts_are_invited(world: World) -> None:
    group, holder = steering_group(), world.contact()
    world.seat(group.id, holder)
    meeting = world.open_meeting(group)
    assert world.notices(meeting, holder) == INVITED


def test_somebody_in_both_groups_is_invited_once(world: World) -> None:
    municipalities, committee, party = cohort(), steering_group(), town()
    world.accept(municipalities.id, party)
    both = world.contact(party)
    world.seat(committee.id, both)
    meeting = world.open_meeting(municipalities, committee)
    assert world.notices(meeting, both) == INVITED


@pytest.mark.parametrize("order", ["participation", "contact", "seat"])
def test_a_fact_that_comes_after_the_meeting_still_invites(world: World, order: str) -> None:
    group, committee, party = cohort(), steering_group(), town()
    holder = world.contact(party) if order != "contact" else None
    meeting = world.open_meeting(committee if order == "seat" else group)
    if order == "seat" and holder:
        world.seat(committee.id, holder)
    else:
        world.accept(group.id, party)
    late = holder or world.contact(party)
    assert world.notices(meeting, late) == INVITED


def test_facts_that_arrive_again_invite_nobody_again(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    meeting = world.open_meeting(group)
    world.meetings.again()
    world.registry.again()
    assert world.notices(meeting, contact) == INVITED


def test_changes_are_told_with_rising_sequences(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    meeting = world.open_meeting(group)
    for change in (
        MeetingRescheduled(
            meeting_id=meeting,
            starts_at=STARTS_AT + timedelta(days=1),
            ends_at=ENDS_AT + timedelta(days=1),
            reason="Terminkollision",
        ),
        MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="Pandemie"),
        MeetingPlaced(meeting_id=meeting, join_url="https://treffen.example.org/1"),
        MeetingCancelled(meeting_id=meeting, reason="Krankheit"),
    ):
        world.meetings.tell(f"meeting-{meeting}", change)
    updates = [("update", 1), ("update", 2), ("update", 3)]
    assert world.notices(meeting, contact) == [*INVITED, *updates, ("cancellation", 4)]


def test_who_comes_late_gets_the_present_version_and_no_older_one(world: World) -> None:
    group, party = cohort(), town()
    meeting = world.open_meeting(group)
    digital = MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="Pandemie")
    world.meetings.tell(f"meeting-{meeting}", digital)
    world.accept(group.id, party)
    assert world.notices(meeting, world.contact(party)) == [("invitation", 1)]


def test_a_participant_without_a_contact_is_told_as_well(world: World) -> None:
    meeting = world.open_meeting(cohort())
    participant = world.register(meeting)
    world.meetings.tell(
        f"meeting-{meeting}", MeetingCancelled(meeting_id=meeting, reason="Krankheit")
    )
    assert world.notices(meeting, participant) == [*CONFIRMED, ("cancellation", 1)]


def test_an_invited_contact_who_registers_is_confirmed_as_the_contact(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    meeting = world.open_meeting(group)
    participant = world.register(meeting, contact)
    assert world.notices(meeting, contact) == [*INVITED, *CONFIRMED]
    assert world.notices(meeting, participant) == []
    world.meetings.again()
    assert world.notices(meeting, contact) == [*INVITED, *CONFIRMED]


def test_who_waits_is_told_on_getting_a_place(world: World) -> None:
    meeting, participant = world.open_meeting(cohort()), uuid4()
    waits = ParticipantWaitlisted(meeting_id=meeting, participant_id=participant, side=Side.GUEST)
    world.meetings.tell(f"meeting-{meeting}", waits)
    assert world.notices(meeting, participant) == []
    promoted = ParticipantPromoted(meeting_id=meeting, participant_id=participant)
    world.meetings.tell(f"meeting-{meeting}", promoted)
    assert world.notices(meeting, participant) == CONFIRMED


def test_who_withdrew_or_left_hears_no_more_of_the_meeting(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    meeting = world.open_meeting(group)
    participant = world.register(meeting)
    withdrawn = ParticipantWithdrawn(
        meeting_id=meeting, participant_id=participant, from_waiting_list=False
    )
    world.registry.tell(f"contact-{contact}", ContactLeft(contact_id=contact, party=party))
    cancelled = MeetingCancelled(meeting_id=meeting, reason="Krankheit")
    world.meetings.tell(f"meeting-{meeting}", withdrawn)
    world.meetings.tell(f"meeting-{meeting}", cancelled)
    assert world.notices(meeting, contact) == INVITED
    assert world.notices(meeting, participant) == [*CONFIRMED, ("withdrawal", 0)]


def test_a_past_meeting_invites_nobody(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    meeting = world.open_meeting(group, starts_at=datetime.now(UTC) - timedelta(days=1))
    assert world.notices(meeting, contact) == []


def test_a_meeting_recorded_afterwards_invites_nobody(world: World) -> None:
    meeting = uuid4()
    past = MeetingRecorded(
        meeting_id=meeting,
        kind=MeetingKind.NETWORK_MEETING,
        title="Netzwerktreffen",
        starts_at=datetime(2020, 10, 16, 8, 0, tzinfo=UTC),
        reason="nachgetragen",
    )
    world.meetings.tell(f"meeting-{meeting}", past)
    world.register(meeting)
    assert world.log(meeting_id=meeting) == []


def test_after_the_close_of_registration_a_late_contact_is_not_invited(world: World) -> None:
    group, party = cohort(), town()
    meeting = world.open_meeting(group)
    world.meetings.tell(f"meeting-{meeting}", RegistrationClosed(meeting_id=meeting))
    world.accept(group.id, party)
    assert world.notices(meeting, world.contact(party)) == []


def test_a_meeting_waits_for_a_contact_that_is_just_being_handled(world: World) -> None:
    """Without waiting, neither transaction would see the other's fact."""
    group, party, contact = cohort(), town(), uuid4()
    world.accept(group.id, party)
    fact = recorded(appointed(contact, party), stream=f"contact-{contact}")
    with ThreadPoolExecutor(1) as other:
        with world.kit.unit(Context(actor="test")) as unit:
            Projector(CONTACTS).apply(driver(unit.sql), [fact])
            react(unit, fact)
            opening = other.submit(world.open_meeting, group)
            until(lambda: opening.done() or is_waiting(world))
        meeting = opening.result()
    assert world.notices(meeting, contact) == INVITED


def is_waiting(world: World) -> bool:
    """Whether a transaction waits for its turn."""
    waiting = sa.text("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with session(world.kit.engine) as connection:
        return connection.execute(waiting).first() is not None


def until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 10
    while not holds():
        assert monotonic() < deadline, "what was waited for did not come"


def test_facts_of_both_sources_at_the_same_moment_miss_nobody(world: World) -> None:
    """Each fact needs the other; whichever transaction ends later has to see the earlier one."""
    pairs = []
    for _ in range(15):
        group, party, contact, meeting = cohort(), town(), uuid4(), uuid4()
        world.registry.happen(f"cohort-{group.id}", accepted(group.id, party))
        world.registry.happen(f"contact-{contact}", appointed(contact, party))
        world.meetings.happen(f"meeting-{meeting}", *opened(meeting, group))
        pairs.append((meeting, contact))
        with ThreadPoolExecutor(2) as both:
            steps = [both.submit(one.consumer.step) for one in (world.registry, world.meetings)]
            assert all(step.result() for step in steps)
    for meeting, contact in pairs:
        assert world.notices(meeting, contact) == INVITED
