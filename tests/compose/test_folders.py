"""Folders of an administrator's, closed to everybody but the user whom a container runs as."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import randrange
from secrets import token_hex

import pytest

from local.compose import Composition
from local.env_file import EnvFile, write_new
from local.ports import LOOPBACK, free_port
from local.processes import StartFailed
from local.rolling import read_anew
from local.settings import CHECKOUT
from tests.compose.engine import docker
from tests.e2e.installation import until
from tests.edge.proxy import DOMAIN, EDGE

pytestmark = pytest.mark.timeout(300)
NGINX = "nginx:1.26"
PROXY = 101
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "folder"
    made.mkdir()
    yield made
    give(made, os.getuid())


def give(folder: Path, user: int) -> None:
    """Folder and files belong to the user, and nobody else looks into them."""
    script = f"chown -R {user}:{user} /folder && chmod -R u=rwX,g=rX,o= /folder"
    mounted = ("--volume", f"{folder}:/folder", "--entrypoint", "sh")
    docker("run", "--rm", "--user", "0", *mounted, NGINX, "-c", script)


def certify(folder: Path) -> str:
    """A new certificate in the folder, which the proxy's user owns."""
    give(folder, os.getuid())
    for old in folder.iterdir():
        old.unlink()
    docker("run", "--rm", "--volume", f"{EDGE}:/edge:ro", "--volume", f"{folder}:/folder",
           "--entrypoint", "/edge/certificate.sh", NGINX, "/folder", DOMAIN)  # fmt: skip
    give(folder, os.getuid())
    written = (folder / "fullchain.pem").read_text("ascii")
    for file in (folder, *folder.iterdir()):
        # As a copy of what was written long ago.
        os.utime(file, (0, 0))
    give(folder, PROXY)
    return written


@contextmanager
def running(folder: Path, service: str, **settings: str) -> Iterator[Composition]:
    """One service of docker-compose.yml alone, without whom it only watches or passes calls to."""
    env = EnvFile(folder / ".env")
    write_new(env.path)
    network = f"10.{randrange(100, 250)}.{randrange(1, 250)}"
    env.change({"EDGE_NETWORK": network, "COMPOSE_PROFILES": "edge,monitoring", **settings})
    project = f"netztreff-test-{token_hex(3)}"
    files = (CHECKOUT / "docker-compose.yml",)
    composition = Composition(env=env, project=project, files=files)
    try:
        composition.run("up", "--detach", "--wait", service)
        yield composition
    finally:
        composition.run("down", "--volumes", "--timeout", "5")


def test_the_proxy_takes_a_certificate_that_is_closed_to_others_and_its_successor(
    folder: Path, tmp_path: Path
) -> None:
    first, port = certify(folder), free_port()
    places = {"TLS_FOLDER": str(folder), "EDGE_PORT": str(port), "EDGE_DOMAIN": DOMAIN}
    with running(tmp_path, "edge", **places) as composition:

        def shown() -> str:
            return ssl.get_server_certificate((LOOPBACK, port)).strip()

        assert shown() == first.strip()
        second = certify(folder)
        assert second != first
        read_anew(composition, ["edge"])
        until(lambda: shown() == second.strip())
        read_anew(composition, ["edge"])
        log = composition.run("logs", "edge")
        # A reading closes callers' idle connections; the second time there is nothing new.
        assert log.count("(SIGHUP) received") == 1


def test_the_proxy_gets_a_first_certificate_where_the_folder_is_empty(
    folder: Path, tmp_path: Path
) -> None:
    give(folder, PROXY)
    port = str(free_port())
    with running(tmp_path, "edge", TLS_FOLDER=str(folder), EDGE_PORT=port):
        give(folder, os.getuid())
        assert {file.name for file in folder.iterdir()} == {"fullchain.pem", "privkey.pem"}


def test_alertmanager_reads_its_password_beside_its_settings(folder: Path, tmp_path: Path) -> None:
    example = (CHECKOUT / "deploy" / "monitoring" / "alertmanager.yml").read_text("utf-8")
    settings = example.replace("# smtp_auth_", "smtp_auth_")
    assert settings.count("\n  smtp_auth_") == 2
    (folder / "alertmanager.yml").write_text(settings, "utf-8")
    (folder / "smtp_password").write_text("invented", "utf-8")
    give(folder, NOBODY)
    own = {"ALERTMANAGER_FOLDER": str(folder), "ALERTMANAGER_PORT": str(free_port())}
    with running(tmp_path, "alertmanager", **own) as composition:
        name = next(line.split()[-1] for line in settings.splitlines() if "password_file" in line)
        assert composition.run("exec", "-T", "alertmanager", "cat", name) == "invented"
        read_anew(composition, ["alertmanager"])
        give(folder, os.getuid())
        (folder / "alertmanager.yml").write_text(f"{settings}\nrouted: {{}}\n", "utf-8")
        give(folder, NOBODY)
        with pytest.raises(StartFailed, match="amtool check-config"):
            read_anew(composition, ["alertmanager"])
