"""A migrated database and a kit on it, for the tests of the machinery."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from flask import Flask

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.http.app import create_app
from eventkit.kits import open_kit
from eventkit.migrate import migrate, migrate_keys
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.unit import Kit
from local.databases import Databases
from tests.conftest import MakeDatabases
from tests.integration.eventkit.http_calls import URL, As
from tests.integration.eventkit.http_sample import SERVICE
from tests.integration.eventkit.sample import KEY, TITLES, metadata
from tests.integration.eventkit.things import things

# Its fixture is for the tests here as well.
__all__ = ["things"]

MakeKit = Callable[[str], Kit]


@pytest.fixture
def store_databases(databases: MakeDatabases, tmp_path: Path) -> Databases:
    """Databases with the kit's tables and the sample's read model."""
    return migrated(databases("sample"), tmp_path)


@pytest.fixture
def kit(store_databases: Databases, tmp_path: Path) -> Iterator[Kit]:
    kit = opened("sample", store_databases, tmp_path)
    yield kit
    kit.close()


@pytest.fixture
def make_kit(databases: MakeDatabases, tmp_path: Path) -> Iterator[MakeKit]:
    """Makes services with databases of their own: `make_kit("listener")`."""
    with ExitStack() as ended:

        def make(name: str) -> Kit:
            kit = opened(name, migrated(databases(name), tmp_path), tmp_path)
            ended.callback(kit.close)
            return kit

        yield make


def migrated(made: Databases, folder: Path) -> Databases:
    urls = made.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
    owner = sa.create_engine(urls["MIGRATION_DATABASE_URL"], poolclass=sa.NullPool)
    metadata.create_all(owner)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=made.service, folder=folder)
    return made


def opened(name: str, made: Databases, folder: Path) -> Kit:
    service = Service(name=name, read_models=(TITLES,), migrations=folder)
    settings = Settings.from_env(made.environment() | {"MASTER_KEY": KEY, "CHAIN_KEY": KEY})
    return open_kit(service, settings, pool_size=16)


@pytest.fixture
def app(kit: Kit) -> Flask:
    return create_app(SERVICE, kit)


@pytest.fixture
def as_(app: Flask, kit: Kit) -> As:
    """Clients by role: `as_("organiser")`."""
    signer = Signer.from_settings(kit.settings)
    transport = httpx.WSGITransport(app)

    def client(
        role: str = "organiser", subject: str = "one", tenant: str | None = None
    ) -> httpx.Client:
        token = signer.sign(Principal(subject, role, tenant))
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=URL, headers=headers, transport=transport)

    return client


@pytest.fixture
def client(as_: As) -> httpx.Client:
    return as_()
