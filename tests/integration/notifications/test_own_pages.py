"""Contacts who registered find the link to their own registration in their mails, nobody else."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from contracts.events.meetings import (
    MeetingModeChanged,
    Mode,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
    Side,
)
from eventkit.database import driver, session
from tests.integration.notifications.world import World, cohort, town


@pytest.fixture(autouse=True)
def owners_answer(world: World) -> None:
    world.owners.links_away = False


def invited(world: World, count: int = 1) -> tuple[UUID, list[UUID]]:
    """A meeting and those whom it invites, who know of it."""
    group, party = cohort(), town()
    world.accept(group.id, party)
    people = [world.contact(party) for _ in range(count)]
    meeting = world.open_meeting(group)
    world.send()
    return meeting, people


def register(world: World, meeting: UUID, contact: UUID) -> UUID:
    participant = world.register(meeting, contact)
    world.owners.links[str(participant)] = link(participant)
    return participant


def link(participant: UUID) -> str:
    return f"https://treffen.example.org/r/ntl_{participant.hex}"


def change(world: World, meeting: UUID) -> None:
    changed = MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="x")
    world.meetings.tell(f"meeting-{meeting}", changed)


def withdraw(world: World, meeting: UUID, participant: UUID) -> None:
    withdrawn = ParticipantWithdrawn(
        meeting_id=meeting, participant_id=participant, from_waiting_list=False
    )
    world.meetings.tell(f"meeting-{meeting}", withdrawn)


def words(world: World, person: UUID) -> list[str]:
    """What each mail says to somebody, in both forms."""
    bodies = []
    for mail in world.mails_to(person):
        parts = [mail.message.get_body((kind,)) for kind in ("plain", "html")]
        bodies.append("\n".join(part.get_content() for part in parts if part is not None))
    return bodies


def test_the_mails_of_a_contact_with_a_place_carry_the_personal_link(world: World) -> None:
    meeting, (contact,) = invited(world)
    own = link(register(world, meeting, contact))
    world.send()
    change(world, meeting)
    world.send()
    invitation, confirmation, update = words(world, contact)
    assert "/r/" not in invitation
    assert confirmation.count(own) == update.count(own) == 2
    # The registry erases contacts; the page offers it to guests alone.
    assert "löschen" not in confirmation


def test_the_mail_of_a_guest_says_that_the_link_erases_as_well(world: World) -> None:
    guest = world.register(world.open_meeting(cohort()))
    world.owners.participants[str(guest)]["link"] = link(guest)
    world.send()
    (confirmation,) = words(world, guest)
    assert confirmation.count("Ihre Angaben löschen") == 2


def test_a_contact_who_waits_has_one_as_well(world: World) -> None:
    meeting, (contact,) = invited(world)
    waiting = uuid4()
    world.owners.links[str(waiting)] = link(waiting)
    waits = ParticipantWaitlisted(
        meeting_id=meeting, participant_id=waiting, side=Side.GUEST, contact_id=contact
    )
    world.meetings.tell(f"meeting-{meeting}", waits)
    change(world, meeting)
    world.send()
    assert link(waiting) in words(world, contact)[-1]


def test_who_registers_anew_gets_the_link_of_that_registration(world: World) -> None:
    meeting, (contact,) = invited(world)
    earlier = register(world, meeting, contact)
    world.send()
    withdraw(world, meeting, earlier)
    world.send()
    later = register(world, meeting, contact)
    world.send()
    assert link(later) != link(earlier)
    _, confirmed, withdrawn, again = words(world, contact)
    assert link(earlier) in confirmed
    assert "/r/" not in withdrawn
    assert link(later) in again
    assert link(earlier) not in again


def test_links_at_two_meetings_are_not_mixed_up(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    places = {}
    for title in ("Erstes", "Zweites"):
        meeting = world.open_meeting(group, title=title)
        places[title] = link(register(world, meeting, contact))
    world.send()
    confirmed = {
        title: text for title in places for text in words(world, contact) if f"  {title}" in text
    }
    for title, other in (("Erstes", "Zweites"), ("Zweites", "Erstes")):
        assert places[title] in confirmed[title]
        assert places[other] not in confirmed[title]


def test_a_contact_whom_meetings_gives_no_link_is_written_to_without(world: World) -> None:
    meeting, (contact,) = invited(world)
    world.register(meeting, contact)
    world.send()
    assert len(words(world, contact)) == 2
    assert "/r/" not in words(world, contact)[-1]


def test_while_meetings_is_away_only_those_wait_who_have_a_link(world: World) -> None:
    meeting, (registered, only_invited) = invited(world, 2)
    own = link(register(world, meeting, registered))
    world.owners.links_away = True
    change(world, meeting)
    world.send()
    assert [len(words(world, one)) for one in (registered, only_invited)] == [1, 2]
    world.owners.links_away = False
    world.let_time_pass(registered)
    world.send()
    assert own in words(world, registered)[-1]


def test_links_are_asked_for_at_once_and_only_for_contacts_with_a_registration(
    world: World,
) -> None:
    meeting, people = invited(world, 3)
    places = {str(register(world, meeting, one)) for one in people[:2]}
    world.owners.batches.clear()
    world.send()
    assert places in [set(batch) for batch in world.owners.batches]
    assert len(world.owners.batches) == 2


def test_no_link_is_stored_anywhere(world: World) -> None:
    meeting, (contact,) = invited(world)
    own = link(register(world, meeting, contact))
    world.send()
    assert own in words(world, contact)[-1]
    with session(world.kit.engine) as connection:
        for name in sa.inspect(connection).get_table_names():
            query = f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE %s'
            (count,) = driver(connection).execute(query, ("%ntl\\_%",)).fetchone() or (1,)
            assert count == 0, name
