"""What a restore drill starts reaches nobody whom the backups know."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import randrange
from secrets import token_hex
from socket import create_server

import pytest

from local.compose import Composition
from local.env_file import EnvFile, write_new
from local.settings import CHECKOUT
from tests.compose.composed import Composed
from tests.compose.engine import docker, inspect

pytestmark = pytest.mark.timeout(600)
USUAL = CHECKOUT / "docker-compose.yml"
DRILL = CHECKOUT / "deploy" / "drill.yml"
CONNECT = """
import socket, sys
try:
    socket.create_connection(("host.docker.internal", int(sys.argv[1])), 10).close()
except OSError as refused:
    print(type(refused).__name__)
else:
    print("reached")
"""


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of something on this machine that containers may call."""
    with create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - containers come from outside
        yield server.getsockname()[1]


def composition(folder: Path, *files: Path) -> Composition:
    env = EnvFile(folder / ".env")
    write_new(env.path)
    network = f"10.{randrange(100, 250)}.{randrange(1, 250)}"
    env.change({"COMPOSE_PROFILES": "mail,edge,monitoring", "EDGE_NETWORK": network})
    return Composition(env=env, project=f"netztreff-test-{token_hex(3)}", files=files)


def attempt(made: Composition, port: int) -> tuple[str, set[bool]]:
    """How a call of the worker's container ended, and which of its networks end here."""
    alone = ("--rm", "--no-deps", "-T", "--entrypoint", "python")
    command = made.command("run", *alone, "notifications-worker", "-c", CONNECT, str(port))
    try:
        ended = docker(*command[1:]).strip()
        mine = f"label=com.docker.compose.project={made.project}"
        names = docker("network", "ls", "--quiet", "--filter", mine).split()
        return ended, {inspect("network", name)["Internal"] for name in names}
    finally:
        docker(*made.command("down", "--volumes")[1:])


def test_a_drill_calls_nobody_whom_the_installation_would(
    built: Composed, listening: int, tmp_path: Path
) -> None:
    assert built
    assert attempt(composition(tmp_path, USUAL), listening) == ("reached", {False})
    assert attempt(composition(tmp_path, USUAL, DRILL), listening) == ("gaierror", {True})


def test_no_container_of_a_drill_has_a_way_out_of_its_own(tmp_path: Path) -> None:
    made = composition(tmp_path, USUAL, DRILL)
    read = json.loads(docker(*made.command("config", "--format", "json")[1:]))
    assert {name: one["internal"] for name, one in read["networks"].items()} == {
        "default": True,
        "edge": True,
    }
    for name, service in read["services"].items():
        assert "network_mode" not in service, name
        assert "host-gateway" not in str(service.get("extra_hosts")), name
