"""What deploy/backup refuses, and how it keeps files that only grow."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from local.settings import CHECKOUT

OWNERS = ("registry", "meetings")
SERVICES = (*OWNERS, "notifications")


class Site:
    """An installation's files, and where they are copied to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.copies = folder / "var", folder / "copies"
        self.folder.mkdir()
        self.copies.mkdir()
        for service in SERVICES:
            names = {"HEADS_EXPORT": "heads", "ERASURE_JOURNAL": "journal"}
            lines = [f"{name}={self.file(service, what)}\n" for name, what in names.items()]
            (self.folder / f"{service}.env").write_text("".join(lines), "utf-8")

    def file(self, service: str, what: str) -> Path:
        return self.folder / f"{service}.{what}"

    def run(self, name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CHECKOUT / "deploy" / "backup" / name, *arguments],
            env=os.environ | {"NETZTREFF_SETTINGS": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def copy(self, *options: str) -> list[Path]:
        """Copy the witnesses; the copies of the registry's journal, oldest first."""
        ended = self.run("backup", "witnesses", self.copies, *options)
        assert ended.returncode == 0, ended.stderr
        return self.journals()

    def journals(self) -> list[Path]:
        return sorted(self.copies.glob("registry.journal.*Z"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.file("registry", "journal").write_bytes(b"one\ntwo\nhal")
    return made


def aged(path: Path, days: int) -> Path:
    """The same copy, as if it had been taken so many days ago."""
    older = path.with_name(f"registry.journal.2026010{days}T000000Z")
    for suffix in ("", ".info"):
        path.with_name(path.name + suffix).rename(older.with_name(older.name + suffix))
    then = time.time() - days * 86_400 - 60
    os.utime(older, (then, then))
    return older


def test_a_copy_has_whole_lines_and_is_taken_only_where_there_are_more(site: Site) -> None:
    (first,) = site.copy()
    assert first.read_bytes() == b"one\ntwo\n"
    first = aged(first, 1)
    assert site.copy() == [first]
    site.file("registry", "journal").write_bytes(b"one\ntwo\nthree\n")
    assert [path.read_bytes() for path in site.copy()] == [b"one\ntwo\n", b"one\ntwo\nthree\n"]


def test_lines_that_were_taken_out_are_an_error_and_the_copies_stay(site: Site) -> None:
    (first,) = site.copy()
    first = aged(first, 1)
    site.file("registry", "journal").write_bytes(b"two\nthree\n")
    ended = site.run("backup", "witnesses", site.copies)
    assert ended.returncode == 1
    assert "do not go on where" in ended.stderr
    assert site.journals() == [first]
    (kept,) = site.copies.glob("registry.journal-differs.*Z")
    assert kept.read_bytes() == b"two\nthree\n"


def test_old_copies_go_but_never_the_newest(site: Site) -> None:
    aged(site.copy()[0], 9)
    site.file("registry", "journal").write_bytes(b"one\ntwo\nthree\n")
    (newer,) = site.copy("--days", "7")
    assert newer.read_bytes() == b"one\ntwo\nthree\n"
    alone = aged(newer, 8)
    assert site.copy("--days", "7") == [alone]
    assert len(list(site.copies.glob("registry.journal.*.info"))) == 1


@pytest.mark.parametrize(("held", "wanted"), [("events", "keys"), ("keys", "events")])
def test_a_folder_takes_one_kind_alone(site: Site, held: str, wanted: str) -> None:
    (site.copies / f"registry.{held}.20260101T000000Z").touch()
    for kind in (wanted, "witnesses"):
        ended = site.run("backup", kind, site.copies)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr == f"{site.copies} holds {held}; back up {kind} elsewhere.\n"


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


@pytest.mark.parametrize("typed", [(), ("events",), ("all", "x"), ("keys", "x", "--days", "0")])
def test_a_wrong_word_is_answered_with_how_it_is_said(site: Site, typed: tuple[str, ...]) -> None:
    ended = site.run("backup", *typed)
    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: backup ")
