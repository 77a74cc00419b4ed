"""What tests of a service need: given events, when a command, then events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid5

from contracts.catalog import wire
from eventkit.domain import Aggregate
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Metadata, Recorded

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")

_SOME = UUID("0d5e0f6e-0c43-4b0e-9a3b-2f5a0b5d7a10")
_THEN = datetime(2020, 10, 16, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Given(Generic[State, Command, Event]):
    """An aggregate with a past: `given(MEETING, planned).when(command)` gives the new events."""

    aggregate: Aggregate[State, Command, Event]
    past: tuple[Event, ...]

    def when(self, command: Command) -> list[Event]:
        """Decide on the folded past; raises what the rules refuse."""
        state: State | None = None
        for event in self.past:
            state = self.aggregate.evolve(state, event)
        return self.aggregate.decide(state, command)


def given(
    aggregate: Aggregate[State, Command, Event], *past: Event
) -> Given[State, Command, Event]:
    """Start a sentence of a rule test."""
    return Given(aggregate, past)


def recorded(event: Event, *, stream: str = "thing-1", version: int = 1) -> Recorded[Event]:
    """An event as if it had been stored as this version, at a fixed time."""
    return Recorded(
        event=event,
        type=wire(event),
        stream=stream,
        version=version,
        position=version,
        event_id=uuid5(_SOME, f"{stream}:{version}"),
        occurred_at=_THEN,
        recorded_at=_THEN,
        metadata=Metadata(actor="test", correlation_id="test", generation=_SOME),
    )


def folded(model: ReadModel, events: Sequence[Any], *, stream: str = "thing-1") -> dict[Key, Row]:
    """The rows of a read model after the events of one stream, without a database."""

    def apply(rows: dict[Key, Row], numbered: tuple[int, Any]) -> dict[Key, Row]:
        fact = recorded(numbered[1], stream=stream, version=numbered[0])
        changed = {key: model.change(key, rows.get(key), fact) for key in model.keys(fact)}
        return {k: row for k, row in (rows | changed).items() if row is not None}

    empty: dict[Key, Row] = {}
    return reduce(apply, enumerate(events, 1), empty)
