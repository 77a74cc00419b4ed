"""A consumer that stands still within its transaction holds others up no longer than a takeover."""

import signal
from pathlib import Path

from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import once, over_kafka
from tests.integration.eventkit.test_killed_in_mid_flow import Child, wait_for

TAKEOVER_SECONDS = 30


def test_the_next_consumer_gets_through_and_the_sleeper_writes_nothing(
    make_kit: MakeKit, kafka: str, tmp_path: Path
) -> None:
    with over_kafka(make_kit, kafka) as network:

        def start(name: str, **more: str) -> Child:
            log = tmp_path / f"{name}.log"
            child = Child("consumer", network.url, network.listener, kafka, log, more)
            child.start()
            network.ended.callback(child.stop)
            return child

        network.say(streams=5, events=2)
        sleeper = start("sleeper", SLEEP_AT="7")
        wait_for(sleeper.sleeps, network)
        assert network.heard() == {}
        start("next")
        everything = once(network.said())
        wait_for(lambda: network.heard() == everything, network, TAKEOVER_SECONDS)
        sleeper.send(signal.SIGCONT)
        wait_for(lambda: "waiting" in sleeper.log.read_text(), network)
        assert network.heard() == everything
        assert network.mirrors()
        assert network.parked() == []
