"""The agenda of a meeting, published by the meetings service in the meeting's stream."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow.validate import Range

from contracts.catalog import Text, event, value


class AgendaKind(StrEnum):
    """Kinds of agenda items (MEE-07)."""

    REGISTRATION_DESK = "registration_desk"
    WELCOME = "welcome"
    GREETING = "greeting"
    INTRODUCTION = "introduction"
    INPUT = "input"
    WORK = "work"
    EXCHANGE = "exchange"
    STORIES = "stories"
    WORLD_CAFE_ROUND = "world_cafe_round"
    BREAKOUT_ROUND = "breakout_round"
    RESULTS_REVIEW = "results_review"
    BREAK = "break"
    OUTLOOK = "outlook"
    CLOSING = "closing"
    SOCIAL = "social"
    END = "end"
    OTHER = "other"


@value
class AgendaItem:
    """One point of the agenda; times are optional, the order is not (MEE-07, MEE-08)."""

    title: Text
    kind: AgendaKind
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    speaker_role: Text | None = None
    topics: tuple[Text, ...] = ()


@event("agenda.published", version=1)
class AgendaPublished:
    """The whole agenda as it is now; revision 1 is the first (MEE-07)."""

    meeting_id: UUID
    revision: Annotated[int, Range(min=1)]
    items: tuple[AgendaItem, ...]
