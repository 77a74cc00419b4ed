"""A service in small: a meeting's life through the real contracts, and one read model."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.events.meetings import MeetingCancelled, MeetingKind, MeetingPlanned, Mode
from contracts.events.registry import ContactAppointed, Party, PartyKind
from eventkit.domain import Aggregate, Conflict
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Context, Recorded

SampleEvent = MeetingPlanned | MeetingCancelled
KEY = b64encode(b"k" * 32).decode()
CONTEXT = Context(actor="client:test", tenant="organiser", correlation_id="c-1")


def plan(key: UUID, title: str = "Netzwerktreffen") -> MeetingPlanned:
    return MeetingPlanned(
        meeting_id=key, kind=MeetingKind.NETWORK_MEETING, title=title, mode=Mode.DIGITAL
    )


def cancel(key: UUID) -> MeetingCancelled:
    return MeetingCancelled(meeting_id=key, reason="Test")


def appoint(key: UUID) -> ContactAppointed:
    return ContactAppointed(
        contact_id=key,
        party=Party(kind=PartyKind.MUNICIPALITY, key="08111000"),
        role="Integrationsbeauftragte:r",
        purpose="Netzwerk",
        name="Kontakt der Stadt",
        email="kontakt@example.org",
    )


def decide(state: str | None, command: SampleEvent) -> list[SampleEvent]:
    """Commands are the events they ask for; a cancelled thing takes no more of them."""
    if state == "cancelled":
        raise Conflict("cancelled", "This is cancelled.")
    return [command]


def evolve(_: str | None, event: SampleEvent) -> str:
    return "cancelled" if isinstance(event, MeetingCancelled) else "planned"


def decide_contact(_: str | None, command: ContactAppointed) -> list[ContactAppointed]:
    return [command]


def evolve_contact(_: str | None, __: ContactAppointed) -> str:
    return "active"


SAMPLE = Aggregate(name="sample", decide=decide, evolve=evolve)
CONTACT = Aggregate(name="contact", decide=decide_contact, evolve=evolve_contact)

metadata = sa.MetaData()
titles = sa.Table(
    "titles",
    metadata,
    sa.Column("meeting_id", sa.Uuid, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("seen", sa.JSON, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)

# How often a subscriber's `react` was told of each event.
heard = sa.Table(
    "heard",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("times", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[Any]) -> list[Key]:
    match recorded.event:
        case MeetingPlanned(meeting_id=key) | MeetingCancelled(meeting_id=key):
            return [(key,)]
    return []


def change(key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    match recorded.event:
        case MeetingPlanned(title=title):
            seen = [*(row["seen"] if row else []), recorded.version]
            return {"meeting_id": key[0], "title": title, "state": "planned", "seen": seen}
        case MeetingCancelled() if row is not None:
            return row | {"state": "cancelled", "seen": [*row["seen"], recorded.version]}
    return row


TITLES = ReadModel(name="titles", table=titles, keys=keys, change=change)
