"""What an operator types when something is parked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contracts.envelope import to_structured as whole
from eventkit.console import Console
from eventkit.parked_commands import parked
from eventkit.service import Service
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, catch_up, once, over_feed


@pytest.fixture
def network(make_kit: MakeKit) -> Iterator[Network]:
    with over_feed(make_kit) as network:
        yield network


def typed(network: Network, *words: str) -> Result:
    console = Console(Service(name="listener", migrations=Path()))
    vars(console)["kit"] = network.listener
    return CliRunner().invoke(parked, words, obj=console)


def test_a_parked_stream_is_listed_shown_and_tried_again(network: Network) -> None:
    one, two = network.messages(2)
    source = network.wire.script([replace(one, data=b"\xff"), two])
    consumer = network.consumer(source)
    catch_up(network, consumer)
    ((number,),) = network.rows("SELECT min(id) FROM parked")
    listed = typed(network, "list").stdout
    assert listed.split("\t")[:5] == [str(number), "sample", one.subject, "refused", "2 events"]
    shown = typed(network, "show", str(number)).stdout
    assert "reason: refused" in shown
    assert "data_base64" in shown
    network.rows("UPDATE parked SET message = %s WHERE id = %s RETURNING 1", whole(one), number)
    assert "next step" in typed(network, "retry", str(number)).stdout
    catch_up(network, consumer)
    assert network.heard() == once([one, two])
    assert typed(network, "list").stdout == ""


def test_an_unknown_number_is_one_sentence(network: Network) -> None:
    for word in ("show", "retry"):
        result = typed(network, word, "4711")
        assert (result.exit_code, "4711" in result.stderr) == (1, True)
