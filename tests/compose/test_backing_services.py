"""A service on PostgreSQL and Kafka as their images run them, each started by testcontainers."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from kafka import KafkaConsumer

from local.credentials import load
from local.databases import create
from local.processes import stop
from local.service_settings import migration_environment, service_databases
from local.settings import CHECKOUT, Settings
from tests.e2e.installation import port_base, until
from tests.servers import Search, docker_kafka, docker_postgres

pytestmark = pytest.mark.timeout(600)
TOPIC = "netztreff.registry"
DIRECTORY = CHECKOUT / "examples" / "gv100ad_example.txt"


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, tell: Callable[[str], None], ran: list[str]
) -> Iterator[Settings]:
    """Both of them, as the settings of a local run name them."""
    with ExitStack() as ended:
        search = Search(folder=tmp_path_factory.mktemp("servers"), tell=tell, ended=ended)
        postgres, kafka = docker_postgres(search), docker_kafka(search)
        assert postgres is not None, "Docker could not run PostgreSQL; it says why above."
        assert kafka is not None, "Docker could not run Kafka; it says why above."
        ran += [f"testcontainers: {one.description}" for one in (postgres, kafka)]
        yield Settings(
            port_base=port_base(),
            database_url=postgres.address,
            kafka=kafka.address,
            folder=search.folder,
        )


@pytest.fixture(scope="module")
def registry(servers: Settings) -> dict[str, str]:
    """The environment of a registry whose databases are made and migrated."""
    credentials = load(servers.folder / "credentials.json")
    assert servers.database_url is not None
    create(service_databases("registry", servers.database_url, credentials))
    environment = migration_environment("registry", servers, servers.database_url, credentials)
    command(environment, "migrate")
    return environment


def command(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "registry", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def imported(registry: dict[str, str]) -> str:
    """What the import of the example's directory said; its events are for everybody."""
    return command(registry, "import", "--apply", str(DIRECTORY))


def test_postgresql_of_the_image_stores_and_verifies(
    registry: dict[str, str], imported: str
) -> None:
    assert imported
    assert command(registry, "verify")


def test_kafka_of_the_image_takes_what_was_stored(
    servers: Settings, registry: dict[str, str], imported: str, tmp_path: Path
) -> None:
    assert imported
    log = (tmp_path / "relay.log").open("wb")
    relay = subprocess.Popen(
        [sys.executable, "-m", "registry", "relay"],
        env=os.environ | registry,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        until(lambda: told(servers))
    finally:
        stop([relay])
        log.close()


def told(servers: Settings) -> list[bytes]:
    consumer = KafkaConsumer(
        TOPIC,
        bootstrap_servers=servers.kafka,
        auto_offset_reset="earliest",
        consumer_timeout_ms=5000,
    )
    try:
        return [record.value for record in consumer]
    finally:
        consumer.close()
