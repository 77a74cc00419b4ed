"""Who has to be told what about a meeting: the difference between what people know and what holds.

Pure: no I/O, no clock. Asking again is safe, since who knows the newest version is told nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from contracts.events.notifications import Notice, RecipientKind

_NAMESPACE = UUID("6f0c1b3e-5d0a-5b7e-9a52-0c7a41f0e3d1")


class MeetingState(StrEnum):
    """What may still be told about a meeting; once invited it stays open through a new date."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    STARTED = "started"
    CANCELLED = "cancelled"


_RUNNING = (MeetingState.OPEN, MeetingState.CLOSED)
_RENEWED = dict.fromkeys(_RUNNING, Notice.UPDATE) | {MeetingState.CANCELLED: Notice.CANCELLATION}


@dataclass(frozen=True, kw_only=True)
class AgendaPoint:
    """One point of a meeting's agenda."""

    title: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """What notices about a meeting say. `sequence` is the version of its calendar entry."""

    meeting_id: UUID
    title: str
    state: MeetingState
    sequence: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    time_zone: str | None = None
    mode: str | None = None
    venue: str | None = None
    online_platform: str | None = None
    join_url: str | None = None
    access_hint: str | None = None
    agenda: tuple[AgendaPoint, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """A person by the id under which the owner of the address knows it."""

    kind: RecipientKind
    id: UUID


@dataclass(frozen=True, kw_only=True)
class Told:
    """What somebody was told last: the sequence, and whether there is a place.

    `place` is CONFIRMATION or WITHDRAWAL, None for who was only invited; `withdrawals` counts.
    """

    sequence: int
    place: Notice | None = None
    withdrawals: int = 0


@dataclass(frozen=True, kw_only=True)
class People:
    """Whom the audience consists of, who has or gave back a place, and what everybody was told.

    `gone` are those who left their role or were erased: they are told nothing more.
    """

    audience: frozenset[Recipient] = frozenset()
    registered: frozenset[Recipient] = frozenset()
    withdrawn: frozenset[Recipient] = frozenset()
    gone: frozenset[Recipient] = frozenset()
    told: Mapping[Recipient, Told] = field(default_factory=dict)


def outstanding(
    meeting: Meeting, people: People, now: datetime
) -> Iterator[tuple[Recipient, Notice]]:
    """Yield what has to be sent with the meeting's present sequence; nothing for a past meeting."""
    if meeting.starts_at is None or is_over(meeting, now):
        return
    invited = _invited(meeting, people, now)
    known = people.told.keys() - people.gone
    for recipient in sorted(invited | known, key=lambda one: one.id):
        if notice := _news(meeting, people, recipient, is_invited=recipient in invited):
            yield recipient, notice


def _news(
    meeting: Meeting, people: People, recipient: Recipient, *, is_invited: bool
) -> Notice | None:
    """What one person has to be told now, if anything: one notice says all that is new."""
    told = people.told.get(recipient)
    if recipient in people.withdrawn:
        return Notice.WITHDRAWAL if told and told.place is not Notice.WITHDRAWAL else None
    if is_invited and recipient in people.registered and not _knows_place(told):
        return Notice.CONFIRMATION
    if told is None:
        return Notice.INVITATION
    return _RENEWED.get(meeting.state) if told.sequence < meeting.sequence else None


def _knows_place(told: Told | None) -> bool:
    return told is not None and told.place is Notice.CONFIRMATION


def is_over(meeting: Meeting, now: datetime) -> bool:
    """Whether nobody needs to hear of the meeting any more; a missing end counts as the start."""
    end = meeting.ends_at or meeting.starts_at
    return end is not None and end <= now


def delivery_id(
    meeting: Meeting, recipient: Recipient, notice: Notice, withdrawals: int = 0
) -> UUID:
    """The same notice to the same person has the same id, whoever asks for it and how often.

    Who registers anew after `withdrawals` is confirmed anew.
    """
    parts = [meeting.meeting_id, recipient.kind, recipient.id, notice, meeting.sequence]
    if withdrawals:
        parts.append(withdrawals)
    return uuid5(_NAMESPACE, ":".join(map(str, parts)))


def _invited(meeting: Meeting, people: People, now: datetime) -> frozenset[Recipient]:
    """The audience while it can register; who has a place, up to the beginning."""
    if meeting.starts_at is None or meeting.starts_at <= now:
        return frozenset()
    if meeting.state is MeetingState.OPEN:
        return (people.audience | people.registered) - people.gone
    if meeting.state is MeetingState.CLOSED:
        return people.registered - people.gone
    return frozenset()
