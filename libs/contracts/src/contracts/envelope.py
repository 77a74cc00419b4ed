"""A published event as CloudEvents 1.0: binary mode on Kafka, JSON batches in the feed.

Both carry the bytes of `data` as they were stored; nothing here looks into them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import msgspec

from contracts.catalog import deprecation
from contracts.topics import catalogue_uri, cloud_type, schema_uri, wire_of

BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"
JSON = "application/json"
SEQUENCE_DIGITS = 20
# What every consumer's tables and their indexes can hold; nothing of this network is larger.
LONGEST_TEXT, LAST_VERSION, LAST_POSITION = 500, 2**31 - 1, 2**63 - 1

# What reading bytes that somebody else wrote can raise.
BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
Headers = Sequence[tuple[str, bytes | None]]


class Malformed(ValueError):
    """This is no event of this network; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One event between services; `type` is the wire name, `data` the published bytes."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    position: int
    version: int
    generation: UUID
    correlation_id: str
    causation_id: str | None = None
    recorded_at: datetime
    tenant: str | None = None
    traceparent: str | None = None
    data: bytes


class _Attributes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The attributes by their CloudEvents names; None means absent."""

    # A default would be left out of what is written, and these must stand there.
    specversion: str
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    sequence: str
    streamversion: int
    generation: UUID
    correlationid: str
    recordedtime: datetime
    causationid: str | None = None
    tenant: str | None = None
    traceparent: str | None = None
    # Said to others, in whatever form others say it to us: nothing here depends on these.
    dataschema: Any = None
    deprecated: Any = None
    deprecationfrom: Any = None
    deprecationsunset: Any = None
    deprecationmigration: Any = None


_NO_DATA = msgspec.Raw()


class _Structured(_Attributes, kw_only=True, omit_defaults=True):
    datacontenttype: str | None = None
    data: msgspec.Raw = _NO_DATA
    data_base64: bytes | None = None


_batch: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_one: msgspec.json.Decoder[_Structured] = msgspec.json.Decoder(_Structured)
_anything = msgspec.json.Decoder()


def to_kafka(message: Message) -> tuple[bytes, list[tuple[str, bytes]], bytes]:
    """Key, headers and value in binary mode; the key is the stream, so that its order holds."""
    attributes: dict[str, Any] = msgspec.to_builtins(_attributes(message))
    headers = [(f"ce_{name}", _header(value)) for name, value in attributes.items()]
    return message.subject.encode(), [("content-type", JSON.encode()), *headers], message.data


def _header(value: object) -> bytes:
    return b"true" if value is True else str(value).encode()


def from_kafka(headers: Headers, value: bytes | None) -> Message:
    """Read a record in binary or structured mode; raises Malformed."""
    if value is None:
        raise Malformed("The record has no value.")
    found = {name.lower(): text for name, text in headers if text is not None}
    try:
        if found.get("content-type", b"").lower().startswith(STRUCTURED.encode()):
            return _message(_one.decode(value))
        return _from_binary(found, value)
    except BROKEN as error:
        raise Malformed(str(error)) from error


def to_batch(messages: Iterable[Message]) -> bytes:
    """A JSON batch, with each event's data embedded byte by byte."""
    return msgspec.json.encode([_structured(message) for message in messages])


def split_batch(body: bytes) -> list[bytes]:
    """The events of a JSON batch, each for `from_structured`; raises Malformed.

    One event that cannot be read does not make the others unreadable.
    """
    try:
        return [bytes(found) for found in _batch.decode(body)]
    except BROKEN as error:
        raise Malformed(str(error)) from error


def to_structured(message: Message) -> bytes:
    """One event as a JSON object; data that is no JSON goes as base64."""
    try:
        _anything.decode(message.data)
    except BROKEN:
        encoded = _Structured(**_fields(message), data_base64=message.data)
        return msgspec.json.encode(encoded)
    return msgspec.json.encode(_structured(message))


def from_structured(body: bytes) -> Message:
    """Read one JSON object; raises Malformed."""
    try:
        return _message(_one.decode(body))
    except BROKEN as error:
        raise Malformed(str(error)) from error


def _from_binary(headers: Mapping[str, bytes], value: bytes) -> Message:
    attributes = {
        name.removeprefix("ce_"): text.decode()
        for name, text in headers.items()
        if name.startswith("ce_")
    }
    # Headers hold texts only; lax reading turns "17" back into a number.
    return _message(msgspec.convert(attributes, _Attributes, strict=False), value)


def _attributes(message: Message) -> _Attributes:
    return _Attributes(**_fields(message))


def _structured(message: Message) -> _Structured:
    return _Structured(**_fields(message), data=msgspec.Raw(message.data))


def _fields(message: Message) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": message.id,
        "source": message.source,
        "type": cloud_type(message.type),
        "subject": message.subject,
        "time": message.time.astimezone(UTC),
        "sequence": str(message.position).zfill(SEQUENCE_DIGITS),
        "streamversion": message.version,
        "generation": message.generation,
        "correlationid": message.correlation_id,
        "recordedtime": message.recorded_at.astimezone(UTC),
        "causationid": message.causation_id,
        "tenant": message.tenant,
        "traceparent": message.traceparent,
        "dataschema": schema_uri(message.source, message.type),
        **_deprecation(message),
    }


def _deprecation(message: Message) -> dict[str, Any]:
    """The attributes of CloudEvents' extension for events that go."""
    found = deprecation(message.type)
    if found is None:
        return {}
    return {
        "deprecated": True,
        "deprecationfrom": _start(found.since),
        "deprecationsunset": found.sunset and _start(found.sunset),
        "deprecationmigration": catalogue_uri(message.source, found.use),
    }


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _message(found: _Attributes, value: bytes | None = None) -> Message:
    if isinstance(found, _Structured):
        value = bytes(found.data) or found.data_base64
    texts = (found.source, found.subject, found.type, found.correlationid)
    if found.specversion != "1.0" or value is None or not all(map(_is_plain, texts)):
        raise Malformed("An event needs specversion 1.0, data, and attributes of short plain text.")
    try:
        wire, position = wire_of(found.type), int(found.sequence)
    except ValueError as error:
        raise Malformed(str(error)) from error
    if not (1 <= found.streamversion <= LAST_VERSION and 0 <= position <= LAST_POSITION):
        raise Malformed("Versions count from 1, positions from 0, and both have an end.")
    if found.time.tzinfo is None or found.recordedtime.tzinfo is None:
        raise Malformed("Times say their zone.")
    return Message(
        id=found.id,
        source=found.source,
        type=wire,
        subject=found.subject,
        time=found.time,
        position=position,
        version=found.streamversion,
        generation=found.generation,
        correlation_id=found.correlationid,
        causation_id=found.causationid,
        recorded_at=found.recordedtime,
        tenant=found.tenant,
        traceparent=found.traceparent,
        data=value,
    )


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= LONGEST_TEXT and text.isprintable()
