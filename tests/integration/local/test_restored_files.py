"""Files that only grow are restored by making them longer, or not at all."""

import fcntl
from pathlib import Path

import pytest

from local.processes import wait_until
from tests.integration.local.site import SYNC, Site


def test_no_file_is_touched_where_one_is_not_what_was_backed_up(site: Site) -> None:
    (journal,) = site.copy()
    (heads,) = site.copies.glob("registry.heads.*Z")
    heads.write_bytes(b"forged\n")
    site.file("registry", "journal").unlink()
    ended = site.run("restore", journal, heads)
    assert ended.returncode == 1
    assert ended.stderr == f"{heads} is not what was backed up: its checksum differs.\n"
    assert not site.file("registry", "journal").exists()


def test_a_journal_is_only_made_longer(site: Site) -> None:
    (copy,) = site.copy()
    journal = site.file("registry", "journal")
    for present, after in (
        (b"", b"one\ntwo\n"),
        (b"one\n", b"one\ntwo\n"),
        (b"one\ntwo\nthree\n", b"one\ntwo\nthree\n"),
    ):
        journal.write_bytes(present)
        assert site.run("restore", copy).returncode == 0
        assert journal.read_bytes() == after
    journal.write_bytes(b"other\n")
    ended = site.run("restore", copy)
    assert ended.returncode == 1
    assert "are not the beginning of" in ended.stderr
    assert journal.read_bytes() == b"other\n"


@pytest.mark.parametrize(("what", "mode"), [("journal", 0o600), ("heads", 0o644)])
def test_a_file_that_is_made_anew_has_the_rights_and_the_name_that_a_service_gives_it(
    site: Site, what: str, mode: int
) -> None:
    file = site.file("registry", what)
    file.write_bytes(b"one\n")
    site.copy()
    file.unlink()
    ended = site.run("restore", *site.copies_of(what), PATH=site.tool("sync", SYNC))
    assert ended.returncode == 0, ended.stderr
    assert file.stat().st_mode & 0o777 == mode
    synced = (site.folder / "synced").read_text("utf-8").splitlines()
    assert synced == [str(file), str(file.parent)]


def test_a_file_that_cannot_be_restored_to_is_named(site: Site) -> None:
    (copy,) = site.copy()
    site.file("registry", "journal").unlink()
    site.file("registry", "journal").mkdir()
    ended = site.run("restore", copy)
    assert ended.returncode == 1
    assert ended.stderr.endswith("The journal of registry cannot be read and written.\n")


def test_what_a_journal_gets_while_it_is_restored_is_not_lost(site: Site) -> None:
    (copy,) = site.copy()
    journal = site.file("registry", "journal")
    journal.write_bytes(b"one\n")
    # The settings are read anew for each step, so this is an erasure right before the second one.
    with (site.folder / "registry.env").open("a") as settings:
        settings.write(
            f"if [ -e {site.folder}/seen ]; then echo erased >> {journal}; fi\n"
            f"touch {site.folder}/seen\n"
        )
    ended = site.run("restore", copy)
    assert ended.returncode == 1
    assert "grew meanwhile" in ended.stderr
    assert journal.read_bytes() == b"one\nerased\n"


def test_a_journal_is_restored_under_the_lock_that_services_append_under(site: Site) -> None:
    (copy,) = site.copy()
    journal = site.file("registry", "journal")
    journal.write_bytes(b"one\n")
    with journal.open("ab") as appending:
        fcntl.flock(appending, fcntl.LOCK_EX)
        restoring = site.start("restore", copy)
        wait_until(
            lambda: is_awaited(journal) or restoring.poll() is not None,
            what="the lock",
            seconds=60,
        )
        assert journal.read_bytes() == b"one\n"
    restoring.communicate(timeout=60)
    assert restoring.returncode == 0
    assert journal.read_bytes() == b"one\ntwo\n"


def is_awaited(path: Path) -> bool:
    """Whether a process waits for the lock of a file."""
    locks = Path("/proc/locks").read_text("ascii").splitlines()
    return any("->" in line and f":{path.stat().st_ino} " in line for line in locks)
