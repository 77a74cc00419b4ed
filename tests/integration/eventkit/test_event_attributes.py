"""An event of an older version, as feed and topic tell it: whole, with what takes its place."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from kafka import KafkaConsumer

from contracts.envelope import from_kafka, to_structured
from contracts.events.meetings import InvitationsOpenedV1
from eventkit.kafka.publisher import TopicPublisher
from eventkit.kafka.topics import create_topic
from eventkit.outbox import Filters, Outbox
from eventkit.unit import Kit
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.wires import served

TOPIC = "netztreff.attributes"


@pytest.fixture
def client(kit: Kit) -> Iterator[httpx.Client]:
    with served(kit, []) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


@pytest.fixture(autouse=True)
def stored(kit: Kit) -> None:
    """As software wrote them that knew no version 2."""
    key = uuid4()
    kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    # The sample's commands are today's events.
    old: Any = InvitationsOpenedV1(meeting_id=key, cohort_id=uuid4(), capacity=40)
    kit.execute(SAMPLE, key, old, context=CONTEXT)


def test_the_feed_says_which_event_goes(client: httpx.Client) -> None:
    planned, opened = client.get("/events").raise_for_status().json()
    assert "deprecated" not in planned
    assert opened["deprecated"] is True
    assert opened["dataschema"] == f"{opened['source']}/schemas/invitations.opened.v1"
    assert opened["deprecationmigration"].startswith(f"{opened['source']}/catalogue#")
    # Nothing is lifted on the way out.
    assert opened["type"] == "netztreff.invitations.opened.v1"
    assert "cohort_id" in opened["data"]


def test_the_topic_says_the_same_in_headers(kit: Kit, kafka: str) -> None:
    create_topic([kafka], TOPIC, partitions=1)
    messages = Outbox(kit, "https://meetings.example.org").page(0, 10, Filters()).messages
    publisher = TopicPublisher([kafka], TOPIC)
    try:
        publisher.publish(messages, publisher.log())
    finally:
        publisher.close()
    consumer = KafkaConsumer(TOPIC, bootstrap_servers=kafka, auto_offset_reset="earliest")
    try:
        records = [next(consumer), next(consumer)]
    finally:
        consumer.close()
    planned, opened = (dict(record.headers) for record in records)
    assert "ce_deprecated" not in planned
    assert opened["ce_deprecated"] == b"true"
    base = b"https://meetings.example.org"
    assert opened["ce_dataschema"] == base + b"/schemas/invitations.opened.v1"
    assert opened["ce_deprecationmigration"] == base + b"/catalogue#invitations.opened.v2"
    received = [from_kafka(record.headers, record.value) for record in records]
    assert [to_structured(one) for one in received] == [to_structured(one) for one in messages]
