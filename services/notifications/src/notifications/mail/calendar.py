"""The calendar part of a mail: one VEVENT for one attendee (RFC 5546, 6047, 7986)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress, vText, vUri

from contracts.events.notifications import Notice
from notifications.domain.notices import Meeting
from notifications.mail import timezone
from notifications.mail.letter import Letter, envelope_address, one_line
from notifications.mail.wording import description, join_url, place, zone

_PRODID = "-//Netztreff//Netztreff//DE"


def method(notice: Notice) -> str:
    """What the calendar is asked to do; the MIME part has to say the same."""
    return "CANCEL" if notice in (Notice.CANCELLATION, Notice.WITHDRAWAL) else "REQUEST"


def uid(meeting_id: UUID, domain: str) -> str:
    """The one identity of a meeting in all calendars, for ever."""
    return f"{meeting_id}@{domain}"


def calendar(letter: Letter) -> bytes:
    """The calendar object with CRLF line ends.

    Raises BadAddress, and ValueError for a meeting without a start.
    """
    body = Calendar()
    body.add("prodid", _PRODID)
    body.add("version", "2.0")
    body.add("calscale", "GREGORIAN")
    body.add("method", method(letter.notice))
    if zone(letter.meeting).key == timezone.NAME:
        body.add_component(timezone.berlin())
    body.add_component(_event(letter))
    body.add_missing_timezones()
    return bytes(body.to_ical())


def _event(letter: Letter) -> Event:
    meeting = letter.meeting
    event = Event()
    event.add("uid", uid(meeting.meeting_id, letter.sender.domain))
    event.add("sequence", letter.sequence)
    event.add("dtstamp", letter.sent_at)
    event.add("dtstart", _start(letter))
    if meeting.ends_at:
        event.add("dtend", _moment(meeting, meeting.ends_at))
    event.add("summary", one_line(meeting.title))
    if words := description(letter):
        event.add("description", words)
    # To take one attendee out of a meeting that others go to, RFC 5546 wants no status.
    if letter.notice is not Notice.WITHDRAWAL:
        cancelled = letter.notice is Notice.CANCELLATION
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("organizer", _organiser(letter))
    event.add("attendee", _attendee(letter))
    _add_place(event, letter)
    return event


def _start(letter: Letter) -> datetime:
    starts_at = letter.meeting.starts_at
    if starts_at is None:
        raise ValueError("A meeting without a start has no calendar entry.")
    return _moment(letter.meeting, starts_at)


def _moment(meeting: Meeting, moment: datetime) -> datetime:
    """In the meeting's zone; in UTC if the same came before, for RFC 5545 means that one."""
    local = moment.astimezone(zone(meeting))
    return moment.astimezone(UTC) if local.fold else local


def _add_place(event: Event, letter: Letter) -> None:
    where, link = place(letter.meeting), join_url(letter.meeting)
    if where:
        event.add("location", where)
    if link and not letter.ends:
        event.add("url", link)
        parameters = {"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": "Online teilnehmen"}
        event.add("conference", vUri(link), parameters=parameters)


def _organiser(letter: Letter) -> vCalAddress:
    organiser = vCalAddress(f"mailto:{letter.sender.mailbox}")
    organiser.params["CN"] = vText(one_line(letter.sender.name))
    return organiser


def _attendee(letter: Letter) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{envelope_address(letter.to)}")
    attendee.params["CN"] = vText(one_line(letter.to.name or letter.to.email))
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED" if letter.has_place else "NEEDS-ACTION")
    attendee.params["RSVP"] = vText("FALSE")
    return attendee
