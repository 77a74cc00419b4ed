"""The three services as real processes on real databases, and callers with any role.

Consumers run in the test itself, one step when asked: what came true elsewhere is applied here
exactly when a test says so.
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import uuid4

import httpx

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.consuming.consumer import Consumer
from eventkit.consuming.feed import Feed, FeedReader
from eventkit.kits import open_kit
from eventkit.migrate import migrate, migrate_keys
from eventkit.service import Service
from eventkit.unit import Kit
from local.databases import Databases
from local.ports import LOOPBACK, free_port
from local.processes import spawn, stop, wait_until
from meetings.app import SERVICE as MEETINGS
from notifications.app import SERVICE as NOTIFICATIONS
from registry.app import SERVICE as REGISTRY
from tests.conftest import MakeDatabases

ROOT = Path(__file__).parents[2]
KEY = b64encode(b"k" * 32).decode()
SERVICES = {service.name: service for service in (REGISTRY, MEETINGS, NOTIFICATIONS)}
SCOPES = frozenset({"read", "write", "admin"})
# What a process needs beside databases and addresses.
OWN = {
    "MASTER_KEY": KEY,
    "CHAIN_KEY": KEY,
    "CLIENT_ID": "test",
    "CLIENT_SECRET": "secret",
    "ORGANIZER_MAILBOX": "netzwerk@example.org",
    "ALLOW_LOOPBACK_WEBHOOKS": "true",
    # Suites ask thousands of questions a minute; test_rate_limits.py switches these on.
    "RATE_LIMIT_PER_CLIENT": "off",
    "RATE_LIMIT_PER_TENANT": "off",
    "RATE_LIMIT_PER_ADDRESS": "off",
    "RATE_LIMIT_TOKENS": "off",
}


@dataclass(frozen=True)
class Who:
    """A caller as its token will say."""

    role: str
    tenant: str | None = None
    scopes: frozenset[str] = SCOPES

    @property
    def subject(self) -> str:
        return f"test-{self.role}-{self.tenant}"


NOBODY = Who("public")


class Bearer(httpx.Auth):
    """A fresh token with every request, so that none expires within a long test."""

    def __init__(self, signer: Signer, who: Who) -> None:
        self._signer, self._who = signer, who

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        who = self._who
        token = self._signer.sign(Principal(who.subject, who.role, who.tenant, who.scopes))
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running installation: where each service answers, and its kit for looking inside."""

    urls: Mapping[str, str]
    kits: Mapping[str, Kit]
    environments: Mapping[str, Mapping[str, str]]
    databases: Mapping[str, Databases]
    logs: Mapping[str, Path]
    signer: Signer
    http: httpx.Client
    consumers: tuple[Consumer, ...]

    def ask(
        self, who: Who | str, service: str, method: str, path: str, **more: Any
    ) -> httpx.Response:
        """One request; `who` may be a bearer token as well. Unsafe ones carry a new key."""
        headers = {"Idempotency-Key": f'"{uuid4()}"'} if method not in ("GET", "HEAD") else {}
        headers |= more.pop("headers", {})
        auth: httpx.Auth | None = None
        if isinstance(who, str):
            headers["Authorization"] = f"Bearer {who}"
        elif who != NOBODY:
            auth = Bearer(self.signer, who)
        url = f"{self.urls[service]}{path}"
        return self.http.request(method, url, headers=headers, auth=auth, **more)

    def document(self, service: str) -> dict[str, Any]:
        document: dict[str, Any] = self.ask(NOBODY, service, "GET", "/openapi.json").json()
        return document

    @contextmanager
    def running(self, service: str, role: str, log: Path, **settings: str) -> Iterator[None]:
        """One more process of a service, in the role that is named, until the end."""
        process = _started(service, role, {**self.environments[service], **settings}, log)
        try:
            yield
        finally:
            stop([process])

    def settle(self) -> None:
        """Let every consumer apply all that the other services have told."""
        for consumer in self.consumers:
            while consumer.step():
                continue


def create(site: Site, who: Who, service: str, path: str, body: Any) -> str:
    """Post, and the id of what came of it."""
    answer = site.ask(who, service, "POST", path, json=body)
    assert answer.status_code == 201, f"{path}: {answer.status_code} {answer.text}"
    return str(answer.json()["id"])


@contextmanager
def open_site(databases: MakeDatabases, folder: Path, **settings: str) -> Iterator[Site]:
    """Start one API process a service, and end all of them."""
    ports = {name: free_port() for name in SERVICES}
    urls = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
    addresses = {f"{name.upper()}_URL": url for name, url in urls.items()}
    made = {name: databases(name) for name in SERVICES}
    kits, logs, environments = {}, {}, {}
    with ExitStack() as ended:
        for name, service in SERVICES.items():
            of = {"HTTP_BIND": f"{LOOPBACK}:{ports[name]}", "PUBLIC_URL": urls[name]}
            of["ERASURE_JOURNAL"] = str(folder / f"{name}.erasures")
            environment = _migrated(service, made[name]) | OWN | addresses | of | settings
            environments[name] = environment
            kits[name] = open_kit(service, service.settings.from_env(environment), pool_size=8)
            ended.callback(kits[name].close)
            logs[name] = folder / f"{name}.log"
            ended.callback(stop, [_started(name, "api", environment, logs[name])])
        http = ended.enter_context(httpx.Client(timeout=30, trust_env=False))
        for name, url in urls.items():
            wait_until(partial(_answers, http, url), what=name, seconds=60)
        yield Site(
            urls=urls,
            kits=kits,
            environments=environments,
            databases=made,
            logs=logs,
            signer=(signer := Signer.from_settings(kits["registry"].settings)),
            http=http,
            consumers=tuple(_consumers(kits, urls, signer, ended)),
        )


def _started(name: str, role: str, environment: Mapping[str, str], log: Path) -> Popen[bytes]:
    operators = {"OPERATOR_BIND": f"{LOOPBACK}:{free_port()}", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", name, role]
    return spawn(command, log=log, environment={**environment, **operators}, cwd=ROOT)


def _consumers(
    kits: Mapping[str, Kit], urls: Mapping[str, str], signer: Signer, ended: ExitStack
) -> Iterator[Consumer]:
    for name, service in SERVICES.items():
        for subscription in service.subscriptions:
            auth = Bearer(signer, Who("service"))
            feed = Feed(httpx.Client(base_url=urls[subscription.source], auth=auth))
            consumer = Consumer(kits[name], subscription, FeedReader(feed), feed, wait=0)
            ended.callback(consumer.close)
            yield consumer


def _migrated(service: Service, made: Databases) -> dict[str, str]:
    urls = made.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=made.service, folder=service.migrations)
    return urls


def _answers(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/openapi.json").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
