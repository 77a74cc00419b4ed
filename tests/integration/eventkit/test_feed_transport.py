"""The feed as a transport between services."""

from collections.abc import Iterator

import httpx
import pytest

from eventkit.feed import Feed
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import FeedWire, Network, served
from tests.integration.eventkit.transport_contract import TransportContract


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    speaker, listener = make_kit("sample"), make_kit("listener")
    scripted: list[bytes] = []
    with served(speaker, scripted) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield Network(speaker, listener, Feed(client), FeedWire(url, scripted))


class TestFeedTransport(TransportContract):
    """The whole suite, over HTTP."""
