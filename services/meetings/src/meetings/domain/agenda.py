"""The agenda: items in their order, whose times are optional but never overlap."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events.agenda import (
    AgendaItem,
    AgendaPublished,
)
from eventkit.domain import Conflict, Invalid
from meetings.domain.phases import Action
from meetings.domain.state import Meeting, known


@dataclass(frozen=True, kw_only=True)
class PublishAgenda:
    """Set the whole agenda as it is now."""

    meeting_id: UUID
    items: tuple[AgendaItem, ...]


def publish_agenda(meeting: Meeting | None, command: PublishAgenda) -> list[AgendaPublished]:
    present = known(meeting, Action.PUBLISH_AGENDA)
    if not command.items:
        raise Invalid("empty-agenda", "An agenda has at least one item.", pointer="/items")
    _must_be_in_order(command.items)
    _must_lie_within(present, command.items)
    if command.items == present.agenda:
        return []
    return [_revision(present, command.items)]


def moved(meeting: Meeting, starts_at: datetime, ends_at: datetime) -> list[AgendaPublished]:
    """The agenda moved along with the meeting as a new revision; refused where it doesn't fit."""
    if meeting.starts_at is None or not any(True for _ in _times(meeting.agenda)):
        return []
    by = starts_at - meeting.starts_at
    items = tuple(_shifted(item, by) for item in meeting.agenda)
    if any(time > ends_at for _, time in _times(items)):
        raise Conflict(
            "agenda-does-not-fit",
            "The agenda is longer than the new time; publish a shorter one first.",
            pointer="/ends_at",
        )
    return [_revision(meeting, items)] if by else []


def end_of(items: tuple[AgendaItem, ...], number: int, ends_at: datetime | None) -> datetime | None:
    """When an item ends: as it says, else when the next one starts, the last with the meeting."""
    if items[number].ends_at is not None:
        return items[number].ends_at
    if number + 1 == len(items):
        return ends_at
    return items[number + 1].starts_at


def _revision(meeting: Meeting, items: tuple[AgendaItem, ...]) -> AgendaPublished:
    return AgendaPublished(
        meeting_id=meeting.meeting_id, revision=meeting.agenda_revision + 1, items=items
    )


def _must_be_in_order(items: tuple[AgendaItem, ...]) -> None:
    latest: datetime | None = None
    is_end = False
    for pointer, time in _times(items):
        if latest is not None and time < latest:
            raise _out_of_order(pointer, is_end=is_end)
        latest, is_end = time, pointer.endswith("ends_at")


def _out_of_order(pointer: str, *, is_end: bool) -> Invalid:
    if pointer.endswith("ends_at"):
        return Invalid("bad-period", "An item ends after it starts.", pointer=pointer)
    if is_end:
        detail = "This item starts before an item above it ends."
        return Invalid("overlapping-items", detail, pointer=pointer)
    detail = "This item starts before an item above it starts."
    return Invalid("items-out-of-order", detail, pointer=pointer)


def _must_lie_within(meeting: Meeting, items: tuple[AgendaItem, ...]) -> None:
    for pointer, time in _times(items):
        if meeting.starts_at is None:
            detail = "Items get times once the meeting has one."
            raise Conflict("meeting-without-time", detail, pointer=pointer)
        if time < meeting.starts_at or (meeting.ends_at is not None and time > meeting.ends_at):
            detail = "This lies outside the time of the meeting."
            raise Invalid("outside-the-meeting", detail, pointer=pointer)


def _times(items: tuple[AgendaItem, ...]) -> Iterator[tuple[str, datetime]]:
    for number, item in enumerate(items):
        if item.starts_at is not None:
            yield f"/items/{number}/starts_at", item.starts_at
        if item.ends_at is not None:
            yield f"/items/{number}/ends_at", item.ends_at


def _shifted(item: AgendaItem, by: timedelta) -> AgendaItem:
    return replace(
        item,
        starts_at=item.starts_at and item.starts_at + by,
        ends_at=item.ends_at and item.ends_at + by,
    )
