"""One installation with the HTTP feed, one with Kafka between the services, each started once."""

import signal
from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient

from tests.e2e.installation import Installation, port_base

FEED, KAFKA = "feed", "kafka"
# The corpora of bad input ask more in a minute than anybody may.
UNLIMITED = {
    "RATE_LIMIT_PER_CLIENT": "off",
    "RATE_LIMIT_PER_TENANT": "off",
    "RATE_LIMIT_PER_ADDRESS": "off",
    "RATE_LIMIT_TOKENS": "off",
}


@pytest.fixture(scope="package", params=[FEED, KAFKA])
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Everything that `make run` starts, with the example network, in a folder of its own."""
    broker = request.getfixturevalue("kafka_broker") if request.param == KAFKA else None
    folder = tmp_path_factory.mktemp(request.param) / "var"
    settings = {"KAFKA_BOOTSTRAP_SERVERS": broker or "", **UNLIMITED}
    installed = Installation(folder=folder, base=port_base(), settings=settings)
    try:
        installed.start()
        yield installed
    finally:
        installed.http.close()
        if installed.process.is_running():
            installed.end(signal.SIGTERM)
        if broker:
            forget_topics(broker)


def forget_topics(broker: str) -> None:
    """Other tests share the broker."""
    admin = KafkaAdminClient(bootstrap_servers=broker)
    try:
        admin.delete_topics([name for name in admin.list_topics() if name.startswith("netztreff.")])
    finally:
        admin.close()
