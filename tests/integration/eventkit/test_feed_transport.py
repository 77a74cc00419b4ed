"""The feed as a transport between services."""

from collections.abc import Iterator

import pytest

from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, over_feed
from tests.integration.eventkit.transport_contract import TransportContract


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


class TestFeedTransport(TransportContract):
    """The whole suite, over HTTP."""
