"""A migrated database and a kit on it, for the tests of the machinery."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from eventkit.kits import open_kit
from eventkit.migrate import migrate, migrate_keys
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.unit import Kit
from local.databases import Databases
from tests.conftest import MakeDatabases
from tests.integration.eventkit.sample import TITLES, metadata

KEY = b64encode(b"k" * 32).decode()


@pytest.fixture
def store_databases(databases: MakeDatabases, tmp_path: Path) -> Databases:
    """Databases with the kit's tables and the sample's read model."""
    made = databases("sample")
    urls = made.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
    owner = sa.create_engine(urls["MIGRATION_DATABASE_URL"], poolclass=sa.NullPool)
    metadata.create_all(owner)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=made.service, folder=tmp_path)
    return made


@pytest.fixture
def kit(store_databases: Databases, tmp_path: Path) -> Iterator[Kit]:
    service = Service(name="sample", read_models=(TITLES,), migrations=tmp_path)
    settings = Settings.from_env(
        store_databases.environment() | {"MASTER_KEY": KEY, "CHAIN_KEY": KEY}
    )
    kit = open_kit(service, settings, pool_size=16)
    yield kit
    kit.close()
