"""Databases that deploy/backup backs up under writes, and puts back in place of newer ones."""

import hashlib
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

from eventkit.migrate import migrate, migrate_keys
from local.databases import Databases, connect
from local.ports import free_port
from local.settings import CHECKOUT
from tests.conftest import MakeDatabases

SERVICES = ("registry", "meetings", "notifications")
REVISION = '''
from alembic import op

revision = "sample_{number}"
down_revision = {before}
branch_labels = {labels}
depends_on = None


def upgrade() -> None:
    op.execute("""{statements}""")
'''
OLDER = "CREATE TABLE seats (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text)"
NEWER = """
    CREATE TYPE colour AS ENUM ('red');
    CREATE TABLE painted (seat bigint REFERENCES seats, colour colour);
    CREATE VIEW reds AS SELECT seat FROM painted;
    CREATE SEQUENCE coats;
    CREATE FUNCTION paint(seat bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
    CREATE PROCEDURE repaint() LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE coats(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
    CREATE COLLATION plain FROM "C";
    CREATE DOMAIN shade AS text COLLATE plain;
    CREATE TABLE shaded (shade shade, name text COLLATE plain);
    CREATE STATISTICS shades ON shade, name FROM shaded;
    CREATE FUNCTION near(colour, colour) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE OPERATOR === (LEFTARG = colour, RIGHTARG = colour, FUNCTION = near);
    CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple);
    CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)
"""
# What is in the schema, by kind.
THINGS = """
    SELECT o.type || ' ' || o.identity FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) o
    WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = 'public'::regnamespace
"""
APPEND = """
    SELECT append_event('{}', 1, gen_random_uuid(), 'seat.created', 1, '{{}}', '{{}}', '',
                        now(), NULL, NULL, NULL, NULL)
"""

# Reads a dump well; where it is to print one, it prints the first statements of one and fails.
CUT_OFF = """#!/bin/sh
case $1 in
  --file=-) echo 'SET search_path = public; CREATE TABLE begun ();'; exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Site:
    """Three services of one sample each, as an administrator backs them up."""

    folder: Path
    databases: dict[str, Databases]

    @property
    def events(self) -> Path:
        return self.folder / "events"

    def migrate(self, service: str) -> None:
        """With the software that is there: the revisions in a folder."""
        made = self.databases[service]
        urls = made.migration_environment()
        migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
        migrate(
            urls["MIGRATION_DATABASE_URL"],
            service_role=made.service,
            folder=self.folder / "revisions",
        )

    def write_settings(self, service: str, **settings: str) -> None:
        lines = [f"{name}='{value}'\n" for name, value in settings.items()]
        (self.folder / f"{service}.env").write_text("".join(lines), "utf-8")

    def revise(self, number: int, statements: str) -> None:
        before, labels = (repr(f"sample_{number - 1}"), None) if number > 1 else (None, ("sample",))
        text = REVISION.format(number=number, before=before, labels=labels, statements=statements)
        (self.folder / "revisions" / f"{number}.py").write_text(text, "utf-8")

    def run(
        self, name: str, *arguments: str | Path, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CHECKOUT / "deploy" / "backup" / name, *arguments],
            env=os.environ | {"NETZTREFF_SETTINGS": str(self.folder)} | settings,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def dump(self, service: str) -> Path:
        ended = self.run("backup", "events", self.events)
        assert ended.returncode == 0, ended.stderr
        (file,) = self.events.glob(f"{service}.events.*Z")
        return file

    def open(self, service: str) -> psycopg.Connection[tuple[object, ...]]:
        return connect(self.databases[service].migration_environment()["MIGRATION_DATABASE_URL"])

    def ask(self, service: str, query: str) -> list[object]:
        with self.open(service) as database:
            return [value for (value,) in database.execute(query).fetchall()]

    def tables(self, service: str) -> set[object]:
        return set(self.ask(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))


@pytest.fixture
def bare(databases: MakeDatabases, tmp_path: Path) -> Site:
    """Databases with nothing in them."""
    (tmp_path / "revisions").mkdir()
    made = Site(tmp_path, {service: databases(service) for service in SERVICES})
    made.revise(1, OLDER)
    for service, pair in made.databases.items():
        made.write_settings(service, **pair.migration_environment())
    return made


@pytest.fixture
def site(bare: Site) -> Site:
    for service in SERVICES:
        bare.migrate(service)
    return bare


def test_an_older_releases_dump_takes_the_place_of_all_that_a_newer_one_made(site: Site) -> None:
    with site.open("meetings") as database:
        database.execute("INSERT INTO seats (name) VALUES ('window')")
        database.execute("CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.own ()")
    older, file = set(site.ask("meetings", THINGS)), site.dump("meetings")
    site.revise(2, NEWER)
    site.migrate("meetings")
    newer = set(site.ask("meetings", THINGS))
    assert len(newer - older) > NEWER.count("CREATE") - 2
    ended = site.run("restore", "--replace", file)
    assert ended.returncode == 0, ended.stderr
    assert set(site.ask("meetings", THINGS)) == older
    assert site.ask("meetings", "SELECT name FROM seats") == ["window"]
    site.migrate("meetings")
    assert set(site.ask("meetings", THINGS)) == newer
    assert site.ask("meetings", "SELECT to_regclass('elsewhere.own') IS NULL") == [False]
    service = site.databases["meetings"].service
    allowed = f"SELECT has_table_privilege('{service}', 'painted', 'INSERT')"
    assert site.ask("meetings", allowed) == [True]


def test_an_extension_that_came_after_the_backup_stays(site: Site, postgres: str) -> None:
    file = site.dump("meetings")
    with connect(f"{postgres.rpartition('/')[0]}/{site.databases['meetings'].name}") as superuser:
        superuser.execute("CREATE EXTENSION hstore SCHEMA public")
    before = set(site.ask("meetings", THINGS))
    ended = site.run("restore", "--replace", file)
    assert ended.returncode == 0, ended.stderr
    assert set(site.ask("meetings", THINGS)) == before
    assert "extension hstore" in before


def test_a_restored_store_is_suspect_from_the_moment_that_it_is_there(site: Site) -> None:
    file = site.dump("meetings")
    assert site.run("restore", "--replace", file).returncode == 0
    (why,) = site.ask("meetings", "SELECT suspect FROM store_state")
    assert why == f"restored from the backup of {file.name.rpartition('.')[2]}"


@pytest.mark.parametrize("kept", [0.1, 0.5])
def test_a_database_stays_as_it_is_where_its_dump_cannot_be_read_whole(
    site: Site, kept: float
) -> None:
    """Once its list of contents ends early, once its rows."""
    with site.open("meetings") as database:
        database.execute("INSERT INTO seats (name) VALUES (%s)", (token_hex(200_000),))
    file = site.dump("meetings")
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept)])
    info = Path(f"{file}.info")
    old, new = (hashlib.sha256(one).hexdigest() for one in (content, file.read_bytes()))
    info.write_text(info.read_text("utf-8").replace(old, new), "utf-8")
    before = site.tables("meetings")
    ended = site.run("restore", "--replace", file)
    assert ended.returncode == 1
    assert "is no dump that can be read here" in ended.stderr
    assert site.tables("meetings") == before
    assert site.ask("meetings", "SELECT suspect FROM store_state") == [None]


def test_a_database_stays_as_it_is_where_the_restore_of_its_dump_fails(
    site: Site, postgres: str
) -> None:
    pair = site.databases["meetings"]
    with connect(f"{postgres.rpartition('/')[0]}/{pair.name}") as superuser:
        superuser.execute("CREATE SCHEMA elsewhere")
    file, before = site.dump("meetings"), site.tables("meetings")
    site.revise(2, NEWER)
    site.migrate("meetings")
    ended = site.run("restore", "--replace", file)
    assert ended.returncode == 1
    assert 'schema "elsewhere" already exists' in ended.stderr
    assert "The events of meetings were not restored" in ended.stderr
    assert site.tables("meetings") == before | {"painted", "shaded"}
    assert f"restored {file}" not in ended.stdout


def test_a_database_stays_as_it_is_where_the_dumps_end_is_lost_on_its_way(site: Site) -> None:
    """The tool ends early, as one in a container that is stopped; all that came was sound."""
    assert site.run("backup", "keys", site.folder / "keys").returncode == 0
    (file,) = (site.folder / "keys").glob("meetings.keys.*Z")
    tools = site.folder / "tools"
    tools.mkdir()
    tool = tools / "pg_restore"
    tool.write_text(CUT_OFF, "utf-8")
    tool.chmod(0o755)
    ended = site.run("restore", "--replace", file, PG_BIN=str(tools))
    assert ended.returncode == 1
    assert "The keys of meetings were not restored" in ended.stderr
    url = site.databases["meetings"].migration_environment()["MIGRATION_KEY_DATABASE_URL"]
    with connect(url) as database:
        kept = database.execute(
            "SELECT to_regclass('person_keys'), to_regclass('begun')"
        ).fetchone()
    assert kept == ("person_keys", None)


def test_no_database_is_touched_where_another_is_not_empty(site: Site) -> None:
    file = site.dump("meetings")
    other = file.with_name(file.name.replace("meetings", "registry"))
    with site.open("meetings") as database:
        database.execute("DROP OWNED BY CURRENT_USER")
    ended = site.run("restore", file, other)
    assert ended.returncode == 1
    assert "The events of registry are not empty" in ended.stderr
    assert site.tables("meetings") == set()


def test_all_up_to_the_position_of_a_backup_is_in_it_though_newer_events_may_be(
    site: Site,
) -> None:
    with site.open("meetings") as slow, site.open("meetings") as fast:
        fast.execute(APPEND.format("seat-1"))
        slow.execute("BEGIN")
        slow.execute(APPEND.format("seat-2"))
        fast.execute(APPEND.format("seat-3"))
        assert site.ask("meetings", "SELECT max(position) FROM events") == [3]
        file = site.dump("meetings")
        slow.execute("COMMIT")
    assert "position=1\n" in Path(f"{file}.info").read_text("utf-8")


def test_a_store_without_events_is_backed_up_to_no_position(site: Site) -> None:
    assert "position=0\n" in Path(f"{site.dump('meetings')}.info").read_text("utf-8")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("events", "cannot be asked."), ("keys", "have no tables; were they migrated?")],
)
def test_databases_that_were_never_migrated_are_named(bare: Site, kind: str, said: str) -> None:
    ended = bare.run("backup", kind, bare.folder / kind)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.endswith(f"The {kind} of notifications {said}\n")


def test_a_database_that_does_not_answer_is_named(site: Site) -> None:
    file = site.dump("meetings")
    for service, pair in site.databases.items():
        silent = replace(pair, server=f"postgresql://127.0.0.1:{free_port()}/")
        site.write_settings(service, **silent.migration_environment())
    for command, said in (
        (("backup", "events", site.events), "events of notifications cannot be asked."),
        (("backup", "keys", site.folder / "keys"), "keys of notifications cannot be dumped."),
        (("restore", file), "events of meetings cannot be asked."),
        (("restore", "--replace", file), "events of meetings were not restored"),
    ):
        ended = site.run(*command)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert f"\nThe {said}" in ended.stderr
