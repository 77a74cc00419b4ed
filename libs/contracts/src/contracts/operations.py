"""What operators did about parked and lost events: told in each service's own store alone."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow.validate import Length, Range

from contracts.catalog import Text, event, value

Line = Annotated[str, Length(min=1, max=500)]
Count = Annotated[int, Range(min=0)]


class ParkedAct(StrEnum):
    """Try the stream again; pass one event over; forget what is parked and ask the source."""

    RETRY = "retry"
    SKIP = "skip"
    DISCARD = "discard"


class ParkedOutcome(StrEnum):
    """What became of an act: it was done, the event waits on, it had gone, or was another one."""

    DONE = "done"
    WAITS = "waits"
    GONE = "gone"
    CHANGED = "changed"


@value
class ParkedTarget:
    """A parked event by its number here; the revision is the one that was decided on."""

    parked_id: int
    source: Text
    revision: int | None = None


@event("parked_action.requested", version=1, published=False)
class ParkedActionRequested:
    """An operator wants something done about parked events; the reason names no person."""

    action_id: UUID
    act: ParkedAct
    targets: tuple[ParkedTarget, ...]
    reason: Text | None = None


@event("parked_action.carried_out", version=1, published=False)
class ParkedActionCarriedOut:
    """The consumer did it, in the transaction that this event stands in, or could not.

    `events` counts those that were handled, passed over or forgotten; `why` is what stands in
    the way where the event waits on.
    """

    action_id: UUID
    parked_id: int
    outcome: ParkedOutcome
    source: Text
    stream: Line | None = None
    version: int | None = None
    event_id: UUID | None = None
    type: Line | None = None
    events: Count = 0
    why: Text | None = None


@event("lost_acknowledgement.given", version=1, published=False)
class LostEventsAcknowledged:
    """An operator has seen what a source lost in a restore; the reason names no person."""

    acknowledgement_id: UUID
    source: Text
    events: Count
    reason: Text


ParkedActionEvent = ParkedActionRequested | ParkedActionCarriedOut
