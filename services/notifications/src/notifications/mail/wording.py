"""The German words of a mail: subject, plain text, and a small HTML form of the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.events.notifications import Notice
from eventkit.german import clock, day, period
from notifications.domain.notices import AgendaPoint, Meeting
from notifications.mail.letter import Letter, one_line

_ZONE = "Europe/Berlin"
_MODES = {"in_person": "vor Ort", "digital": "digital", "hybrid": "vor Ort und digital"}
_ACCESS = ("Zugang", "Hinweis")
_ONLINE = ("Online", *_ACCESS)
_LABELS = ("Wann", "Wie", "Wo", *_ONLINE)
_SUBJECTS = {
    Notice.INVITATION: "Einladung",
    Notice.UPDATE: "Änderung",
    Notice.CANCELLATION: "Abgesagt",
    Notice.CONFIRMATION: "Anmeldung bestätigt",
    Notice.WITHDRAWAL: "Abmeldung bestätigt",
}
_OPENINGS = {
    Notice.INVITATION: "wir laden Sie herzlich ein:",
    Notice.UPDATE: "bei diesem Treffen hat sich etwas geändert. Nun gilt:",
    Notice.CANCELLATION: "dieses Treffen findet leider nicht statt:",
    Notice.CONFIRMATION: "Sie sind zu diesem Treffen angemeldet und haben einen Platz:",
    Notice.WITHDRAWAL: "Sie sind von diesem Treffen abgemeldet:",
}
_OWN_PAGE = "Ihre Anmeldung ansehen oder absagen"
_GUESTS_PAGE = f"{_OWN_PAGE}, Ihre Angaben löschen"
_PERSONAL = "Der Link ist persönlich; bitte geben Sie ihn nicht weiter."
_REMOVAL = "Der beiliegende Kalendereintrag nimmt den Termin aus Ihrem Kalender."
_CLOSINGS = {
    Notice.INVITATION: "Der Termin liegt als Kalendereintrag bei.",
    Notice.UPDATE: "Der beiliegende Kalendereintrag ersetzt den bisherigen.",
    Notice.CANCELLATION: _REMOVAL,
    Notice.CONFIRMATION: "Der Termin liegt als Kalendereintrag bei.",
    Notice.WITHDRAWAL: _REMOVAL,
}


def zone(meeting: Meeting) -> ZoneInfo:
    """The meeting's own time zone; ours where it has none that is known here."""
    try:
        return ZoneInfo(meeting.time_zone or _ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(_ZONE)


def subject(letter: Letter) -> str:
    kind = _SUBJECTS[letter.notice]
    starts = _local(letter.meeting, letter.meeting.starts_at)
    on = f" am {day(starts)}" if starts else ""
    return f"{kind}: {one_line(letter.meeting.title)}{on}"


def text(letter: Letter) -> str:
    facts = "\n".join(f"  {label}: {value}" for label, value in _rows(letter))
    return (
        f"{_greeting(letter)},\n\n{_opening(letter)}\n\n"
        f"  {one_line(letter.meeting.title)}\n{facts}\n\n{_closing(letter)}\n\n"
        f"{_own_page(letter)}"
        f"{_whom_to_ask(letter)}\n\n"
        f"Mit freundlichen Grüßen\n{letter.sender.name}\n"
    )


def html(letter: Letter) -> str:
    rows = "".join(
        f"<tr><th align='left'>{escape(label)}</th><td>{_marked_up(value)}</td></tr>"
        for label, value in _rows(letter)
    )
    return (
        f"<!doctype html><html lang='de'><body><p>{escape(_greeting(letter))},</p>"
        f"<p>{escape(_opening(letter))}</p><h2>{escape(one_line(letter.meeting.title))}</h2>"
        f"<table>{rows}</table><p>{escape(_closing(letter))}</p>"
        f"{_own_page_link(letter)}<p>{escape(_whom_to_ask(letter))}</p>"
        f"<p>Mit freundlichen Grüßen<br>{escape(letter.sender.name)}</p></body></html>\n"
    )


def description(letter: Letter) -> str:
    """What a calendar entry says beside time and place: facts only, none of the letter's words."""
    if letter.ends:
        return "\n".join(f"{label}: {value}" for label, value in _news(letter))
    agenda = [_point(letter.meeting, point) for point in letter.meeting.agenda]
    access = [f"{label}: {value}" for label, value in _facts(letter.meeting) if label in _ACCESS]
    blocks = (["Tagesordnung:", *agenda] if agenda else [], access)
    return "\n\n".join("\n".join(block) for block in blocks if block)


def place(meeting: Meeting) -> str | None:
    """Where people meet, for a calendar: the venue, what is used online, or both."""
    online = meeting.online_platform or ("Online" if _is_online(meeting) else None)
    parts = [one_line(part) for part in (_venue(meeting), online) if part]
    return " / ".join(parts) or None


def join_url(meeting: Meeting) -> str | None:
    """The link for those who join online."""
    return meeting.join_url if _is_online(meeting) else None


def _greeting(letter: Letter) -> str:
    name = one_line(letter.to.name or "")
    return f"Guten Tag {name}" if name else "Guten Tag"


def _opening(letter: Letter) -> str:
    return _OPENINGS[letter.notice]


def _closing(letter: Letter) -> str:
    return _CLOSINGS[letter.notice]


def _own_page(letter: Letter) -> str:
    if letter.to.link is None or letter.ends:
        return ""
    return f"{_of_page(letter)}:\n{one_line(letter.to.link)}\n{_PERSONAL}\n\n"


def _own_page_link(letter: Letter) -> str:
    if letter.to.link is None or letter.ends:
        return ""
    href = escape(one_line(letter.to.link))
    return f"<p><a href='{href}'>{escape(_of_page(letter))}</a>. {escape(_PERSONAL)}</p>"


def _of_page(letter: Letter) -> str:
    return _GUESTS_PAGE if letter.to.is_guest else _OWN_PAGE


def _whom_to_ask(letter: Letter) -> str:
    invites = letter.notice is Notice.INVITATION and not letter.has_place
    about = "Fragen und Anmeldung" if invites else "Fragen"
    return f"{about}: {one_line(letter.sender.name)}, {letter.sender.mailbox}"


def _rows(letter: Letter) -> Iterator[tuple[str, str]]:
    """What is new first; nobody needs the way into a meeting that is off."""
    yield from _news(letter)
    hidden = _ONLINE if letter.ends else ()
    yield from (fact for fact in _facts(letter.meeting) if fact[0] not in hidden)


def _news(letter: Letter) -> Iterator[tuple[str, str]]:
    if letter.notice is Notice.UPDATE and letter.before:
        before, now = dict(_facts(letter.before)), dict(_facts(letter.meeting))
        for label in _LABELS:
            if before.get(label) != now.get(label):
                yield "Geändert", _change(label, before.get(label), now.get(label))
    for reason in letter.reasons:
        yield "Grund", one_line(reason)


def _change(label: str, before: str | None, now: str | None) -> str:
    if label not in _ACCESS:
        return f"{label} – bisher: {before or 'keine Angabe'} / neu: {now or 'entfällt'}"
    return f"{label} (siehe unten)" if now else f"{label} (entfällt)"


def _point(meeting: Meeting, point: AgendaPoint) -> str:
    starts, ends = _local(meeting, point.starts_at), _local(meeting, point.ends_at)
    if starts is None:
        return one_line(point.title)
    until = f" bis {clock(ends)}" if ends else ""
    return f"{clock(starts)}{until} Uhr: {one_line(point.title)}"


def _facts(meeting: Meeting) -> Iterator[tuple[str, str]]:
    if when := _when(meeting):
        yield "Wann", when
    if meeting.mode:
        yield "Wie", _MODES.get(meeting.mode, meeting.mode)
    if venue := _venue(meeting):
        yield "Wo", one_line(venue)
    if _is_online(meeting):
        yield from _online(meeting)
    if meeting.access_hint:
        yield "Hinweis", one_line(meeting.access_hint)


def _online(meeting: Meeting) -> Iterator[tuple[str, str]]:
    if meeting.online_platform:
        yield "Online", one_line(meeting.online_platform)
    if meeting.join_url:
        yield "Zugang", one_line(meeting.join_url)


def _venue(meeting: Meeting) -> str | None:
    return None if meeting.mode == "digital" else meeting.venue


def _is_online(meeting: Meeting) -> bool:
    has_access = bool(meeting.join_url or meeting.online_platform)
    return meeting.mode in ("digital", "hybrid") or (meeting.mode is None and has_access)


def _when(meeting: Meeting) -> str | None:
    starts = _local(meeting, meeting.starts_at)
    ends = _local(meeting, meeting.ends_at)
    return period(starts, ends) if starts else None


def _local(meeting: Meeting, moment: datetime | None) -> datetime | None:
    return moment.astimezone(zone(meeting)) if moment else None


def _marked_up(value: str) -> str:
    safe = escape(value)
    return f"<a href='{safe}'>{safe}</a>" if value.startswith("https://") else safe
