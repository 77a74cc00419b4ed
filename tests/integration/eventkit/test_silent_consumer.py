"""A consumer whose client falls silent ends its process, and the next one goes on."""

from pathlib import Path

from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import once, over_kafka
from tests.integration.eventkit.test_killed_in_mid_flow import Child, wait_for


def test_a_consumer_that_gets_nothing_though_there_is_something_ends(
    make_kit: MakeKit, kafka: str, tmp_path: Path
) -> None:
    log = tmp_path / "consumer.log"
    with over_kafka(make_kit, kafka) as network:
        network.say(streams=5)
        silent = Child("consumer", network.url, network.listener, kafka, log, {"SILENT": "1"})
        silent.start()
        assert silent.process is not None
        assert silent.process.wait(60) == 1
        assert "Stuck" in log.read_text()
        assert network.heard() == {}
        silent.more = {}
        silent.start()
        wait_for(lambda: network.heard() == once(network.said()), network)
        silent.stop()
