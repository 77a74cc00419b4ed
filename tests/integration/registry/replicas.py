"""Two replicas of the registry and another service, as real processes of one installation."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.migrate import migrate, migrate_keys
from eventkit.service import Service
from eventkit.settings import Settings
from local.databases import Databases
from local.ports import LOOPBACK, free_port
from local.processes import spawn, stop, wait_until
from meetings.app import SERVICE as MEETINGS
from registry.app import SERVICE as REGISTRY
from tests.conftest import MakeDatabases
from tests.integration.registry.conftest import KEY

OWN = {
    "MASTER_KEY": KEY,
    "CHAIN_KEY": KEY,
    "TRUST_REFRESH_SECONDS": "1",
    # Waiting for a condition asks often.
    "RATE_LIMIT_PER_CLIENT": "off",
    "RATE_LIMIT_PER_TENANT": "off",
    "RATE_LIMIT_PER_ADDRESS": "off",
    "RATE_LIMIT_TOKENS": "off",
}
PATIENCE = 60
# Making one takes longer than most requests.
TLS = ssl.create_default_context()
READ = "/v1/municipalities"


@dataclass(frozen=True, kw_only=True)
class Process:
    """Where a process answers callers and operators, and what it logs."""

    url: str
    operators: str
    log: Path

    def get(self, path: str, token: str) -> httpx.Response:
        """On a connection of its own, so that any of the process's workers may answer."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(
            f"{self.url}{path}", headers=headers, trust_env=False, timeout=30, verify=TLS
        )

    def keys(self) -> list[str]:
        answer = httpx.get(f"{self.url}/.well-known/jwks.json", trust_env=False, verify=TLS)
        return [key["kid"] for key in answer.json()["keys"]]

    def token(self, client: Mapping[str, str]) -> str:
        form = {"grant_type": "client_credentials", **client}
        answer = httpx.post(f"{self.url}/oauth/token", data=form, trust_env=False, verify=TLS)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def metric(self, name: str) -> float:
        text = httpx.get(f"{self.operators}/metrics", trust_env=False, verify=TLS).text
        (line,) = [row for row in text.splitlines() if row.startswith(f"{name}{{")]
        return float(line.rpartition(" ")[2])


@dataclass(frozen=True, kw_only=True)
class Replicas:
    """Two replicas on one database, and the settings for a third process of it."""

    one: Process
    two: Process
    settings: Settings
    environment: Mapping[str, str]

    def operate(self, path: str, body: Any, **headers: str) -> Any:
        """A POST of an operator to the first replica."""
        signer = Signer.from_settings(self.settings)
        sent = {
            "Authorization": f"Bearer {signer.sign(Principal('test', 'operator'))}",
            "Idempotency-Key": f'"{uuid4()}"',
            **headers,
        }
        answer = httpx.post(
            f"{self.one.url}{path}", json=body, headers=sent, trust_env=False, verify=TLS
        )
        assert answer.is_success, answer.text
        return answer.json()

    def register(self, role: str) -> dict[str, str]:
        client: dict[str, str] = self.operate("/v1/clients", {"name": "Werkzeug", "role": role})
        return client


@contextmanager
def open_replicas(databases: MakeDatabases, folder: Path) -> Iterator[Replicas]:
    environment = migrated(REGISTRY, databases("registry")) | OWN
    with ExitStack() as ended:
        one, two = (
            ended.enter_context(running("registry", environment, folder / f"registry-{number}.log"))
            for number in (1, 2)
        )
        settings = Settings.from_env(environment)
        yield Replicas(one=one, two=two, settings=settings, environment=environment)


@contextmanager
def open_meetings(databases: MakeDatabases, folder: Path, replicas: Replicas) -> Iterator[Process]:
    """Another service with two workers, which has judged no token yet."""
    client = replicas.register("service")
    others = {
        "REGISTRY_URL": replicas.two.url,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
        "WEB_CONCURRENCY": "2",
    }
    environment = migrated(MEETINGS, databases("meetings")) | OWN | others
    with running("meetings", environment, folder / f"meetings-{uuid4()}.log") as process:
        yield process


@contextmanager
def running(service: str, environment: Mapping[str, str], log: Path) -> Iterator[Process]:
    public, operators = (f"{LOOPBACK}:{free_port()}" for _ in range(2))
    binds = {"HTTP_BIND": public, "OPERATOR_BIND": operators, "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", service, "api"]
    child = spawn(command, log=log, environment={**environment, **binds})
    process = Process(url=f"http://{public}", operators=f"http://{operators}", log=log)
    try:
        wait_until(partial(_is_ready, process), what=service, seconds=PATIENCE, child=child)
        yield process
    finally:
        stop([child])


def migrated(service: Service, made: Databases) -> dict[str, str]:
    urls = made.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=made.service, folder=service.migrations)
    return urls


def _is_ready(process: Process) -> bool:
    try:
        return (
            httpx.get(f"{process.operators}/readyz", trust_env=False, verify=TLS).status_code == 200
        )
    except httpx.TransportError:
        return False
