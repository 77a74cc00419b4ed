"""What an erasure clears of parked copies.

A published event has no personal fields, so a copy that fits its declaration stays. What is no
event, or one that does not fit, may hold anything.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from contracts.catalog import UnknownEvent, find
from contracts.codec import read
from contracts.envelope import Malformed, Message, from_structured, to_structured
from contracts.schemas import json_schema
from eventkit.consuming.inbox import UNFIT
from eventkit.store import Connection

CLEARED = "cleared by an erasure"
_EMPTY = b"{}"

# Nobody can tell whose data stands in it, and nobody can handle it: so all of it goes each time.
_CLEAR_UNREADABLE = (
    "UPDATE parked SET message = '', detail = %(told)s WHERE stream IS NULL AND message <> ''"
)
_OF_STREAMS = "SELECT id, message FROM parked WHERE stream IS NOT NULL AND detail <> %s"
_CLEAR = "UPDATE parked SET message = %s, detail = %s, revision = revision + 1 WHERE id = %s"


def forget_parked(raw: Connection, person: str) -> int:
    """Clear what parked copies may hold of a person, on the connection's transaction; how many.

    All copies of what is no event lose their bytes. A copy of an event that does not fit its
    declaration and names the person's id (or is no JSON) loses its data: discard it, and the
    stream is taken from its source again.
    """
    cleared = raw.execute(_CLEAR_UNREADABLE, {"told": CLEARED}).rowcount
    for number, copy in raw.execute(_OF_STREAMS, (CLEARED,)).fetchall():
        if (rest := _rest(copy, person)) is not None:
            cleared += raw.execute(_CLEAR, (rest, CLEARED, number)).rowcount
    return cleared


def _rest(copy: bytes, person: str) -> bytes | None:
    """What may stay of a copy; None where that is all of it."""
    try:
        message = from_structured(copy)
    except Malformed:
        return b""
    return to_structured(replace(message, data=_EMPTY)) if _may_hold(message, person) else None


def _may_hold(message: Message, person: str) -> bool:
    text = message.data.decode(errors="replace").lower()
    try:
        content = msgspec.json.decode(message.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return person.lower() in text and not _fits(message, content)


def _fits(message: Message, content: object) -> bool:
    """Whether it is the published form of a known event, with no field beside those."""
    try:
        read(message.type, message.data)
        told = json_schema(find(message.type), "published")["properties"]
    except (UnknownEvent, *UNFIT):
        return False
    return isinstance(content, dict) and content.keys() <= told.keys()
