"""A small history in which nothing is wrong, made by the real store and the real wires."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import orjson

from contracts.envelope import Message, to_kafka, to_structured
from eventkit.publication import message
from eventkit.stored import Stored
from tests.faults.dump import plain, text
from tests.faults.history import Line, Remembered
from tests.faults.oracle.streams import chain

KEY = b64encode(b"k" * 32).decode()
SERVICE, SOURCE = "registry", "http://registry.example.org"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHAT = "organisation.registered"


@dataclass
class Told:
    """Organisations that were registered and archived, one operation each."""

    history: Remembered = field(default_factory=Remembered)
    stored: list[Stored] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.history.parts["meta"] = [
            {"services": {SERVICE: {"source": SOURCE, "chain_key": KEY}}, "seed": "test"}
        ]
        for part in (f"events/{SERVICE}", f"topic/{SERVICE}", f"feed/{SERVICE}", "ledger"):
            self.history.parts[part] = []
        for part in (f"inbox/meetings/{SERVICE}", f"model/{SERVICE}/organisations"):
            self.history.parts[part] = []

    def part(self, name: str) -> list[Line]:
        return self.history.parts[name]

    def tell(self) -> str:
        """One organisation comes and goes; its stream."""
        key = uuid4()
        registered = {"organisation_id": str(key), "name": f"Verein {key}", "kind": "association"}
        self._happen(key, WHAT, registered | {"ags": None})
        archived = {"organisation_id": str(key), "reason": "Aufgelöst"}
        self._happen(key, "organisation.archived", archived)
        row: Line = {**registered, "ags": None, "active": False, "stream_version": 2}
        row["name_folded"] = f"verein {key}"
        self.part(f"model/{SERVICE}/organisations").append(row)
        return f"organisation-{key}"

    def wish(self, state: str, op: str | None = None, **more: object) -> str:
        """An operation that ended in this state; its key."""
        op = op or str(uuid4())
        told = {"op": op, "what": WHAT, "service": SERVICE, "types": [WHAT], "count": 1}
        self.part("ledger").append({**told, "state": "invoked"})
        self.part("ledger").append({"op": op, "state": state, **more})
        return op

    def _happen(self, key: UUID, name: str, data: Line) -> None:
        op = str(uuid4())
        self.wish("ok", op)
        if name != WHAT:
            self.part("ledger")[-2]["types"] = [name]
        self._wires(self._append(f"organisation-{key}", name, data, op))

    def _append(self, stream: str, name: str, data: Line, op: str) -> Stored:
        before = [one for one in self.stored if one.stream == stream]
        metadata = {"actor": "client:faults-organiser", "correlation_id": op}
        now = START + timedelta(seconds=len(self.stored))
        bare = Stored(
            stream=stream,
            version=len(before) + 1,
            position=len(self.stored) + 1,
            event_id=uuid4(),
            name=name,
            schema_version=1,
            data=orjson.dumps(data).decode(),
            metadata=orjson.dumps(metadata | {"generation": str(UUID(int=1))}).decode(),
            hash=b"",
            occurred_at=now,
            recorded_at=now,
        )
        digest = chain(KEY).digest(before[-1].hash if before else b"", bare)
        fields = {name: getattr(bare, name) for name in bare.__struct_fields__}
        whole = Stored(**fields | {"hash": digest})
        self.stored.append(whole)
        row = {name: plain(getattr(whole, name)) for name in whole.__struct_fields__}
        row["type"] = row.pop("name")
        self.part(f"events/{SERVICE}").append(row)
        return whole

    def _wires(self, stored: Stored) -> None:
        told = message(stored, SOURCE)
        self.part(f"topic/{SERVICE}").append(record(told))
        self.part(f"feed/{SERVICE}").append({"b": to_structured(told).decode()})
        seen = {"s": stored.stream, "v": stored.version, "id": str(stored.event_id)}
        self.part(f"inbox/meetings/{SERVICE}").append(seen)


def record(told: Message) -> Line:
    key, headers, value = to_kafka(told)
    named = [[name, text(one)] for name, one in headers]
    return {"p": 0, "o": 0, "k": text(key), "h": named, "b": text(value)}
