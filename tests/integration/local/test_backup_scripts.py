"""What deploy/backup refuses, and how it keeps files that only grow."""

import fcntl
import os
import subprocess
import time
from pathlib import Path

import pytest

from local.settings import CHECKOUT

OWNERS = ("registry", "meetings")
SERVICES = (*OWNERS, "notifications")
SYNC = """#!/bin/sh
for path; do echo "$path" >> {folder}/synced; done
"""
# Notes where it was called and with what, and runs a service's shell here.
DOCKER = """#!/bin/bash
echo "$PWD: $*" >> {folder}/called
set -a; . "{folder}/${{8%-worker}}.env"; exec sh -c "${{10}}"
"""


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

    def tool(self, name: str, content: str) -> str:
        """Put a command in front of all others; how PATH reads then."""
        path = self.folder / "tools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content.format(folder=self.folder), "utf-8")
        path.chmod(0o755)
        return f"{path.parent}:{os.environ['PATH']}"

    def file(self, service: str, what: str) -> Path:
        return self.folder / f"{service}.{what}"

    def start(self, name: str, *arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [CHECKOUT / "deploy" / "backup" / name, *arguments],
            cwd=self.folder,
            env=os.environ | {"NETZTREFF_SETTINGS": str(self.folder)} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, name: str, *arguments: str | Path, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        started = self.start(name, *arguments, **settings)
        stdout, stderr = started.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, started.returncode, stdout, stderr)

    def copy(self) -> list[Path]:
        """Copy the witnesses; the copies of the registry's journal, oldest first."""
        ended = self.run("backup", "witnesses", self.copies)
        assert ended.returncode == 0, ended.stderr
        return self.copies_of()

    def copies_of(self, what: str = "journal") -> list[Path]:
        return sorted(self.copies.glob(f"registry.{what}.*Z"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.file("registry", "journal").write_bytes(b"one\ntwo\nhal")
    return made


def test_containers_are_those_that_compose_finds_by_itself_in_the_checkout(site: Site) -> None:
    """So COMPOSE_FILE in .env, which keeps a restore drill to itself, and an override count."""
    composed = {"NETZTREFF_SETTINGS": "", "PATH": site.tool("docker", DOCKER)}
    ended = site.run("backup", "witnesses", "../copies", **composed)
    assert ended.returncode == 0, ended.stderr
    (copy,) = site.copies_of()
    site.file("registry", "journal").write_bytes(b"one\n")
    ended = site.run("restore", f"../copies/{copy.name}", **composed)
    assert ended.returncode == 0, ended.stderr
    assert site.file("registry", "journal").read_bytes() == b"one\ntwo\n"
    called = (site.folder / "called").read_text("utf-8").splitlines()
    by_itself = f"{CHECKOUT}: compose run --rm --no-deps -T --entrypoint sh "
    assert all(line.startswith(by_itself) for line in called if "compose" in line)
    assert sum("compose" in line for line in called) == len(OWNERS) + len(SERVICES) + 2


def test_a_copy_has_whole_lines_and_is_taken_only_where_there_are_more(site: Site) -> None:
    (first,) = site.copy()
    assert first.read_bytes() == b"one\ntwo\n"
    assert site.copy() == [first]


@pytest.mark.parametrize("what", ["journal", "heads"])
def test_a_longer_copy_takes_the_place_of_the_one_that_it_goes_on_from(
    site: Site, what: str
) -> None:
    file = site.file("registry", what)
    for grown in (b"one\n", b"one\ntwo\n", b"one\ntwo\nthree\n"):
        file.write_bytes(grown)
        site.copy()
        (copy,) = site.copies_of(what)
        assert copy.read_bytes() == grown
    assert list(site.copies.glob(f"registry.{what}.*.info")) == [Path(f"{copy}.info")]


def test_lines_that_were_taken_out_are_an_error_and_the_copies_stay(site: Site) -> None:
    (first,) = site.copy()
    for differing in (b"two\nthree\n", b"two\nthree\n", b"two\nthree\nfour\n"):
        site.file("registry", "journal").write_bytes(differing)
        ended = site.run("backup", "witnesses", site.copies)
        assert ended.returncode == 1
        assert "do not go on where" in ended.stderr
        assert site.copies_of() == [first]
        (kept,) = site.copies_of("journal-differs")
        assert kept.read_bytes() == differing
    site.file("registry", "journal").write_bytes(b"five\n")
    assert site.run("backup", "witnesses", site.copies).returncode == 1
    assert [path.read_bytes() for path in site.copies_of("journal-differs")] == [
        b"two\nthree\nfour\n",
        b"five\n",
    ]


def test_one_file_that_differs_or_cannot_be_read_keeps_no_other_from_its_copy(site: Site) -> None:
    site.copy()
    site.file("meetings", "journal").write_bytes(b"new\n")
    site.copy()
    site.file("meetings", "journal").write_bytes(b"other\n")
    site.file("registry", "journal").unlink()
    site.file("registry", "journal").mkdir()
    site.file("registry", "heads").write_bytes(b"head\n")
    ended = site.run("backup", "witnesses", site.copies)
    assert ended.returncode == 1
    assert "The lines in the journal of meetings do not go on where" in ended.stderr
    assert "The journal of registry cannot be read." in ended.stderr
    (heads,) = site.copies_of("heads")
    assert heads.read_bytes() == b"head\n"


@pytest.mark.parametrize(
    ("setting", "what"), [("ERASURE_JOURNAL", "journal"), ("HEADS_EXPORT", "heads")]
)
def test_a_file_that_no_setting_names_is_missing_and_no_empty_one(
    site: Site, setting: str, what: str
) -> None:
    site.file("registry", what).write_bytes(b"one\n")
    site.copy()
    (copy,) = site.copies_of(what)
    with (site.folder / "registry.env").open("a") as settings:
        settings.write(f"{setting}=\n")
    site.file("meetings", "heads").write_bytes(b"head\n")
    missing = f"{setting} of registry is not set, so there is no such file.\n"
    ended = site.run("backup", "witnesses", site.copies)
    assert (ended.returncode, ended.stderr) == (1, missing)
    assert "meetings.heads" in ended.stdout
    assert list(site.copies.glob(f"registry.{what}*Z")) == [copy]
    ended = site.run("restore", copy)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", missing)


def test_copies_that_a_run_left_behind_when_it_was_cut_off_go_with_the_next(site: Site) -> None:
    (copy,) = site.copy()
    for stamp, content in (("20260101T000000Z", b"one\n"), ("20260102T000000Z", b"other\n")):
        (site.copies / f"registry.journal.{stamp}").write_bytes(content)
    assert [path.read_bytes() for path in site.copy()] == [b"other\n", b"one\ntwo\n"]
    assert copy.exists()


def test_a_state_that_somebody_looked_into_is_left_by_moving_the_copies_away(site: Site) -> None:
    (first,) = site.copy()
    site.file("registry", "journal").write_bytes(b"two\n")
    assert site.run("backup", "witnesses", site.copies).returncode == 1
    aside = site.folder / "aside"
    aside.mkdir()
    for path in site.copies.glob("registry.journal*"):
        path.rename(aside / path.name)
    (kept,) = site.copy()
    assert kept.read_bytes() == b"two\n"
    assert (aside / first.name).read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("held", "said", "wanted"),
    [
        ("events", "events", ("keys", "witnesses")),
        ("keys", "keys", ("events", "witnesses")),
        ("journal", "journal", ("events", "keys")),
        ("journal-differs", "journal", ("events", "keys")),
        ("heads", "heads", ("events", "keys")),
        ("heads-differs", "heads", ("events", "keys")),
    ],
)
def test_a_folder_takes_one_kind_alone(
    site: Site, held: str, said: str, wanted: tuple[str, ...]
) -> None:
    (site.copies / f"registry.{held}.20260101T000000Z").touch()
    for kind in wanted:
        ended = site.run("backup", kind, site.copies)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr == f"{site.copies} holds {said}; back up {kind} elsewhere.\n"


def test_a_link_to_a_folder_is_that_folder(site: Site) -> None:
    (site.copies / "registry.keys.20260101T000000Z").touch()
    link = site.folder / "link"
    link.symlink_to(site.copies)
    ended = site.run("backup", "witnesses", link)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"{site.copies} holds keys; back up witnesses elsewhere.\n"


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
        while not (is_awaited(journal) or restoring.poll() is not None):
            time.sleep(0.02)
        assert journal.read_bytes() == b"one\n"
    restoring.communicate(timeout=60)
    assert restoring.returncode == 0
    assert journal.read_bytes() == b"one\ntwo\n"


def is_awaited(path: Path) -> bool:
    """Whether a process waits for the lock of a file."""
    locks = Path("/proc/locks").read_text("ascii").splitlines()
    return any("->" in line and f":{path.stat().st_ino} " in line for line in locks)


def backed_up(folder: Path, kind: str, services: tuple[str, ...], stamp: str) -> set[Path]:
    folder.mkdir(exist_ok=True)
    made = {folder / f"{service}.{kind}.{stamp}" for service in services}
    for path in made:
        path.touch()
        Path(f"{path}.info").touch()
    return made


def test_the_newest_set_is_of_one_run_with_its_keys_and_all_witnesses(site: Site) -> None:
    events, keys = site.folder / "events", site.folder / "keys"
    backed_up(events, "events", SERVICES, "20260101T021500Z")
    wanted = backed_up(events, "events", SERVICES, "20260102T021500Z")
    wanted |= backed_up(keys, "keys", SERVICES, "20260102T021900Z")
    wanted |= set(site.copy()) | set(site.copies.glob("*.heads.*Z"))
    wanted |= set(site.copies.glob("meetings.journal.*Z"))
    backed_up(events, "events", ("notifications", "meetings"), "20260103T021500Z")
    backed_up(keys, "keys", ("notifications",), "20260103T021900Z")
    told = site.run("newest", events, keys, site.copies)
    assert told.returncode == 0, told.stderr
    assert {Path(line) for line in told.stdout.splitlines()} == wanted


def test_events_without_keys_from_after_them_are_passed_over_and_named(site: Site) -> None:
    events, keys = site.folder / "events", site.folder / "keys"
    backed_up(events, "events", SERVICES, "20260101T021500Z")
    backed_up(keys, "keys", SERVICES, "20260101T021900Z")
    backed_up(events, "events", SERVICES, "20260102T021500Z")
    told = site.run("newest", events, keys, site.copies)
    assert told.returncode == 0
    assert "20260102T021500Z" not in told.stdout
    assert "20260102T021500Z" in told.stderr


def test_without_a_whole_run_there_is_nothing_to_restore(site: Site) -> None:
    events = site.folder / "events"
    backed_up(events, "events", OWNERS, "20260101T021500Z")
    told = site.run("newest", events, events, site.copies)
    assert (told.returncode, told.stdout) == (1, "")


def test_keys_that_were_taken_while_the_events_still_came_do_not_fit_them(site: Site) -> None:
    events, keys = site.folder / "events", site.folder / "keys"
    for path in backed_up(events, "events", SERVICES, "20260101T021500Z"):
        Path(f"{path}.info").write_text("kept_at=20260101T022500Z\n", "utf-8")
    backed_up(keys, "keys", SERVICES, "20260101T021900Z")
    told = site.run("newest", events, keys, site.copies)
    assert (told.returncode, told.stdout) == (1, "")
    assert "no run with keys from after it" in told.stderr
    later = backed_up(keys, "keys", SERVICES, "20260101T022500Z")
    told = site.run("newest", events, keys, site.copies)
    assert told.returncode == 0
    assert {str(path) for path in later} <= set(told.stdout.splitlines())


@pytest.mark.parametrize("name", ["backup", "newest", "restore"])
@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_a_command_says_what_it_does(site: Site, name: str, asked: str) -> None:
    told = site.run(name, asked)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"{name} " in told.stdout
    assert "It ends with" in told.stdout
    assert not any(line.startswith("#") for line in told.stdout.splitlines())


@pytest.mark.parametrize(
    "typed",
    [
        (),
        ("events",),
        ("all", "x"),
        ("keys", "x", "--days", "0"),
        # They only grow, and their newest copies have it all.
        ("witnesses", "x", "--days", "30"),
    ],
)
def test_a_wrong_word_is_answered_with_how_it_is_said(site: Site, typed: tuple[str, ...]) -> None:
    ended = site.run("backup", *typed)
    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: backup ")
