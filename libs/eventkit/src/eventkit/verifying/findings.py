"""What `verify` finds, and what exactly is wrong with one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

import msgspec

from eventkit.store import Store
from eventkit.stored import Stored
from eventkit.verifying.heads import Head


class Kind(StrEnum):
    """What happened to what was stored; docs/operate.md says the same to operators."""

    CHANGED = "changed"  # the event is not what was stored
    MISSING = "missing"  # there are later events of the stream, and not this one
    MOVED = "moved"  # the event stands under another version
    CUT = "cut"  # the stream, or the store, ends earlier than it did
    GONE = "gone"  # no event of the stream is left
    REPLACED = "replaced"  # a sound event, but not the one that was there
    PLACED = "placed"  # position or recorded_at is not what it was
    UNFOLLOWED = "unfollowed"  # the stream has no head
    HISTORY = "history"  # all that was stored up to a head is not what that head says
    HEAD = "head"  # a head that was exported cannot be believed, or is of another store


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. Without a stream it is about the whole store."""

    kind: Kind
    text: str
    stream: str | None = None
    version: int | None = None
    position: int | None = None

    def __str__(self) -> str:
        where = [self.stream] if self.stream else []
        where += [f"version {self.version}"] if self.version else []
        return f"{' '.join(where)}: {self.text}" if where else self.text


def findings_of(
    store: Store, stream: str, events: Sequence[Stored], head: Head | None
) -> Iterator[Finding]:
    """What is wrong with a stream about which something is; `head` is what was kept of it.

    The events come in the order of their versions.
    """
    if not events:
        text = f"the stream is missing, which had {head.version if head else 0} events"
        yield Finding(kind=Kind.GONE, stream=stream, text=text)
        return
    found = [*_in_chain(store, {one.version: one for one in events}), *_at_end(events, head)]
    yield from found or _in_order(events, head)


def _in_chain(store: Store, events: Mapping[int, Stored]) -> Iterator[Finding]:
    """Go up the versions, and look for each where the hash before it leads to.

    After a fault the next events are judged by the hashes as they stand, and as they should be,
    so that one changed event is one finding.
    """
    before = [b""]
    for version in range(1, max(events) + 1):
        stored = events.get(version)
        if stored and (not before or any(_follows(store, one, stored, version) for one in before)):
            before = [stored.hash]
            continue
        elsewhere = _elsewhere(store, before, events.values(), version)
        if elsewhere:
            yield _moved(elsewhere, version)
            before = [elsewhere.hash]
        elif stored:
            yield _about(stored, Kind.CHANGED, "it is not what was stored")
            before = [stored.hash, *(store.digest(one, stored) for one in before)]
        else:
            yield _missing(next(iter(events.values())).stream, version)
            before = []


def _follows(store: Store, before: bytes, stored: Stored, version: int) -> bool:
    as_it_was = msgspec.structs.replace(stored, version=version)
    return store.digest(before, as_it_was) == stored.hash


def _elsewhere(
    store: Store, before: Sequence[bytes], events: Iterable[Stored], version: int
) -> Stored | None:
    """The event that was stored with this version, where it stands under another one."""
    others = (one for one in events if one.version != version)
    fits = (one for one in others if any(_follows(store, was, one, version) for was in before))
    return next(fits, None)


def _at_end(events: Sequence[Stored], head: Head | None) -> Iterator[Finding]:
    if head is None:
        return
    last = events[-1]
    if last.version < head.version:
        text = f"cut off: versions {last.version + 1} to {head.version} are missing at the end"
        yield Finding(kind=Kind.CUT, stream=last.stream, version=last.version + 1, text=text)
        return
    known = next((one for one in events if one.version == head.version), None)
    if known and known.hash != head.hash:
        yield _about(known, Kind.REPLACED, "it is not the event that was there before")


def _in_order(events: Sequence[Stored], head: Head | None) -> Iterator[Finding]:
    """Where every event is what was stored, and yet the head was another one."""
    for before, after in pairwise(events):
        if after.position < before.position:
            yield _about(after, Kind.PLACED, f"its position is below that of {before.version}")
        if after.recorded_at < before.recorded_at:
            yield _about(after, Kind.PLACED, f"its recorded_at is before that of {before.version}")
    last = events[-1]
    if head is None:
        text = "it has no head, so its end may be missing"
        yield Finding(kind=Kind.UNFOLLOWED, stream=last.stream, text=text)
    else:
        text = (
            f"position or recorded_at is not what it was, of one event up to version {head.version}"
        )
        yield Finding(kind=Kind.PLACED, stream=last.stream, text=text)


def _moved(stored: Stored, version: int) -> Finding:
    text = f"it stands as version {stored.version}"
    return Finding(
        kind=Kind.MOVED,
        stream=stored.stream,
        version=version,
        position=stored.position,
        text=text,
    )


def _missing(stream: str, version: int) -> Finding:
    return Finding(kind=Kind.MISSING, stream=stream, version=version, text="it is missing")


def _about(stored: Stored, kind: Kind, text: str) -> Finding:
    return Finding(
        kind=kind,
        stream=stored.stream,
        version=stored.version,
        position=stored.position,
        text=text,
    )
