"""What later decisions about a meeting must remember; what people read is projected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.events.agenda import (
    AgendaItem,
)
from contracts.events.meetings import (
    Mode,
)
from contracts.events.registry import Party
from eventkit.domain import Conflict, NotFound
from meetings.domain.phases import PERMISSIONS, Action, Phase, allows


class Standing(StrEnum):
    """What a participant has: a place, a turn in the waiting list, or a place that is taken."""

    REGISTERED = "registered"
    WAITLISTED = "waitlisted"
    ATTENDED = "attended"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One participant; the contact keeps somebody from registering twice, the party manages it."""

    standing: Standing
    contact_id: UUID | None = None
    party: Party | None = None


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """A meeting as its rules see it; `places` keeps the order of registration.

    `former` are those who gave theirs back. Who was erased may be in either.
    """

    meeting_id: UUID
    phase: Phase
    recorded_afterwards: bool = False
    mode: Mode | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    started_at: datetime | None = None
    agenda: tuple[AgendaItem, ...] = ()
    agenda_revision: int = 0
    capacity: int | None = None
    places: Mapping[UUID, Place] = field(default_factory=dict)
    former: Mapping[UUID, Place] = field(default_factory=dict)
    erased: frozenset[UUID] = frozenset()
    certified: frozenset[UUID] = frozenset()
    stories: frozenset[UUID] = frozenset()


def known(meeting: Meeting | None, action: Action) -> Meeting:
    """The meeting, if there is one and its phase allows the action; a Refusal otherwise."""
    if meeting is None:
        raise NotFound("unknown-meeting", "There is no such meeting.")
    if not allows(meeting.phase, action, recorded_afterwards=meeting.recorded_afterwards):
        sentence = PERMISSIONS[action].sentence
        raise Conflict(
            f"meeting-is-{meeting.phase}", f"{sentence} This one is {SAID[meeting.phase]}."
        )
    return meeting


SAID: Mapping[Phase, str] = {
    Phase.IDEA: "an idea without a date",
    Phase.SCHEDULED: "scheduled, and nobody is invited yet",
    Phase.OPEN: "open for registration",
    Phase.CLOSED: "closed for registration",
    Phase.RUNNING: "running",
    Phase.HELD: "over",
    Phase.DOCUMENTED: "documented",
    Phase.CANCELLED: "cancelled",
}
