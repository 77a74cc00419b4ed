"""Whoever goes over to another generation works alone, whatever a consumer before it still does."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from uuid import uuid4

import pytest

from contracts.envelope import Message
from eventkit.consuming.carrying import Carrying
from eventkit.generations import Line
from eventkit.lease import Fenced
from eventkit.service import Subscription
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, over_feed
from tests.integration.eventkit.sample import TITLES
from tests.integration.eventkit.wires import SPEAKER


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


def carrying(network: Network) -> Carrying:
    subscription = Subscription(source=SPEAKER, read_models=(TITLES,))
    return Carrying(network.listener, subscription, lambda _: None)


def test_one_that_stood_still_before_it_copied_takes_nothing_from_its_successor(
    network: Network,
) -> None:
    network.say(streams=3)
    catch_up(network, network.consumer())
    said = network.said()
    ((epoch,),) = network.rows("UPDATE consumers SET epoch = epoch + 1 RETURNING epoch")
    line = Line({said[0].generation: 3, uuid4(): None})

    def interrupted() -> Iterator[Sequence[Message]]:
        yield said
        with suppress(Fenced):
            carrying(network).carry_over(line, [said[:1]], epoch - 1)

    carrying(network).carry_over(line, interrupted(), epoch)
    assert network.rows("SELECT event_id FROM lost_events") == []
    assert len(network.rows("SELECT event_id FROM inbox")) == 3
    assert network.mirrors()
