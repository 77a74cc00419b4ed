"""What should never stand on a wire, and what a listener must make of it; for both transports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from contracts.envelope import Message
from tests.integration.eventkit.wires import Item, Raw

MEGABYTE = b"x" * (1024 * 1024 + 17)


@dataclass(frozen=True)
class Poison:
    """`items` come in the place of a good event; `reason` is why they are parked, None: skipped.

    `stops` says that the stream of the event in whose place they came waits.
    """

    items: Callable[[Message], list[Item]]
    reason: str | None
    stops: bool = True


def _raw(value: bytes | None) -> Poison:
    return Poison(lambda good: [Raw(value), good], "unreadable", stops=False)


def _beside(strange: Callable[[Message], Message], reason: str) -> Poison:
    """It comes before the good one and must not touch its stream."""
    return Poison(lambda good: [strange(good), good], reason, stops=False)


def _instead(strange: Callable[[Message], Message], reason: str | None) -> Poison:
    return Poison(lambda good: [strange(good)], reason, stops=reason is not None)


def _forged(good: Message) -> Message:
    return replace(good, id=uuid4(), source="https://intruder.example.org")


POISONS: Mapping[str, Poison] = {
    "no JSON": _raw(b"\xff\xfe no JSON"),
    "no bytes": _raw(b""),
    "no value": _raw(None),
    "a megabyte of nothing": _raw(MEGABYTE),
    "a megabyte of data": _instead(
        lambda good: replace(good, data=b'{"meeting_id": "' + MEGABYTE + b'"}'), "refused"
    ),
    "data of the wrong type": _instead(
        lambda good: replace(good, data=b'{"meeting_id": 7, "title": []}'), "refused"
    ),
    "data that is no JSON": _instead(lambda good: replace(good, data=b"\xff{"), "refused"),
    "an unknown type": _instead(lambda good: replace(good, type="meeting.dreamt.v1"), None),
    "a higher major version": _instead(
        lambda good: replace(good, type="meeting.planned.v9"), "newer"
    ),
    "a generation that the source does not know": _beside(
        lambda good: replace(good, id=uuid4(), generation=uuid4()), "generation"
    ),
    "a forged source": _beside(_forged, "foreign"),
    "a forged source before its stream": _beside(
        lambda good: replace(_forged(good), subject=f"sample-{uuid4()}", version=1), "foreign"
    ),
}
