"""An erasure that began is completed, whatever is killed in between or restored afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.http.app import create_app
from eventkit.kits import open_kit
from eventkit.settings import Settings
from local.databases import Databases, connect
from registry.app import SERVICE
from tests.conftest import MakeDatabases
from tests.integration.registry.backups import Backup
from tests.integration.registry.conftest import PFORZHEIM, Callers, told
from tests.integration.registry.replicas import OWN, TLS, Process, migrated, running
from tests.unit.registry.directory_lines import district

NAME, EMAIL = "Kontakt Kanarienvogel", "kanarienvogel@example.org"
BODY = {
    "party": {"kind": "municipality", "key": "08231000"},
    "role": "Leitung",
    "purpose": "Einladungen",
    "name": NAME,
    "email": EMAIL,
}
POINTS = ("eraser.journal_written", "eraser.key_deleted", "eraser.cleared")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A registry with one contact and no process of its own."""

    databases: Databases
    environment: dict[str, str]
    contact: str
    folder: Path

    def token(self) -> str:
        signer = Signer.from_settings(Settings.from_env(self.environment))
        return signer.sign(Principal("test", "organiser"))

    @contextmanager
    def running(self, **settings: str) -> Iterator[Process]:
        log = self.folder / f"{uuid4()}.log"
        with running("registry", self.environment | settings, log) as process:
            yield process

    def shown(self, process: Process, path: str = "") -> Any:
        return process.get(f"/v1/contacts/{self.contact}{path}", self.token()).json()

    def erase(self, process: Process) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.token()}",
            "Idempotency-Key": '"one"',
            "If-Match": '"1"',
        }
        url = f"{process.url}/v1/contacts/{self.contact}/erasure"
        return httpx.post(url, json={"reason": "request"}, headers=headers, verify=TLS, timeout=30)

    def events(self) -> list[str]:
        owner = self.databases.migration_environment()["MIGRATION_DATABASE_URL"]
        with connect(owner) as store:
            query = "SELECT type FROM events WHERE stream = %s ORDER BY version"
            return [str(row[0]) for row in store.execute(query, [f"contact-{self.contact}"])]

    def has_key(self) -> bool:
        owner = self.databases.migration_environment()["MIGRATION_KEY_DATABASE_URL"]
        with connect(owner) as keys:
            query = "SELECT wrapped IS NOT NULL FROM person_keys WHERE person = %s"
            return keys.execute(query, [self.contact]).fetchone() == (True,)


@pytest.fixture
def site(databases: MakeDatabases, tmp_path: Path) -> Site:
    made = databases("registry")
    journal = {"ERASURE_JOURNAL": str(tmp_path / "erasures.jsonl")}
    environment = migrated(SERVICE, made) | OWN | journal
    with_kit: Callable[[], Any] = partial(
        open_kit, SERVICE, Settings.from_env(environment), pool_size=4
    )
    kit = with_kit()
    callers = Callers(create_app(SERVICE, kit), kit)
    preview = callers.operator.upload("\n".join((district("08231"), PFORZHEIM)).encode())
    told(callers.operator.post(f"{preview.headers['Location']}/apply"))
    contact = callers.organiser.create("/v1/contacts", BODY)
    kit.close()
    return Site(databases=made, environment=environment, contact=contact, folder=tmp_path)


def is_erased(shown: Any) -> bool:
    return (shown["name"], shown["email"], shown["erased"]) == (None, None, True)


@pytest.mark.parametrize("point", POINTS)
def test_an_erasure_killed_at_a_point_is_complete_before_the_next_first_answer(
    site: Site, point: str
) -> None:
    crashing = site.running(ALLOW_CRASH_POINTS="1", CRASH_AT=point)
    with crashing as process, pytest.raises(httpx.TransportError):
        site.erase(process)
    with site.running() as process:
        assert is_erased(site.shown(process))
        assert not site.has_key()
        again = site.erase(process)
        assert (again.status_code, again.json()["version"]) == (200, 2)
        said = site.shown(process, "/erasure")
    assert site.events() == ["contact.appointed", "contact.erased"]
    assert [part["service"] for part in said["parts"]] == ["registry"]


def test_keys_that_a_backup_brings_back_are_gone_before_the_first_answer(site: Site) -> None:
    backup = Backup(databases=site.databases, name=site.databases.keys)
    backup.make()
    with site.running() as process:
        assert site.shown(process)["name"] == NAME
        assert site.erase(process).is_success
    backup.restore()
    assert site.has_key()
    with site.running() as process:
        assert is_erased(site.shown(process))
    assert not site.has_key()


def test_a_store_that_has_forgotten_an_erasure_is_told_again(site: Site) -> None:
    backups = [
        Backup(databases=site.databases, name=name)
        for name in (site.databases.name, site.databases.keys)
    ]
    for backup in backups:
        backup.make()
    with site.running() as process:
        assert site.erase(process).is_success
        at = site.shown(process, "/erasure")["erased_at"]
    for backup in backups:
        backup.restore()
    assert site.events() == ["contact.appointed"]
    with site.running() as process:
        assert is_erased(site.shown(process))
        assert site.shown(process, "/erasure")["erased_at"] == at
    assert site.events() == ["contact.appointed", "contact.erased"]
    assert not site.has_key()


def test_who_came_after_the_backup_gets_no_key_again(site: Site) -> None:
    """The key database is older than the person: nobody may be given a key under that id."""
    with site.running() as process:
        assert site.erase(process).is_success
    owner = site.databases.migration_environment()["MIGRATION_KEY_DATABASE_URL"]
    with connect(owner) as keys:
        keys.execute("DELETE FROM person_keys")
    with site.running() as process:
        assert is_erased(site.shown(process))
    with connect(owner) as keys:
        query = "SELECT person, wrapped FROM person_keys"
        assert keys.execute(query).fetchall() == [(site.contact, None)]


def test_a_lost_journal_is_written_anew_from_the_store(site: Site) -> None:
    journal = Path(site.environment["ERASURE_JOURNAL"])
    with site.running() as process:
        assert site.erase(process).is_success
    kept = journal.read_bytes()
    journal.unlink()
    with site.running():
        pass
    assert journal.read_bytes() == kept


def test_without_a_journal_nobody_is_erased(site: Site) -> None:
    with site.running(ERASURE_JOURNAL="") as process:
        refused = site.erase(process)
        assert (refused.status_code, refused.json()["code"]) == (409, "no-erasure-journal")
        assert site.shown(process)["name"] == NAME


def test_a_journal_that_cannot_be_written_erases_nobody(site: Site) -> None:
    journal = Path(site.environment["ERASURE_JOURNAL"])
    with site.running() as process:
        journal.mkdir()
        refused = site.erase(process)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert site.shown(process)["name"] == NAME
        journal.rmdir()
        assert site.erase(process).is_success


def test_an_erasure_without_its_key_database_is_completed_when_that_is_back(site: Site) -> None:
    """The event is stored; the key goes as soon as it can, and the caller hears of it."""
    with site.running() as process:
        assert site.shown(process)["name"] == NAME
        with connect(site.databases.server) as server:
            allow = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
            server.execute(allow.format(site.databases.keys, "false").encode())
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            server.execute(end, [site.databases.keys])
            assert site.erase(process).status_code == 503
            server.execute(allow.format(site.databases.keys, "true").encode())
        assert site.has_key()
        assert site.erase(process).is_success
        assert is_erased(site.shown(process))
    assert not site.has_key()
