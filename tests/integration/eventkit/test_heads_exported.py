"""What the worker writes of its heads to a file outside the store."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from eventkit.conflicts import StoreSuspect
from eventkit.unit import Kit
from eventkit.verifying.exports import HeadWorker, export, lines_of, write
from eventkit.verifying.heads import follow
from eventkit.verifying.signed import checked, key_of, sign
from local.databases import Databases
from tests.integration.eventkit.heads import ONE, ask, exporting, statements, store
from tests.integration.eventkit.tampering import back_up, declare_restored, restore


def test_the_worker_writes_each_head_to_the_file_and_to_the_log(kit: Kit, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    exporting(kit, file)
    store(kit, ONE, "a")
    HeadWorker().step(kit)
    with capture_logs() as logged:
        HeadWorker().step(kit)
    assert [line["signed"] for line in logged if line["event"] == "head"] == lines_of(file)[1:]
    assert [one.position for one in statements(kit, file)] == [0, 1]
    assert [fault for _, _, fault in checked(lines_of(file), key_of(kit.settings.chain_key))] == [
        None,
        None,
    ]


def test_between_two_exports_the_time_set_has_to_pass(kit: Kit, tmp_path: Path) -> None:
    exporting(kit, tmp_path / "heads")
    worker = HeadWorker()
    for title in "abc":
        store(kit, ONE, title)
        worker.step(kit)
    assert len(lines_of(tmp_path / "heads")) == 1


def test_a_file_that_was_away_gets_what_it_missed(kit: Kit, tmp_path: Path) -> None:
    file, key = tmp_path / "heads", key_of(kit.settings.chain_key)
    for title in "abc":
        store(kit, ONE, title)
        follow(kit)
        export(kit, key)
        if title == "a":
            write(kit, key, file)
    write(kit, key, file)
    assert [one.number for one in statements(kit, file)] == [1, 2, 3]
    assert write(kit, key, file) == 0


def test_a_line_whose_writer_died_is_written_again_whole(kit: Kit, tmp_path: Path) -> None:
    file, key = tmp_path / "heads", key_of(kit.settings.chain_key)
    for title in "ab":
        store(kit, ONE, title)
        follow(kit)
        export(kit, key)
    write(kit, key, file)
    file.write_text(file.read_text()[:-40])
    write(kit, key, file)
    assert [(one.number, fault) for _, one, fault in checked(lines_of(file), key) if one] == [
        (1, None),
        (2, None),
    ]


def test_a_file_that_cannot_be_written_is_told_and_keeps_nobody_from_signing(
    kit: Kit, tmp_path: Path
) -> None:
    exporting(kit, tmp_path / "absent" / "heads")
    store(kit, ONE, "a")
    with capture_logs() as logged:
        HeadWorker().step(kit)
    assert {line["event"] for line in logged} == {"heads_export_failed", "head"}
    assert ask(kit, "SELECT number FROM exported_heads") == [(1,)]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process grows beyond it: the kernel writes what there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_the_disk_took_by_half_is_told_and_written_again(
    kit: Kit, tmp_path: Path
) -> None:
    file = tmp_path / "heads"
    exporting(kit, file)
    HeadWorker().step(kit)
    store(kit, ONE, "a")
    follow(kit)
    with capture_logs() as logged, room_for(file.stat().st_size + 20):
        HeadWorker().step(kit)
    assert [line["event"] for line in logged] == ["head", "heads_export_failed"]
    HeadWorker().step(kit)
    faults = checked(lines_of(file), key_of(kit.settings.chain_key))
    assert [one.number for _, one, _ in faults if one] == [1, 2]


def test_a_file_of_another_service_is_left_alone(kit: Kit, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    exporting(kit, file)
    HeadWorker().step(kit)
    others = sign(statements(kit, file)[0], key_of(b"another key of thirty-two bytes!"))
    file.write_text(f"{others}\n")
    store(kit, ONE, "a")
    with capture_logs() as logged:
        HeadWorker().step(kit)
        HeadWorker().step(kit)
    failed = [line["cause"] for line in logged if line["event"] == "heads_export_failed"]
    assert "of another service" in failed[0]
    assert lines_of(file) == [others]


def test_a_store_set_back_behind_its_file_signs_no_more(
    kit: Kit, tmp_path: Path, store_databases: Databases
) -> None:
    file = exported_beyond_the_backup(kit, tmp_path, store_databases)
    before = lines_of(file)
    restore(store_databases)
    with capture_logs() as logged:
        HeadWorker().step(kit)
    assert [line["event"] for line in logged] == ["heads_set_back"]
    assert lines_of(file) == before
    with pytest.raises(StoreSuspect):
        store(kit, ONE, "d")


def test_a_store_that_may_be_too_old_signs_nothing(kit: Kit) -> None:
    store(kit, ONE, "a")
    follow(kit)
    ask(kit, "SELECT suspect_store('somebody knows more')")
    assert export(kit, key_of(kit.settings.chain_key)) is None


def test_a_restore_that_was_declared_goes_on_in_the_same_file(
    kit: Kit, tmp_path: Path, store_databases: Databases
) -> None:
    file = exported_beyond_the_backup(kit, tmp_path, store_databases)
    restore(store_databases)
    declare_restored(store_databases)
    HeadWorker().step(kit)
    *_, old, new = statements(kit, file)
    assert (new.parent, new.forked_at) == (old.generation, 1)
    assert (old.position, new.position) == (3, 1)
    faults = checked(lines_of(file), key_of(kit.settings.chain_key))
    assert [fault for _, _, fault in faults if fault] == []


def exported_beyond_the_backup(kit: Kit, folder: Path, databases: Databases) -> Path:
    file = folder / "heads"
    exporting(kit, file)
    for title in "abc":
        store(kit, ONE, title)
        follow(kit)
        HeadWorker().step(kit)
        if title == "a":
            back_up(databases)
    return file
