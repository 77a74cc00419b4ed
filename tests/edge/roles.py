"""Every role of every service as a process of its own, two api replicas each, behind the proxy."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from local.credentials import Client
from local.ports import LOOPBACK, free_port
from local.processes import spawn, stop, wait_until
from local.registry_client import create_client, ready, token
from local.rolling import in_order
from tests.conftest import MakeDatabases
from tests.edge.proxy import DOMAIN, Proxy, proxying

ROOT = Path(__file__).parents[2]
KEY = b64encode(b"k" * 32).decode()
ROLES = {
    "registry": ("api", "api-2", "relay", "worker"),
    "meetings": ("api", "api-2", "relay", "consumer", "worker"),
    "notifications": ("api", "api-2", "relay", "consumer", "worker"),
}
Environ = dict[str, str]


@dataclass(kw_only=True)
class Role:
    """A process that is started and ended as a container would be; `name` is the container's."""

    name: str
    environ: Environ
    folder: Path
    process: Popen[bytes] = field(init=False)

    def start(self) -> None:
        service, _, role = self.name.removesuffix("-2").partition("-")
        self.process = spawn(
            [sys.executable, "-m", service, role],
            log=self.folder / f"{self.name}.log",
            environment=self.environ,
            cwd=ROOT,
        )

    def await_ready(self) -> None:
        port = int(self.environ["OPERATOR_BIND"].rpartition(":")[2])
        wait_until(lambda: ready(port), what=self.name, seconds=60, child=self.process)

    def leave(self) -> None:
        self.process.send_signal(signal.SIGUSR1)

    def exchange(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        self.start()
        self.await_ready()


@dataclass(frozen=True, kw_only=True)
class Roles:
    """All of them in the order of a rolling restart, the proxy, and a client of the organiser."""

    proxy: Proxy
    running: tuple[Role, ...]
    registry_port: int
    organiser: Client

    def token(self) -> str:
        return token(self.registry_port, self.organiser)


@contextmanager
def all_roles(databases: MakeDatabases, kafka: str, folder: Path) -> Iterator[Roles]:
    """Started and ready; ended afterwards."""
    ports = {name: (free_port(), free_port()) for name in ROLES}
    of_all = {
        "PATH": os.environ["PATH"],
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "TRUSTED_PROXIES": LOOPBACK,
        "RATE_LIMIT_PER_CLIENT": "off",
        "ORGANIZER_MAILBOX": "netzwerk@example.org",
        "ALLOW_LOOPBACK_WEBHOOKS": "true",
        **{f"{name.upper()}_URL": f"http://{LOOPBACK}:{ports[name][0]}" for name in ROLES},
    }
    with ExitStack() as ended:
        environs = {name: of_all | _prepared(name, databases, of_all, folder) for name in ROLES}
        started: list[Role] = []
        ended.callback(lambda: stop([role.process for role in started]))

        def start(service: str, **more: str) -> None:
            for role in ROLES[service]:
                environ = environs[service] | more | _places(role, ports[service])
                started.append(Role(name=f"{service}-{role}", environ=environ, folder=folder))
                started[-1].start()

        start("registry")
        started[0].await_ready()
        registry = ports["registry"][0]
        operator = token(registry, _operator(environs["registry"]))
        clients = {
            role: create_client(registry, operator, {"name": role, "role": role})
            for role in ("service", "organiser")
        }
        one = clients["service"]
        for follower in ("meetings", "notifications"):
            start(follower, CLIENT_ID=one.client_id, CLIENT_SECRET=one.client_secret)
        for role in started:
            role.await_ready()
        by_name = {role.name: role for role in started}
        replicas = {name: [f"{LOOPBACK}:{port}" for port in ports[name]] for name in ROLES}
        yield Roles(
            proxy=ended.enter_context(proxying(folder, replicas)),
            running=tuple(by_name[name] for name in in_order(by_name)),
            registry_port=registry,
            organiser=clients["organiser"],
        )


def _places(role: str, ports: tuple[int, int]) -> Environ:
    port = ports[1] if role == "api-2" else ports[0]
    return {"HTTP_BIND": f"{LOOPBACK}:{port}", "OPERATOR_BIND": f"{LOOPBACK}:{free_port()}"}


def _prepared(
    service: str, databases: MakeDatabases, of_all: Mapping[str, str], folder: Path
) -> Environ:
    made = databases(service)
    own = {
        "PUBLIC_URL": f"https://{service}.{DOMAIN}",
        "ERASURE_JOURNAL": str(folder / f"{service}.erasures"),
    }
    _run(service, "migrate", {**of_all, **own, **made.migration_environment()})
    return own | made.environment()


def _operator(environ: Environ) -> Client:
    content = json.loads(_run("registry", "bootstrap", environ))
    return Client(client_id=content["client_id"], client_secret=content["client_secret"])


def _run(service: str, command: str, environ: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", service, command],
        env=dict(environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
