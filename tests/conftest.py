"""The servers that tests need: a real PostgreSQL, a real Kafka broker, a mailbox."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

import pytest
from kafka import KafkaAdminClient

from local.databases import Databases, create, drop
from tests.left_out import LEFT_OUT, is_left_out
from tests.mailbox import Mailbox, open_mailbox
from tests.servers import Found, Search, find_kafka, find_postgres

MakeDatabases = Callable[[str], Databases]
USED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def search(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Search]:
    """Ends every server that the run started."""
    request.config.stash[USED] = []
    with ExitStack() as ended:
        folder = tmp_path_factory.mktemp("servers")
        yield Search(folder=folder, tell=terminal(request.config), ended=ended)


@pytest.fixture(scope="session")
def postgres(search: Search, request: pytest.FixtureRequest) -> str:
    """The URL of the superuser of a PostgreSQL server."""
    return remembered(request.config, find_postgres(search))


@pytest.fixture
def databases(postgres: str) -> Iterator[MakeDatabases]:
    """Makes fresh pairs of databases and roles, for one test: `databases("meetings")`."""
    with ExitStack() as made:
        yield maker(postgres, made)


@pytest.fixture(scope="module")
def module_databases(postgres: str) -> Iterator[MakeDatabases]:
    """Like `databases`, for all tests of a module."""
    with ExitStack() as made:
        yield maker(postgres, made)


@pytest.fixture(scope="session")
def kafka_broker(search: Search, request: pytest.FixtureRequest) -> str:
    """The bootstrap address of a Kafka broker, shared by all tests."""
    return remembered(request.config, find_kafka(search))


@pytest.fixture
def kafka(kafka_broker: str) -> Iterator[str]:
    """The broker's address; the project's topics that a test made go with the test.

    A client that a test leaves open would try to reach the broker after its end, and complain
    when pytest is already done; so it counts against the test.
    """
    before = clients_of_kafka()
    yield kafka_broker
    assert clients_of_kafka() <= before, "The test left a Kafka client open."
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker)
    try:
        topics = [topic for topic in admin.list_topics() if topic.startswith("netztreff.")]
        if topics:
            admin.delete_topics(topics)
    finally:
        admin.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server that keeps what it gets, and refuses whom it is told to refuse."""
    with open_mailbox() as mailbox:
        yield mailbox


def maker(postgres: str, made: ExitStack) -> MakeDatabases:
    def make(name: str) -> Databases:
        databases = Databases.fresh(postgres, f"{name}_{token_hex(4)}")
        made.callback(drop, databases)
        create(databases)
        return databases

    return make


def clients_of_kafka() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("kafka-io-")}


def remembered(config: pytest.Config, found: Found) -> str:
    config.stash[USED].append(found.description)
    return found.address


def terminal(config: pytest.Config) -> Callable[[str], None]:
    """Writes past pytest's capturing, so that a long wait explains itself."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")

    def tell(text: str) -> None:
        if reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.write_line(f"\n{text}")

    return tell


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out what cannot be run here, or only by name."""
    return is_left_out(collection_path, config) or None


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says which servers the tests really had, and what was not run."""
    for description in config.stash.get(USED, []):
        terminalreporter.write_line(f"tested with {description}")
    for wanting in config.stash.get(LEFT_OUT, []):
        terminalreporter.write_line(str(wanting))
