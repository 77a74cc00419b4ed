"""A restore drill: a running installation is backed up under writes, and comes back elsewhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

import sqlalchemy as sa

from eventkit.rebuild import contents_hash
from eventkit.service import Service
from local import kafka, postgres
from local.credentials import load
from local.databases import create
from local.ports import free_port
from local.service_settings import service_databases, write_environment
from local.settings import CHECKOUT, Settings
from tests.e2e.installation import SERVICES, Installation
from tests.e2e.remains import owner_url

SCRIPTS = CHECKOUT / "deploy" / "backup"


def script(
    installation: Installation, name: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """`backup` or `restore` beside an installation of `make run`."""
    return subprocess.run(
        [str(SCRIPTS / name), *arguments],
        env=os.environ | {"NETZTREFF_SETTINGS": str(installation.folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def done(ended: subprocess.CompletedProcess[str]) -> str:
    """What a script or command printed; it must have succeeded."""
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@dataclass
class Writer:
    """Somebody who goes on storing facts while the backup runs."""

    installation: Installation
    acknowledged: list[str] = field(default_factory=list)
    stopped: Event = field(default_factory=Event)

    def write(self) -> None:
        registry = self.installation.api("registry")
        while not self.stopped.wait(0.02):
            body = {"name": f"Erfundener Verein {uuid4()}", "kind": "association"}
            self.acknowledged.append(registry.create("/v1/organisations", body)["id"])


@contextmanager
def writing(installation: Installation) -> Iterator[Writer]:
    writer = Writer(installation)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(writer.write)
        try:
            yield writer
        finally:
            writer.stopped.set()
        running.result()


@contextmanager
def running(installation: Installation) -> Iterator[None]:
    try:
        installation.start()
        yield
    finally:
        installation.end(signal.SIGTERM)
        installation.http.close()


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """An Apache Kafka that knows nothing yet."""
    started = kafka.start(folder, port=free_port(), log=folder.with_suffix(".log"), tell=print)
    try:
        yield started.bootstrap
    finally:
        started.stop()


@contextmanager
def emptied(old: Installation, servers: str, folder: Path) -> Iterator[Installation]:
    """An installation on a new database server, with nothing but the secrets of the old one.

    Within the block the server runs alone, with roles and empty databases.
    """
    new = Installation(
        folder=folder, base=old.base, settings={**old.settings, "KAFKA_BOOTSTRAP_SERVERS": servers}
    )
    (folder / "secrets").mkdir(parents=True)
    shutil.copy(old.folder / "secrets" / "credentials.json", folder / "secrets")
    settings = Settings(port_base=new.base, kafka=servers, folder=folder)
    credentials = load(folder / "secrets" / "credentials.json")
    server = postgres.start(
        folder / "postgres",
        port=settings.postgres,
        password=credentials.postgres,
        log=folder / "postgres.log",
    )
    try:
        for name in SERVICES:
            create(service_databases(name, server.nearest, credentials))
            write_environment(name, settings, server.nearest, credentials)
        yield new
    finally:
        server.stop()


def hashes(installation: Installation, service: Service) -> dict[str, str]:
    """What each read model of a service holds, the own ones and those of foreign events."""
    models = [*service.read_models, *(m for s in service.subscriptions for m in s.read_models)]
    url = sa.make_url(owner_url(installation, service.name)).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return {model.name: contents_hash(engine, model.table.name) for model in models}
