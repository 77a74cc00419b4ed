"""Which stored events leave the service, and what they look like then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from uuid import UUID

import msgspec

from contracts.catalog import UnknownEvent, find
from contracts.codec import published
from contracts.envelope import Message
from eventkit.recorded import Metadata
from eventkit.stored import Stored

_metadata = msgspec.json.Decoder(Metadata)


def messages(
    stored: Iterable[Stored], source: str, generation_at: Callable[[int], UUID] | None = None
) -> Iterator[Message]:
    """The published events among the stored ones, in order.

    `generation_at` says of a position in which generation it is told; without it, that of storing.

    Raises UnknownEvent at an event that newer software wrote: whether it is published, and
    which of its fields are personal, only that software knows.
    """
    for row in stored:
        if find(row.wire).is_published:
            told = message(row, source)
            yield told if generation_at is None else _moved(told, generation_at(told.position))


def _moved(told: Message, generation: UUID) -> Message:
    return told if told.generation == generation else replace(told, generation=generation)


def is_known(stored: Stored) -> bool:
    """Whether this software knows how the event is published."""
    try:
        find(stored.wire)
    except UnknownEvent:
        return False
    return True


def message(stored: Stored, source: str) -> Message:
    """One stored event as it is published; `source` is the service's absolute URI."""
    metadata = _metadata.decode(stored.metadata)
    return Message(
        id=stored.event_id,
        source=source,
        type=stored.wire,
        subject=stored.stream,
        time=stored.occurred_at,
        position=stored.position,
        version=stored.version,
        generation=metadata.generation,
        correlation_id=metadata.correlation_id,
        causation_id=metadata.causation_id,
        recorded_at=stored.recorded_at,
        tenant=metadata.tenant,
        traceparent=metadata.traceparent,
        data=published(stored.wire, stored.data),
    )
