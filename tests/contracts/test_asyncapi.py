"""AsyncAPI's own parser has nothing to say against the documents, and would say it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.asyncapi import document
from contracts.catalog import published_by
from tests.contracts.described import CASES, HEARS, described
from tests.contracts.parser import FILES, diagnostics

Json = dict[str, Any]


def test_the_parser_finds_no_error_and_warns_of_nothing() -> None:
    documents = {f"{name} {kafka}": described(name, on_kafka=kafka) for name, kafka in CASES}
    assert diagnostics(documents) == {key: [] for key in documents}


def old_action(document: Json) -> None:
    document["operations"]["sendFeed"]["action"] = "publish"


def lost_server(document: Json) -> None:
    document["channels"]["feed"]["servers"] = [{"$ref": "#/servers/lost"}]


def no_type(document: Json) -> None:
    document["components"]["schemas"]["meeting.ended.v1"]["properties"]["ended_at"] = {"type": "x"}


def foreign_message(document: Json) -> None:
    message = {"$ref": "#/channels/registryTopic/messages/contact.left.v1"}
    document["operations"]["sendTopic"]["messages"] = [message]


def no_description(document: Json) -> None:
    del document["info"]["license"]
    document["tags"] = [{"name": "a"}]


SPOIL = (old_action, lost_server, no_type, foreign_message, no_description)


def test_the_parser_finds_what_is_wrong() -> None:
    spoilt = {}
    for spoil in SPOIL:
        spoilt[spoil.__name__] = json.loads(json.dumps(described("meetings", on_kafka=True)))
        spoil(spoilt[spoil.__name__])
    assert [name for name, found in diagnostics(spoilt).items() if not found] == []


@pytest.mark.parametrize("service", HEARS)
def test_every_published_event_is_a_message_of_topic_and_feed(service: str) -> None:
    wires = {one.wire for one in published_by(service)}
    with_kafka, without = (described(service, on_kafka=kafka) for kafka in (True, False))
    assert with_kafka["channels"][f"{service}Topic"]["address"] == f"netztreff.{service}"
    assert with_kafka["channels"][f"{service}Topic"]["messages"].keys() == wires
    assert wires <= with_kafka["components"]["schemas"].keys()
    batch = with_kafka["components"]["messages"][f"{service}.batch"]["payload"]
    assert len(batch["items"]["allOf"][1]["oneOf"]) == len(wires)
    assert "kafka" not in without["servers"]
    assert not [name for name in without["channels"] if name.endswith("Topic")]


@pytest.mark.parametrize(("service", "on_kafka"), CASES)
def test_what_a_service_hears_is_described_as_received(service: str, on_kafka: bool) -> None:
    operations = described(service, on_kafka=on_kafka)["operations"].values()
    received = [one for one in operations if one["action"] == "receive"]
    assert len(received) == len(HEARS[service])


def test_the_lock_of_the_parser_names_no_registry() -> None:
    lock = json.loads((FILES / "package-lock.json").read_text("utf-8"))
    packages = {path: one for path, one in lock["packages"].items() if path}
    assert [path for path, one in packages.items() if "resolved" in one] == []
    assert [path for path, one in packages.items() if "integrity" not in one] == []


@pytest.mark.parametrize(
    ("source", "host"),
    [
        ("http://0.0.0.0:8402", "localhost:8402"),
        ("http://[::]:8402", "localhost:8402"),
        ("https://meetings.example.org", "meetings.example.org"),
    ],
)
def test_servers_have_hosts_that_somebody_could_call(source: str, host: str) -> None:
    servers = document("meetings", source, hears=("registry",), on_kafka=False)["servers"]
    assert servers["own"]["host"] == host
    assert servers["registry"]["variables"]["address"]["default"] == "registry.example.org"
