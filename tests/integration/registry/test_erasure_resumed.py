"""An erasure that began is completed, whatever is killed in between or restored afterwards."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from local.databases import connect
from tests.integration.registry.backups import Backup
from tests.integration.registry.erasing import NAME, Site, site

__all__ = ["site"]

POINTS = ("eraser.journal_written", "eraser.key_deleted", "eraser.cleared")


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


def test_in_a_suspect_store_keys_go_at_once_and_the_event_waits(site: Site) -> None:
    backups = [
        Backup(databases=site.databases, name=name)
        for name in (site.databases.name, site.databases.keys)
    ]
    for backup in backups:
        backup.make()
    with site.running() as process:
        assert site.erase(process).is_success
    for backup in backups:
        backup.restore()
    site.as_owner("SELECT suspect_store('restored for a test')")
    with site.running() as process:
        assert site.shown(process)["name"] is None
    assert (site.events(), site.has_key()) == (["contact.appointed"], False)
    site.as_owner("UPDATE store_state SET suspect = NULL")
    with site.running() as process:
        assert is_erased(site.shown(process))
    assert site.events() == ["contact.appointed", "contact.erased"]


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
        # Made at the start, which would have been refused otherwise.
        journal.unlink()
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
