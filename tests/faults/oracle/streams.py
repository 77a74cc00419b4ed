"""One service's events: versions without a gap, the hash chain, and what stands behind each."""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import orjson

from contracts.envelope import to_kafka, to_structured
from eventkit.publication import messages
from eventkit.store import Store
from eventkit.stored import Stored
from tests.faults.dump import text
from tests.faults.history import History, Line, meta
from tests.faults.oracle.findings import BROKEN, DOUBLED, LOST, Finding

# Who the load is in the events' metadata.
ACTOR = "client:faults-"


@dataclass
class Group:
    """The events of one operation."""

    types: Counter[str] = field(default_factory=Counter)
    streams: set[str] = field(default_factory=set)
    version: int = 0


@dataclass
class Published:
    """What must stand on the wires of one event, as digests."""

    name: str
    stream: str
    version: int
    record: bytes
    feed: bytes
    op: str | None


@dataclass
class Facts:
    """What one service stored."""

    findings: list[Finding] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    published: dict[str, Published] = field(default_factory=dict)
    count: int = 0


def stored_rows(history: History, service: str) -> Iterator[Stored]:
    """In order of stream and version."""
    for row in history.rows(f"events/{service}"):
        yield stored(row)


def stored(row: Line) -> Stored:
    return Stored(
        stream=row["stream"],
        version=row["version"],
        position=row["position"],
        event_id=UUID(row["event_id"]),
        name=row["type"],
        schema_version=row["schema_version"],
        data=row["data"],
        metadata=row["metadata"],
        hash=bytes.fromhex(row["hash"]),
        occurred_at=datetime.fromisoformat(row["occurred_at"]),
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
    )


def facts_of(history: History, service: str) -> Facts:
    """Read all events of a service once."""
    keys = meta(history)["services"][service]
    facts, store = Facts(), chain(keys["chain_key"])
    before: Stored | None = None
    ids: set[UUID] = set()
    for one in stored_rows(history, service):
        facts.count += 1
        previous = before if before and before.stream == one.stream else None
        facts.findings += judged(service, store, previous, one)
        if one.event_id in ids:
            facts.findings.append(Finding(DOUBLED, f"events/{service}", f"id {one.event_id}"))
        ids.add(one.event_id)
        op = operation(one)
        if op is not None:
            note(facts.groups.setdefault(op, Group()), one)
        for message in messages([one], keys["source"]):
            facts.published[str(one.event_id)] = Published(
                name=one.name,
                stream=one.stream,
                version=one.version,
                record=record_digest(*to_kafka(message)),
                feed=digest(to_structured(message)),
                op=op,
            )
        before = one
    return facts


def judged(service: str, store: Store, before: Stored | None, one: Stored) -> Iterator[Finding]:
    """A stream's versions are 1, 2, 3, … and its hashes a chain."""
    where, expected = f"events/{service}", before.version + 1 if before else 1
    if one.version != expected:
        kind = LOST if one.version > expected else DOUBLED
        yield Finding(kind, where, f"{one.stream}: {one.version} in place of {expected}")
    elif store.digest(before.hash if before else b"", one) != one.hash:
        yield Finding(BROKEN, where, f"{one.stream} version {one.version} breaks the hash chain")
    if before and one.recorded_at < before.recorded_at:
        yield Finding(BROKEN, where, f"{one.stream} version {one.version} was stored too early")


def note(group: Group, one: Stored) -> None:
    group.types[one.name] += 1
    group.streams.add(one.stream)
    group.version = max(group.version, one.version)


def operation(one: Stored) -> str | None:
    """The key of the operation that made this event; None where nobody of the load did."""
    metadata = orjson.loads(one.metadata)
    if not str(metadata["actor"]).startswith(ACTOR):
        return None
    return str(metadata["correlation_id"])


def chain(key: str) -> Store:
    """Only for its digests."""
    nobody = cast(Any, SimpleNamespace())
    return Store(chain_key=b64decode(key), generation=UUID(int=0), vault=nobody)


def record_digest(key: bytes | None, headers: Any, value: bytes | None) -> bytes:
    """Of a record as it was dumped, and as it should be, alike."""
    told = [text(key), [[name, text(one)] for name, one in headers], text(value)]
    return digest(orjson.dumps(told))


def digest(told: bytes) -> bytes:
    return blake2b(told, digest_size=16).digest()
