"""CloudEvents 1.0 in both shapes: what is sent is what is read, and nothing else is."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from contracts import envelope
from contracts.catalog import Deprecated
from contracts.envelope import (
    Malformed,
    Message,
    from_kafka,
    from_structured,
    split_batch,
    to_batch,
    to_kafka,
    to_structured,
)
from tests.contracts.examples import EVENTS

# Importing them has declared the events.
assert EVENTS

MESSAGE = Message(
    id=UUID(int=1),
    source="https://meetings.example.org",
    type="meeting.cancelled.v1",
    subject="meeting-00000000-0000-0000-0000-000000000002",
    time=datetime(2020, 10, 16, 8, 30, tzinfo=UTC),
    position=1234,
    version=7,
    generation=UUID(int=3),
    correlation_id="c-1",
    causation_id="00000000-0000-0000-0000-000000000004",
    recorded_at=datetime(2020, 10, 16, 8, 30, 1, 500, tzinfo=UTC),
    tenant="08416041",
    data='{"reason" : "Übung",  "n":1.50}'.encode(),
)
BARE = replace(MESSAGE, causation_id=None, tenant=None)
OLD = replace(MESSAGE, type="invitations.opened.v1")


@pytest.mark.parametrize("message", [MESSAGE, BARE])
def test_what_is_sent_is_what_is_read(message: Message) -> None:
    _, headers, value = to_kafka(message)
    assert from_kafka(headers, value) == message
    assert from_structured(to_structured(message)) == message
    assert [from_structured(one) for one in split_batch(to_batch([message, message]))] == [
        message,
        message,
    ]


def test_both_shapes_carry_the_very_same_bytes_of_data() -> None:
    assert to_kafka(MESSAGE)[2] == MESSAGE.data
    assert MESSAGE.data in to_batch([MESSAGE])


def test_the_kafka_record_is_in_binary_mode_and_keyed_by_stream() -> None:
    key, headers, _ = to_kafka(MESSAGE)
    told = dict(headers)
    assert key == MESSAGE.subject.encode()
    assert told["content-type"] == b"application/json"
    assert "ce_datacontenttype" not in told
    assert told["ce_specversion"] == b"1.0"
    assert told["ce_type"] == b"netztreff.meeting.cancelled.v1"
    assert told["ce_sequence"] == b"00000000000000001234"
    assert told["ce_streamversion"] == b"7"
    assert told["ce_time"] == b"2020-10-16T08:30:00Z"
    assert "ce_causationid" not in dict(to_kafka(BARE)[1])


def test_attribute_names_are_those_that_cloudevents_allows() -> None:
    names = json.loads(to_structured(MESSAGE)).keys() - {"data"}
    assert all(name.isalnum() and name.islower() and len(name) <= 20 for name in names)


def test_sequences_sort_as_text() -> None:
    sequences = [
        json.loads(to_structured(replace(MESSAGE, position=position)))["sequence"]
        for position in (9, 10, 99, 100, 2**62)
    ]
    assert sequences == sorted(sequences)


def test_times_are_told_in_utc() -> None:
    berlin = timezone(timedelta(hours=2))
    message = replace(MESSAGE, time=MESSAGE.time.astimezone(berlin))
    assert json.loads(to_structured(message))["time"] == "2020-10-16T08:30:00Z"


def test_structured_mode_is_read_from_kafka_too() -> None:
    headers = [("Content-Type", b"Application/CloudEvents+JSON; charset=UTF-8")]
    assert from_kafka(headers, to_structured(MESSAGE)) == MESSAGE


def test_an_unknown_attribute_and_a_tolerated_one_are_ignored() -> None:
    _, headers, value = to_kafka(MESSAGE)
    more = [*headers, ("ce_datacontenttype", b"application/json"), ("ce_strange", b"1"), ("x", b"")]
    assert from_kafka(more, value) == MESSAGE


@pytest.mark.parametrize("data", [b"", b"\xff\x00", b"{", b"[" * 10_000, b'{"a":"\xff"}'])
def test_data_that_is_no_json_survives_being_parked(data: bytes) -> None:
    message = replace(MESSAGE, data=data)
    assert from_structured(to_structured(message)) == message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("specversion", b"0.3"),
        ("specversion", None),
        ("id", b"1"),
        ("id", None),
        ("source", b""),
        ("source", b"a\x00b"),
        ("subject", b""),
        ("subject", b"a\nb"),
        ("subject", None),
        ("subject", b"a" * 501),
        ("type", b"com.example.other"),
        ("type", b"netztreff."),
        ("time", b"yesterday"),
        ("time", b"2020-10-16T08:30:00"),
        ("sequence", b"-"),
        ("sequence", None),
        ("sequence", b"-1"),
        ("sequence", b"9223372036854775808"),
        ("streamversion", b"0"),
        ("streamversion", b"x"),
        ("streamversion", b"2147483648"),
        ("generation", b"1"),
        ("correlationid", b"\xff"),
    ],
)
def test_an_attribute_that_is_missing_or_wrong_is_malformed(name: str, text: bytes | None) -> None:
    _, headers, value = to_kafka(MESSAGE)
    given = dict(headers) | {f"ce_{name}": text}
    with pytest.raises(Malformed):
        from_kafka([(key, one) for key, one in given.items() if one is not None], value)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[1,]", b"\xff", b"[" * 10_000])
def test_what_is_no_batch_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        split_batch(body)


def test_one_bad_event_leaves_the_others_of_a_batch_readable() -> None:
    good, bad = split_batch(b"[" + to_structured(MESSAGE) + b", {}]")
    assert from_structured(good) == MESSAGE
    with pytest.raises(Malformed):
        from_structured(bad)


def test_a_record_without_a_value_is_malformed() -> None:
    with pytest.raises(Malformed):
        from_kafka(to_kafka(MESSAGE)[1], None)


def test_both_shapes_carry_the_same_attributes() -> None:
    for message in (MESSAGE, BARE, OLD):
        told = {name: text.decode() for name, text in to_kafka(message)[1] if name[:3] == "ce_"}
        (shown,) = json.loads(to_batch([message]))
        del shown["data"]
        as_text = {name: "true" if one is True else str(one) for name, one in shown.items()}
        assert told == {f"ce_{name}": text for name, text in as_text.items()}


def test_the_schema_stands_at_the_service_that_published() -> None:
    (shown,) = json.loads(to_batch([MESSAGE]))
    assert shown["dataschema"] == "https://meetings.example.org/schemas/meeting.cancelled.v1"


def test_an_event_that_goes_says_so_and_what_takes_its_place() -> None:
    (shown,) = json.loads(to_batch([OLD]))
    assert shown["deprecated"] is True
    assert shown["deprecationfrom"] == "2026-11-21T00:00:00Z"
    assert shown["deprecationmigration"].endswith("/catalogue#invitations.opened.v2")
    assert "deprecationsunset" not in shown
    (kept,) = json.loads(to_batch([MESSAGE]))
    assert not [name for name in kept if name.startswith("deprecat")]


def test_the_end_of_an_event_is_told_once_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = Deprecated(since=date(2027, 1, 1), use="x.v2", sunset=date(2027, 7, 1))
    monkeypatch.setattr(envelope, "deprecation", lambda _: ends)
    (shown,) = json.loads(to_batch([MESSAGE]))
    assert shown["deprecationsunset"] == "2027-07-01T00:00:00Z"


@pytest.mark.parametrize("said", [b"true", b"1", b"no", b"", b"yesterday"])
def test_what_nobody_here_reads_does_not_make_an_event_unreadable(said: bytes) -> None:
    names = ("dataschema", "deprecated", "deprecationfrom", "deprecationsunset")
    _, headers, value = to_kafka(OLD)
    assert from_kafka([*headers, *((f"ce_{name}", said) for name in names)], value) == OLD
    (shown,) = json.loads(to_batch([OLD]))
    strange = json.dumps(shown | dict.fromkeys(names, said.decode())).encode()
    assert from_structured(strange).id == OLD.id
