"""Kafka as a transport between services."""

from collections.abc import Iterator

import pytest

from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, over_kafka
from tests.integration.eventkit.transport_contract import TransportContract


@pytest.fixture
def network(make_kit: MakeKit, kafka: str) -> Iterator[Network]:
    with over_kafka(make_kit, kafka) as network:
        yield network


class TestKafkaTransport(TransportContract):
    """The whole suite, over a broker."""
