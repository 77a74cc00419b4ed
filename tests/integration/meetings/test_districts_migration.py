"""Installations that knew municipalities without their districts know them afterwards."""

from pathlib import Path
from shutil import copy

import psycopg

from eventkit.migrate import migrate
from meetings.app import SERVICE
from tests.conftest import MakeDatabases


def test_a_known_municipality_gets_the_district_that_its_key_named(
    databases: MakeDatabases, tmp_path: Path
) -> None:
    made = databases("meetings")
    url = made.migration_environment()["MIGRATION_DATABASE_URL"]
    copy(SERVICE.migrations / "0001_meetings.py", tmp_path)
    migrate(url, service_role=made.service, folder=tmp_path)
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO known_municipalities VALUES ('08231000', 'Pforzheim', true, 1)"
        )
        migrate(url, service_role=made.service, folder=SERVICE.migrations)
        found = connection.execute("SELECT ags, district_key FROM known_municipalities").fetchall()
    assert found == [("08231000", "08231")]
