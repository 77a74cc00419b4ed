"""What deploy/backup refuses, and how it keeps files that only grow."""

from pathlib import Path

import pytest

from local.settings import CHECKOUT
from tests.integration.local.site import DOCKER, OWNERS, SERVICES, Site


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
