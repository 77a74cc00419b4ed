"""Kafka as a transport between services."""

from collections.abc import Iterator

import httpx
import pytest

from eventkit.feed import Feed
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import KafkaWire, Network, served
from tests.integration.eventkit.transport_contract import TransportContract


@pytest.fixture
def network(make_kit: MakeKit, kafka: str) -> Iterator[Network]:
    speaker, listener = make_kit("sample"), make_kit("listener")
    with served(speaker, []) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield Network(speaker, listener, Feed(client), KafkaWire(kafka, speaker))


class TestKafkaTransport(TransportContract):
    """The whole suite, over a broker."""
