"""Mails as they leave: to whom, and with what."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import vobject
from icalendar import Calendar

from contracts.events.agenda import AgendaItem, AgendaKind, AgendaPublished
from contracts.events.meetings import (
    MeetingCancelled,
    MeetingModeChanged,
    MeetingRescheduled,
    Mode,
    ParticipantWithdrawn,
)
from eventkit.database import driver, session
from notifications.projection.meetings import meetings
from tests.integration.notifications.letters import invited, outcome
from tests.integration.notifications.world import (
    ENDS_AT,
    STARTS_AT,
    World,
    cohort,
    town,
)
from tests.mailbox import Mail

DAY = timedelta(days=1)


def change(world: World, meeting: UUID, event: Any) -> None:
    world.meetings.tell(f"meeting-{meeting}", event)


def entry(mail: Mail) -> Any:
    """The calendar entry of a mail, which two parsers have to understand."""
    (part,) = [one for one in mail.message.walk() if one.get_content_type() == "text/calendar"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    read = Calendar.from_ical(content)
    assert part["Content-Type"].params["method"] == str(read["METHOD"])
    (event,) = read.walk("VEVENT")
    assert vobject.readOne(content.decode()).vevent.uid.value == str(event["UID"])
    return event


def test_an_invitation_arrives_with_its_calendar_entry(world: World) -> None:
    meeting, contact = invited(world, "Über größere Städte")
    world.send()
    (mail,) = world.mails_to(contact)
    assert mail.sender == "netzwerk@example.org"
    assert mail.recipients == (f"{contact}@example.org",)
    assert "Über größere Städte" in mail.message["Subject"]
    assert entry(mail)["UID"] == f"{meeting}@example.org"
    assert entry(mail)["SEQUENCE"] == 0
    assert outcome(world, contact) == ("delivered", 1, None)


def test_update_and_cancellation_keep_the_identity_and_raise_the_sequence(world: World) -> None:
    meeting, contact = invited(world)
    world.send()
    change(world, meeting, MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="x"))
    world.send()
    change(world, meeting, MeetingCancelled(meeting_id=meeting, reason="Krankheit"))
    world.send()
    mails = world.mails_to(contact)
    entries = [entry(mail) for mail in mails]
    assert [one["SEQUENCE"] for one in entries] == [0, 1, 2]
    assert len({str(one["UID"]) for one in entries}) == 1
    assert [str(one["STATUS"]) for one in entries] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    subjects = [mail.message["Subject"].split(":")[0] for mail in mails]
    assert subjects == ["Einladung", "Änderung", "Abgesagt"]


def test_people_read_what_changed_since_the_last_mail_that_reached_them_and_why(
    world: World,
) -> None:
    meeting, contact = invited(world)
    world.send()
    moved = MeetingRescheduled(
        meeting_id=meeting, starts_at=STARTS_AT + DAY, ends_at=ENDS_AT + DAY, reason="Saal belegt"
    )
    change(world, meeting, moved)
    digital = MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="Schneefall")
    change(world, meeting, digital)
    world.send()
    change(world, meeting, MeetingCancelled(meeting_id=meeting, reason="Krankheit"))
    world.send()
    _, updated, cancelled = [words(mail) for mail in world.mails_to(contact)]
    for line in ("Wann – bisher:", "Wie – bisher:", "Grund: Saal belegt", "Grund: Schneefall"):
        assert line in updated
    assert "Grund: Krankheit" in cancelled
    assert "Schneefall" not in cancelled


def words(mail: Mail) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_agenda_stands_in_the_calendar_entry(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    meeting = world.open_meeting(group)
    item = AgendaItem(title="Begrüßung", kind=AgendaKind.WELCOME)
    change(world, meeting, AgendaPublished(meeting_id=meeting, revision=1, items=(item,)))
    world.send()
    (mail,) = world.mails_to(contact)
    assert entry(mail)["DESCRIPTION"] == "Tagesordnung:\nBegrüßung"


def test_an_invited_contact_who_registered_keeps_the_place_in_an_update(world: World) -> None:
    meeting, contact = invited(world)
    world.send()
    world.register(meeting, contact)
    change(world, meeting, MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="x"))
    world.send()
    mails = world.mails_to(contact)
    entries = [entry(mail)["ATTENDEE"].params["PARTSTAT"] for mail in mails]
    assert entries == ["NEEDS-ACTION", "ACCEPTED"]
    # The confirmation was overtaken before it was sent.
    assert mails[1].message["Subject"].startswith("Anmeldung bestätigt:")


def test_an_invited_contact_who_registers_and_withdraws_has_both_confirmed(world: World) -> None:
    meeting, contact = invited(world)
    world.send()
    for _ in range(2):
        participant = world.register(meeting, contact)
        world.send()
        withdrawn = ParticipantWithdrawn(
            meeting_id=meeting, participant_id=participant, from_waiting_list=False
        )
        change(world, meeting, withdrawn)
        world.send()
    mails = world.mails_to(contact)
    subjects = [mail.message["Subject"].split(":")[0] for mail in mails]
    both = ["Anmeldung bestätigt", "Abmeldung bestätigt"]
    assert subjects == ["Einladung", *both, *both]
    entries = [entry(mail) for mail in mails]
    assert len({str(one["UID"]) for one in entries}) == 1
    assert entries[1]["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert "STATUS" not in entries[2]
    assert [int(one["SEQUENCE"]) for one in entries] == [0, 0, 1, 2, 3]


def test_an_update_on_its_way_does_not_reach_who_withdrew(world: World) -> None:
    meeting = world.open_meeting(cohort())
    guest = world.register(meeting)
    world.send()
    change(world, meeting, MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="x"))
    withdrawn = ParticipantWithdrawn(
        meeting_id=meeting, participant_id=guest, from_waiting_list=False
    )
    change(world, meeting, withdrawn)
    world.send()
    subjects = [mail.message["Subject"].split(":")[0] for mail in world.mails_to(guest)]
    assert subjects == ["Anmeldung bestätigt", "Abmeldung bestätigt"]
    assert [int(entry(mail)["SEQUENCE"]) for mail in world.mails_to(guest)] == [0, 2]


def test_what_was_overtaken_before_it_was_sent_is_sent_once_in_its_last_version(
    world: World,
) -> None:
    meeting, contact = invited(world)
    change(world, meeting, MeetingModeChanged(meeting_id=meeting, mode=Mode.DIGITAL, reason="x"))
    world.send()
    (mail,) = world.mails_to(contact)
    assert entry(mail)["SEQUENCE"] == 1
    assert mail.message["Subject"].startswith("Einladung:")
    codes = {row["sequence"]: row["code"] for row in world.log(recipient_id=contact)}
    assert codes == {0: "superseded", 1: None}


def test_a_participant_without_a_contact_gets_a_confirmation(world: World) -> None:
    meeting = world.open_meeting(cohort())
    participant = world.register(meeting)
    world.send()
    (mail,) = world.mails_to(participant)
    assert mail.message["Subject"].startswith("Anmeldung bestätigt:")


def test_addresses_are_fetched_in_one_batch_for_many(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    people = {str(world.contact(party)) for _ in range(5)}
    world.open_meeting(group)
    world.owners.batches.clear()
    world.send()
    assert [set(batch) for batch in world.owners.batches] == [people]


def test_while_the_owner_of_the_addresses_is_away_nothing_is_lost(world: World) -> None:
    _, contact = invited(world)
    world.owners.away = True
    world.send()
    assert outcome(world, contact) == ("queued", 0, None)
    world.owners.away = False
    world.let_time_pass(contact)
    world.send()
    assert len(world.mails_to(contact)) == 1


def test_who_has_no_address_gets_no_mail(world: World) -> None:
    _, contact = invited(world)
    del world.owners.contacts[str(contact)]
    world.send()
    assert outcome(world, contact) == ("abandoned", 0, "no_address")


def test_an_address_with_a_line_end_reaches_no_server(world: World) -> None:
    _, contact = invited(world)
    evil = "a@example.org\r\nBcc: b@example.org"
    world.owners.contacts[str(contact)] = {"name": "x", "email": evil}
    before = len(world.mailbox.mails)
    world.send()
    assert outcome(world, contact) == ("abandoned", 0, "address_refused")
    assert len(world.mailbox.mails) == before


def test_a_meeting_that_is_over_is_not_written_about_any_more(world: World) -> None:
    meeting, contact = invited(world)
    past = datetime.now(UTC) - timedelta(days=1)
    here = meetings.c.meeting_id == meeting
    with session(world.kit.engine) as connection:
        connection.execute(meetings.update().where(here).values(starts_at=past, ends_at=past))
    world.send()
    assert outcome(world, contact) == ("abandoned", 0, "meeting_over")


def test_no_address_and_no_name_is_stored_anywhere(world: World) -> None:
    _, contact = invited(world)
    world.send()
    address = f"{contact}@example.org"
    assert world.mails_to(contact)
    with session(world.kit.engine) as connection:
        for name in sa.inspect(connection).get_table_names():
            query = f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE %s'
            (count,) = driver(connection).execute(query, (f"%{address}%",)).fetchone() or (1,)
            assert count == 0, name
