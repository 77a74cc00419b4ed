"""The sample service's databases, migrated by its own command, for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.databases import Databases, connect
from tests.conftest import MakeDatabases
from tests.integration.eventkit.serving import environment, run


@pytest.fixture(scope="module")
def things(module_databases: MakeDatabases) -> Databases:
    made = module_databases("things")
    assert run(environment(made), "migrate").returncode == 0
    return made


@contextmanager
def limits_away(databases: Databases) -> Iterator[None]:
    """The table of rate limits cannot be reached within the block."""
    owner = databases.migration_environment()["MIGRATION_DATABASE_URL"]
    with connect(owner) as connection:
        connection.execute("ALTER TABLE rate_limits RENAME TO gone")
        try:
            yield
        finally:
            connection.execute("ALTER TABLE gone RENAME TO rate_limits")
