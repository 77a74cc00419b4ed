"""A file that only grows is named in its folder on the disk before anything in it counts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from contracts.erasure import ErasureReason
from eventkit.erasure.journal import Entry, Journal
from eventkit.settings import Settings
from eventkit.starting import CannotStart, refuse_unwritable
from tests.unit.eventkit.test_production import GOOD

ENTRY = Entry(
    person=UUID(int=1),
    service="registry",
    at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    reason=ErasureReason.REQUEST,
)


@contextmanager
def synced(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """What is brought to the disk meanwhile, in order."""
    found: list[Path] = []
    sync = os.fsync

    def noted(file: int) -> None:
        found.append(Path(f"/proc/self/fd/{file}").readlink())
        sync(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", noted)
        yield found


def settings(folder: Path) -> Settings:
    files = {"ERASURE_JOURNAL": f"{folder}/journal", "HEADS_EXPORT": f"{folder}/heads"}
    return Settings.from_env(GOOD | files)


def test_a_start_that_makes_the_files_brings_their_names_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with synced(monkeypatch) as found:
        refuse_unwritable(settings(tmp_path), journal=True, heads=True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"journal": 0o600, "heads": 0o644}
    assert found == [tmp_path, tmp_path]


def test_only_the_files_of_a_role_are_made(tmp_path: Path) -> None:
    refuse_unwritable(settings(tmp_path), journal=False, heads=True)
    assert [path.name for path in tmp_path.iterdir()] == ["heads"]


def test_a_file_in_a_folder_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    tmp_path.rmdir()
    with pytest.raises(CannotStart, match=f"^ERASURE_JOURNAL {tmp_path}/journal cannot be written"):
        refuse_unwritable(wanted, journal=True, heads=True)


def test_the_name_of_an_empty_file_that_somebody_else_made_is_not_trusted_to_be_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    path.touch()
    journal = Journal(path, b"k" * 32)
    with synced(monkeypatch) as found:
        journal.append(ENTRY)
        journal.append(ENTRY)
    assert found == [tmp_path, path, path]
