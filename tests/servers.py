"""Finds a real PostgreSQL and a real Kafka: named by a setting, in Docker, or started here."""

import gc
import os
import socket
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from secrets import token_urlsafe

import docker
from docker.errors import DockerException
from sqlalchemy.engine import make_url
from testcontainers.core.container import DockerContainer

from local import kafka, postgres
from local.ports import LOOPBACK, answers, free_port
from local.processes import StartFailed, spawn, stop, wait_until

POSTGRES_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.1.0"
# Length, ApiVersions in version 0, number 1, no client id.
WHICH_VERSIONS = bytes.fromhex("0000000a 0012 0000 00000001 ffff")
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where a server is, and in one line what it is."""

    address: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Search:
    """What every way of getting a server may use; `ended` holds what ends it again."""

    folder: Path
    tell: Tell
    ended: ExitStack


def find_postgres(search: Search) -> Found:
    """The superuser's URL of a server."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        address = make_url(url).set(drivername="postgresql+psycopg")
        where = f"{address.host}:{address.port or 5432}"
        return Found(
            address=address.render_as_string(hide_password=False),
            description=f"PostgreSQL at {where} (TEST_DATABASE_URL)",
        )
    return docker_postgres(search) or embedded_postgres(search)


def docker_postgres(search: Search) -> Found | None:
    port, password = free_port(), token_urlsafe(18)
    settings = {"POSTGRES_PASSWORD": password}
    if not in_docker(search, POSTGRES_IMAGE, {port: 5432}, settings):
        return None
    wait_until(lambda: postgres.answers(port, password), what=POSTGRES_IMAGE, seconds=120)
    url = f"postgresql+psycopg://postgres:{password}@{LOOPBACK}:{port}/postgres"
    return Found(address=url, description=f"PostgreSQL in Docker ({POSTGRES_IMAGE})")


def embedded_postgres(search: Search) -> Found:
    server = postgres.start(
        search.folder / "postgres",
        port=free_port(),
        password=token_urlsafe(18),
        log=search.folder / "postgres.log",
        options=postgres.SMALL | postgres.THROW_AWAY,
    )
    search.ended.callback(server.stop)
    return Found(address=server.url, description=f"{postgres.version()} from the pip wheel")


def find_kafka(search: Search) -> Found:
    """The bootstrap address of a broker that creates no topic by itself."""
    if servers := os.environ.get("TEST_KAFKA_BOOTSTRAP_SERVERS"):
        description = f"Kafka at {servers} (TEST_KAFKA_BOOTSTRAP_SERVERS)"
        return Found(address=servers, description=description)
    if found := docker_kafka(search):
        return found
    try:
        return java_kafka(search)
    except StartFailed as reason:
        return noida(search, str(reason))


def docker_kafka(search: Search) -> Found | None:
    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{LOOPBACK}:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    }
    if not in_docker(search, KAFKA_IMAGE, {port: 9092}, settings):
        return None
    wait_until(lambda: is_broker(port), what=KAFKA_IMAGE, seconds=120)
    description = f"Apache Kafka in Docker ({KAFKA_IMAGE})"
    return Found(address=f"{LOOPBACK}:{port}", description=description)


def is_broker(port: int) -> bool:
    """Whether Kafka's protocol is answered; Docker itself takes connections before anybody does."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=5) as connection:
            connection.sendall(WHICH_VERSIONS)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def java_kafka(search: Search) -> Found:
    broker = kafka.start(
        search.folder / "kafka",
        port=free_port(),
        log=search.folder / "kafka.log",
        tell=search.tell,
    )
    search.ended.callback(broker.stop)
    description = f"Apache Kafka {kafka.version()} from Maven Central, on this machine's Java"
    return Found(address=broker.bootstrap, description=description)


def noida(search: Search, reason: str) -> Found:
    """The last resort: speaks Kafka's protocol, but may lose what it acknowledged."""
    port, data = free_port(), search.folder / "noida"
    found = find_spec("noida_db")
    if found is None or found.origin is None:
        raise StartFailed(f"There is no Kafka to test with. {reason}")
    program = Path(found.origin).with_name("noida-db")
    listen = ["--host", LOOPBACK, "--only", "kafka", "--kafka-port", str(port)]
    process = spawn(
        [program, "start", "--data-dir", data, *listen], log=search.folder / "noida.log"
    )
    search.ended.callback(stop, [process])
    wait_until(lambda: answers(port), child=process, what="noida-db", seconds=30)
    description = f"noida-db, which is not durable, in place of Apache Kafka. {reason}"
    return Found(address=f"{LOOPBACK}:{port}", description=description)


def in_docker(
    search: Search, image: str, ports: Mapping[int, int], settings: Mapping[str, str]
) -> bool:
    """Whether an engine answers and could run the image."""
    with warnings.catch_warnings():
        # Docker's client drops the socket that found nobody.
        warnings.simplefilter("ignore", ResourceWarning)
        answered = docker_answers()
        gc.collect()
    if not answered:
        return False
    search.tell(f"Starting {image} in Docker ...")
    container = DockerContainer(image).with_envs(**settings)
    for here, inside in ports.items():
        container.with_bind_ports(inside, here)
    search.ended.callback(container.stop)
    try:
        container.start()
    except DockerException as failure:
        search.tell(f"Docker could not run {image}: {failure}")
        return False
    return True


def docker_answers() -> bool:
    try:
        docker.from_env(timeout=5).close()
    except DockerException:
        return False
    return True
