"""Whoever was erased is told nothing more, and what is kept of them is their id."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from contracts.erasure import ErasureReason
from contracts.events.contacts import ContactErased
from contracts.events.meetings import MeetingCancelled
from contracts.events.notifications import Channel
from contracts.events.registry import ContactChanged, Party
from eventkit.database import session
from eventkit.erasure.export import export
from eventkit.tables import ERASURES
from notifications.delivery.claims import Claims
from notifications.tables import claims
from tests.integration.notifications.world import World, appointed, cohort, town


def erased(contact: UUID, party: Party) -> ContactErased:
    return ContactErased(contact_id=contact, party=party, reason=ErasureReason.REQUEST)


def invited(world: World) -> tuple[UUID, UUID, Party]:
    """A meeting, somebody whom it invites, and whom they stand for."""
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    return world.open_meeting(group), contact, party


def erase(world: World, contact: UUID, party: Party) -> None:
    # The owner gives no address from this moment on.
    world.owners.contacts.pop(str(contact), None)
    world.registry.tell(f"contact-{contact}", erased(contact, party))


def noted(world: World, contact: UUID) -> sa.RowMapping:
    query = sa.select(ERASURES).where(ERASURES.c.person == contact)
    with session(world.kit.engine) as sql:
        return sql.execute(query).mappings().one()


def leases(world: World, contact: UUID) -> int:
    query = sa.select(sa.func.count()).where(claims.c.recipient_id == contact)
    with session(world.kit.engine) as sql:
        return int(sql.scalar(query) or 0)


def test_a_mail_that_is_due_is_given_up(world: World) -> None:
    meeting, contact, party = invited(world)
    erase(world, contact, party)
    world.send()
    assert world.mails_to(contact) == []
    (row,) = world.log(meeting_id=meeting, recipient_id=contact)
    assert (row["state"], row["code"], row["due_at"]) == ("abandoned", "person_erased", None)


def test_a_mail_whose_address_is_gone_before_the_event_arrives_is_given_up_too(
    world: World,
) -> None:
    meeting, contact, party = invited(world)
    world.owners.contacts.pop(str(contact))
    world.send()
    world.registry.tell(f"contact-{contact}", erased(contact, party))
    (row,) = world.log(meeting_id=meeting, recipient_id=contact)
    assert (row["state"], row["code"]) == ("abandoned", "no_address")


def test_nobody_is_told_anything_after_their_erasure(world: World) -> None:
    meeting, contact, party = invited(world)
    world.send()
    assert len(world.mails_to(contact)) == 1
    erase(world, contact, party)
    cancelled = MeetingCancelled(meeting_id=meeting, reason="Krankheit")
    world.meetings.tell(f"meeting-{meeting}", cancelled)
    world.send()
    assert len(world.mails_to(contact)) == 1
    assert [row["state"] for row in world.log(recipient_id=contact)] == ["delivered"]


def test_leases_go_with_the_person_and_rows_with_ids_alone_stay(world: World) -> None:
    _, contact, party = invited(world)
    Claims(world.kit, Channel.MAIL, timedelta(minutes=1)).take(500)
    assert leases(world, contact) == 1
    erase(world, contact, party)
    assert leases(world, contact) == 0
    row = noted(world, contact)
    assert (row["owner"], row["cleared"], row["settled_at"]) == ("registry", 1, None)
    # The contact's role and party, and the delivery.
    assert (row["remaining"], len(row["remains"])) == (2, 64)


def test_an_erasure_is_noted_once_however_often_it_is_told(world: World) -> None:
    _, contact, party = invited(world)
    erase(world, contact, party)
    before = noted(world, contact)
    world.registry.again()
    assert noted(world, contact) == before


def test_all_that_a_person_ever_was_may_arrive_together_with_the_end(world: World) -> None:
    """The source was far ahead: nobody was told of the appointment in time."""
    group, party = cohort(), town()
    world.accept(group.id, party)
    meeting, contact = world.open_meeting(group), UUID(int=group.id.int ^ 1)
    changed = ContactChanged(contact_id=contact, party=party, role="Leitung", purpose="Netzwerk")
    stream = f"contact-{contact}"
    world.registry.happen(stream, appointed(contact, party), changed, erased(contact, party))
    world.registry.consumer.step()
    world.send()
    assert world.mails_to(contact) == []
    assert {row["state"] for row in world.log(meeting_id=meeting)} <= {"abandoned"}
    assert noted(world, contact)["owner"] == "registry"


def test_an_export_knows_whom_their_owner_erased_and_who_the_owner_is(world: World) -> None:
    _, contact, party = invited(world)
    before = export(world.kit, contact)
    assert (before["erased"], "registry" in before["others"]) == (False, True)
    erase(world, contact, party)
    after = export(world.kit, contact)
    assert (after["erased"], "registry" in after["others"]) == (True, True)
