"""The erasure journal keeps what was written whole, and believes nobody who has no key."""

import multiprocessing
import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from contracts.erasure import ErasureReason
from eventkit.database import Unavailable
from eventkit.erasure.journal import Entry, Journal

KEY = b"k" * 32
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def entry(number: int, at: datetime = AT) -> Entry:
    return Entry(person=UUID(int=number), service="registry", at=at, reason=ErasureReason.REQUEST)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "erasures.jsonl"


@pytest.fixture
def journal(path: Path) -> Journal:
    return Journal(path, KEY)


def people(journal: Journal) -> list[int]:
    return [one.person.int for one in journal.entries()]


def rewrite(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def test_what_was_written_is_read_again_by_whoever_has_the_key(
    path: Path, journal: Journal
) -> None:
    assert journal.entries() == []
    for number in (1, 2, 3):
        journal.append(entry(number))
    assert Journal(path, KEY).entries() == [entry(1), entry(2), entry(3)]
    assert Journal(path, b"x" * 32).entries() == []


def test_of_two_lines_about_a_person_the_first_one_counts(journal: Journal) -> None:
    journal.append(entry(1))
    journal.append(entry(1, at=datetime(2027, 1, 1, tzinfo=UTC)))
    assert journal.entries() == [entry(1)]


def test_only_its_owner_reads_the_file(path: Path, journal: Journal) -> None:
    journal.append(entry(1))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", [1, 30, -1])
def test_a_torn_line_was_never_acknowledged_and_makes_room_for_the_next(
    path: Path, journal: Journal, left: int
) -> None:
    journal.append(entry(1))
    whole = path.read_bytes()
    journal.append(entry(2))
    torn = path.read_bytes()[len(whole) :][:left]
    path.write_bytes(whole + torn)
    assert people(journal) == [1]
    journal.append(entry(3))
    assert people(journal) == [1, 3]


@pytest.mark.parametrize("forged", ["person", "at", "reason", "service", "mac", "number"])
def test_a_changed_line_is_not_obeyed_and_the_others_are(
    path: Path, journal: Journal, forged: str
) -> None:
    for number in (1, 2, 3):
        journal.append(entry(number))
    lines = path.read_bytes().splitlines()
    values = {
        "person": str(UUID(int=9)),
        "at": "2020-01-01T00:00:00Z",
        "reason": "unlawful",
        "service": "meetings",
        "mac": "0" * 64,
        "number": 9,
    }
    lines[1] = orjson.dumps(orjson.loads(lines[1]) | {forged: values[forged]})
    rewrite(path, lines)
    assert people(journal) == [1, 3]


def test_a_line_that_was_taken_out_shows_and_the_others_are_obeyed(
    path: Path, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2, 3):
        journal.append(entry(number))
    first, _, last = path.read_bytes().splitlines()
    rewrite(path, [first, last])
    assert people(journal) == [1, 3]
    assert "erasure_journal_line_missing" in capsys.readouterr().out


@pytest.mark.parametrize("line", [b"", b"{}", b"no json", b"\xff\xfe", b"[]"])
def test_what_is_no_line_of_ours_is_passed_over(path: Path, journal: Journal, line: bytes) -> None:
    journal.append(entry(1))
    path.write_bytes(path.read_bytes() + line + b"\n")
    assert people(journal) == [1]
    journal.append(entry(2))
    assert people(journal) == [1, 2]


def _append_many(path: Path, first: int) -> None:
    for number in range(first, first + 25):
        Journal(path, KEY).append(entry(number))


def test_processes_that_append_at_once_lose_nothing(path: Path, journal: Journal) -> None:
    forking = multiprocessing.get_context("fork")
    running = [forking.Process(target=_append_many, args=(path, n * 100)) for n in range(4)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    wanted = [number for n in range(4) for number in range(n * 100, n * 100 + 25)]
    assert sorted(people(journal)) == wanted
    numbers = [orjson.loads(line)["number"] for line in path.read_bytes().splitlines()]
    assert numbers == list(range(1, len(wanted) + 1))


def test_a_journal_that_cannot_be_written_refuses(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.mkdir()
    with pytest.raises(Unavailable):
        Journal(path, KEY).append(entry(1))
    with pytest.raises(Unavailable):
        Journal(path, KEY).entries()


def _append_to_a_full_disk(path: Path, refused: Any) -> None:
    size = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, size + 20))
    try:
        Journal(path, KEY).append(entry(2))
    except Unavailable:
        refused.set()


def test_a_line_that_the_disk_took_by_half_is_refused(path: Path, journal: Journal) -> None:
    """The kernel writes what there is room for, and says so without an error."""
    journal.append(entry(1))
    forking = multiprocessing.get_context("fork")
    refused = forking.Event()
    process = forking.Process(target=_append_to_a_full_disk, args=(path, refused))
    process.start()
    process.join()
    assert refused.is_set()
    journal.append(entry(3))
    assert people(journal) == [1, 3]
