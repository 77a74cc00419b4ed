"""A row of the event table, and what it means."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from contracts.codec import decode
from eventkit.recorded import Metadata, Recorded


class Stored(msgspec.Struct, frozen=True):
    """A row of the event table, its JSON as the text that was stored."""

    stream: str
    version: int
    position: int
    event_id: UUID
    name: str
    schema_version: int
    data: str
    metadata: str
    hash: bytes
    occurred_at: datetime
    recorded_at: datetime

    @property
    def wire(self) -> str:
        return f"{self.name}.v{self.schema_version}"


_metadata_decoder = msgspec.json.Decoder(Metadata)


def recorded(stored: Stored) -> Recorded[Any]:
    """Decode a stored row to the newest version of its event; personal fields stay sealed.

    Raises contracts.catalog.UnknownEvent for an event that newer software wrote.
    """
    return Recorded(
        event=decode(stored.wire, stored.data),
        type=stored.wire,
        stream=stored.stream,
        version=stored.version,
        position=stored.position,
        event_id=stored.event_id,
        occurred_at=stored.occurred_at,
        recorded_at=stored.recorded_at,
        metadata=_metadata_decoder.decode(stored.metadata),
    )
