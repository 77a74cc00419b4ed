"""A start while what is needed is away: a line a try, and then work."""

import json
from pathlib import Path

from sqlalchemy.engine import make_url

from contracts.topics import topic
from eventkit.kafka.topics import create_topic
from eventkit.unit import Kit
from local.databases import Databases
from local.processes import wait_until
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.forwarding import Address, forwarding
from tests.integration.eventkit.network import once, over_kafka
from tests.integration.eventkit.serving import environment, started
from tests.integration.eventkit.test_killed_in_mid_flow import Child, wait_for
from tests.integration.eventkit.wires import SPEAKER


def address(url: str) -> Address:
    made = make_url(url)
    assert made.host is not None
    assert made.port is not None
    return made.host, made.port


def test_an_api_that_starts_without_its_database_waits_for_it(
    things: Databases, tmp_path: Path
) -> None:
    environ = environment(things)
    url = make_url(environ["DATABASE_URL"])
    with forwarding(address(environ["DATABASE_URL"]), at_once=False) as way:
        through = url.set(host="127.0.0.1", port=way.port).render_as_string(hide_password=False)
        log = tmp_path / "api.log"
        with started(environ | {"DATABASE_URL": through}, log) as server:
            wait_until(lambda: log.read_bytes().count(b"waiting") >= 3, what="tries", seconds=60)
            assert server.ask("/livez").status_code == 200
            assert server.ask("/readyz").status_code == 503
            way.open()
            wait_until(server.is_ready, what="the api", seconds=60)
            with server.client() as client:
                assert client.get("/v1/things").status_code == 200
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    tries = [line for line in lines if line["event"] == "waiting"]
    assert [line["seconds"] for line in tries[:3]] == [0.25, 0.5, 1.0]
    assert all("does not answer" in line["cause"] for line in tries)


def test_relay_and_consumer_that_start_without_a_broker_wait_for_it(
    make_kit: MakeKit, kafka: str, tmp_path: Path
) -> None:
    host, _, port = kafka.partition(":")
    create_topic([kafka], topic(SPEAKER), partitions=3)
    with (
        over_kafka(make_kit, kafka) as network,
        forwarding((host, int(port)), at_once=False) as way,
    ):
        network.relays_itself = False
        network.say(streams=5, events=2)
        kits: dict[str, Kit] = {"relay": network.speaker, "consumer": network.listener}
        children = [
            Child(role, network.url, kit, f"127.0.0.1:{way.port}", tmp_path / f"{role}.log")
            for role, kit in kits.items()
        ]
        for child in children:
            child.start()
        wait_for(lambda: all(len(tries(child)) > 1 for child in children), network)
        way.open()
        wait_for(lambda: network.heard() == once(network.said()), network)
        for child in children:
            away = ("BrokerUnavailable", "SourceUnavailable")
            assert all(any(name in line for name in away) for line in tries(child))
            child.stop()


def tries(child: Child) -> list[str]:
    return [line for line in child.log.read_text().splitlines() if "waiting" in line]
