"""What we show of an event is an event as we send it: data, headers, and as part of a batch."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contracts.catalog import EventType
from contracts.codec import encode, published, read
from contracts.envelope import from_structured
from contracts.examples import example
from contracts.schemas import json_schema
from tests.contracts.described import CASES, described
from tests.contracts.examples import PUBLISHED, name

Json = dict[str, Any]


def faults(schema: Json, value: object, inside: Json | None = None) -> list[str]:
    """What a value breaks; `inside` is the document that the schema's references point into."""
    checker = Draft202012Validator({**(inside or {}), **schema}, format_checker=FormatChecker())
    return [error.message for error in checker.iter_errors(value)]


@pytest.mark.parametrize("declared", PUBLISHED, ids=name)
def test_an_example_is_an_event_with_all_its_fields(declared: EventType) -> None:
    shown, schema = example(declared), json_schema(declared, "published")
    assert faults(schema, shown) == []
    assert shown.keys() == schema["properties"].keys()
    event = read(declared.wire, json.dumps(shown).encode())
    if type(event) is declared.cls:
        assert json.loads(published(declared.wire, encode(event))) == shown


@pytest.mark.parametrize(("service", "on_kafka"), CASES)
def test_the_described_messages_fit_their_description(service: str, on_kafka: bool) -> None:
    document = described(service, on_kafka=on_kafka)
    trait = document["components"]["messageTraits"]["cloudEvent"]["headers"]
    for message in document["components"]["messages"].values():
        for shown in message["examples"]:
            assert faults(message["payload"], shown["payload"], document) == []
            if "headers" in shown:
                own = message["headers"]["properties"]
                headers = trait | {"properties": trait["properties"] | own}
                assert faults(headers, shown["headers"], document) == []
                assert shown["headers"].keys() <= headers["properties"].keys()


@pytest.mark.parametrize("field", ["type", "data", "dataschema", "streamversion", "sequence"])
def test_a_batch_with_a_wrong_event_does_not_fit(field: str) -> None:
    document = described("meetings", on_kafka=False)
    batch = document["components"]["messages"]["meetings.batch"]
    (shown,) = batch["examples"][0]["payload"]
    assert faults(batch["payload"], [shown | {field: 0}], document) != []


def test_a_described_batch_holds_what_readers_read() -> None:
    batch = described("meetings", on_kafka=False)["components"]["messages"]["meetings.batch"]
    (shown,) = batch["examples"][0]["payload"]
    assert from_structured(json.dumps(shown).encode()).source == "https://meetings.example.org/api"
