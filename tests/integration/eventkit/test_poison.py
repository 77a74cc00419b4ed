"""Poison on a topic, put there with a raw producer, and in the answers of a real HTTP server."""

from collections.abc import Iterator

import pytest

from eventkit.consuming.feed import FeedReader
from eventkit.consuming.incoming import SourceUnavailable
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import (
    Network,
    catch_up,
    follow,
    once,
    over_feed,
    over_kafka,
)
from tests.integration.eventkit.poison_contract import PoisonContract
from tests.integration.eventkit.wires import FeedWire, feed


class TestPoisonOnATopic(PoisonContract):
    @pytest.fixture
    def network(self, make_kit: MakeKit, kafka: str) -> Iterator[Network]:
        with over_kafka(make_kit, kafka) as network:
            network.relays_itself = False
            yield network


class TestPoisonInAFeed(PoisonContract):
    @pytest.fixture
    def network(self, make_kit: MakeKit) -> Iterator[Network]:
        with over_feed(make_kit) as network:
            yield network

    def test_an_answer_that_is_no_batch_is_asked_for_again_and_costs_nothing(
        self, network: Network
    ) -> None:
        """A feed is written anew for each answer, so none of it is kept; the lag tells of it."""
        messages = network.messages(2)
        wire = network.wire
        assert isinstance(wire, FeedWire)
        wire.scripted.append(b"{")
        consumer = network.consumer(FeedReader(feed(f"{network.url}/scripted")))
        with pytest.raises(SourceUnavailable):
            follow(consumer, lambda: False)
        assert (network.heard(), network.parked()) == ({}, [])
        wire.scripted.clear()
        wire.script(messages)
        catch_up(network, consumer)
        assert network.heard() == once(messages)
