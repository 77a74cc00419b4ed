"""The heads that the worker keeps beside the store, and what it writes to a file outside."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eventkit.conflicts import StoreSuspect
from eventkit.database import driver, session
from eventkit.head_gauges import head_gauges
from eventkit.unit import Kit
from eventkit.verifying.exports import HeadWorker, export, lines_of, write
from eventkit.verifying.heads import PAGE, follow, progress
from eventkit.verifying.signed import Statement, checked, hash_of, key_of, opened, sign
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.tampering import as_owner, back_up, declare_restored, restore

ONE, OTHER = UUID(int=1), UUID(int=2)


def store(kit: Kit, key: UUID, *titles: str) -> None:
    for title in titles:
        kit.execute(SAMPLE, key, plan(key, title), context=CONTEXT)


def ask(kit: Kit, query: str) -> list[tuple[object, ...]]:
    with session(kit.engine) as connection:
        return driver(connection).execute(query).fetchall()


def exporting(kit: Kit, file: Path) -> Kit:
    kit.settings = replace(kit.settings, heads_export=str(file))
    return kit


def statements(kit: Kit, file: Path) -> list[Statement]:
    return [opened(line, key_of(kit.settings.chain_key)) for line in lines_of(file)]


def test_heads_are_where_the_streams_end(kit: Kit) -> None:
    store(kit, ONE, "a", "b", "c")
    store(kit, OTHER, "a")
    follow(kit)
    heads = ask(kit, "SELECT stream, version, hash FROM stream_heads ORDER BY stream")
    ends = "SELECT DISTINCT ON (stream) stream, version, hash FROM events ORDER BY 1, 2 DESC"
    assert heads == ask(kit, ends)
    with session(kit.engine) as connection:
        now = progress(driver(connection))
    assert (now.position, now.events, now.streams, len(now.digest)) == (4, 4, 2, 32)


def test_heads_do_not_depend_on_when_they_were_brought_up_to_date(
    kit: Kit, store_databases: Databases
) -> None:
    for number in range(6):
        store(kit, UUID(int=number % 2), str(number))
        follow(kit)
    known = "SELECT stream, version, hash, seal, position, digest FROM stream_heads, heads_progress"
    bit_by_bit = ask(kit, known)
    as_owner(
        store_databases,
        "TRUNCATE stream_heads;"
        "UPDATE heads_progress SET position = 0, events = 0, streams = 0, digest = ''",
    )
    follow(kit)
    assert ask(kit, known) == bit_by_bit


def test_a_long_history_is_followed_page_by_page(kit: Kit, store_databases: Databases) -> None:
    store(kit, ONE, "a")
    many = f"""
        INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata, hash,
                            occurred_at, recorded_at)
        SELECT 'other-' || n, 1, gen_random_uuid(), type, schema_version, data, metadata, hash,
               occurred_at, recorded_at FROM events, generate_series(1, {PAGE}) n
    """
    as_owner(store_databases, many)
    assert follow(kit)
    assert not follow(kit)
    assert ask(kit, "SELECT events, streams FROM heads_progress") == [(PAGE + 1, PAGE + 1)]


def test_an_open_append_holds_the_heads_back(kit: Kit) -> None:
    with kit.unit(CONTEXT) as unit:
        unit.execute(SAMPLE, ONE, plan(ONE))
        store(kit, OTHER, "a")
        follow(kit)
        assert ask(kit, "SELECT position FROM heads_progress") == [(0,)]
    follow(kit)
    assert ask(kit, "SELECT position, events FROM heads_progress") == [(2, 2)]


def test_an_event_that_does_not_follow_its_stream_is_told_and_never_becomes_its_head(
    kit: Kit, store_databases: Databases
) -> None:
    store(kit, ONE, "a", "b")
    follow(kit)
    as_owner(store_databases, "DELETE FROM events WHERE version = 2")
    store(kit, ONE, "c")
    with capture_logs() as logged:
        follow(kit)
    told = [line for line in logged if line["event"] == "broken_stream"]
    assert [(line["stream"], line["version"]) for line in told] == [(f"sample-{ONE}", 2)]
    assert ask(kit, "SELECT version, broken_at FROM stream_heads") == [(2, 3)]


def test_a_signed_head_says_what_is_stored(kit: Kit) -> None:
    store(kit, ONE, "a", "b")
    follow(kit)
    key = key_of(kit.settings.chain_key)
    first = export(kit, key)
    assert first is not None
    assert (first.number, first.previous, first.generation) == (1, None, kit.store.generation)
    assert (first.service, first.position, first.events, first.streams) == ("sample", 2, 2, 1)
    (stored,) = ask(kit, "SELECT statement FROM exported_heads")[0]
    assert opened(str(stored), key) == first
    store(kit, OTHER, "a")
    follow(kit)
    second = export(kit, key)
    assert second is not None
    assert (second.number, second.previous, second.events) == (2, hash_of(str(stored)), 3)


def test_nothing_is_signed_twice(kit: Kit) -> None:
    store(kit, ONE, "a")
    follow(kit)
    assert export(kit, key_of(kit.settings.chain_key)) is not None
    assert export(kit, key_of(kit.settings.chain_key)) is None


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


def numbers(kit: Kit) -> dict[str, float]:
    with session(kit.engine) as connection:
        return {one.name: one.samples[0].value for one in head_gauges(connection)}


def test_operators_see_heads_that_fall_behind_and_streams_that_broke(
    kit: Kit, store_databases: Databases
) -> None:
    assert numbers(kit) == {"heads_lag_seconds": 0, "broken_streams": 0}
    store(kit, ONE, "a", "b")
    assert 0 < numbers(kit)["heads_lag_seconds"] < numbers(kit)["heads_lag_seconds"]
    follow(kit)
    assert numbers(kit) == {"heads_lag_seconds": 0, "broken_streams": 0}
    as_owner(store_databases, "DELETE FROM events WHERE version = 2")
    store(kit, ONE, "c")
    follow(kit)
    assert numbers(kit) == {"heads_lag_seconds": 0, "broken_streams": 1}
