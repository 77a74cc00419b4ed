"""A rebuilt read model equals the live one, also when writers go on."""

from threading import Event, Thread
from uuid import UUID, uuid4

import psycopg
import pytest

from eventkit import origins
from eventkit.chain import BrokenStream
from eventkit.domain import Conflict
from eventkit.origins import OwnEvents
from eventkit.rebuild import contents_hash, rebuild
from eventkit.unit import Kit
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, TITLES, cancel, plan
from tests.integration.eventkit.tampering import as_owner


def owner(databases: Databases) -> str:
    return databases.migration_environment()["MIGRATION_DATABASE_URL"]


def write(kit: Kit, streams: int) -> list[UUID]:
    keys = [uuid4() for _ in range(streams)]
    for key in keys:
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT, expected=0)
        kit.execute(SAMPLE, key, plan(key, "Zweiter Titel"), context=CONTEXT)
    kit.execute(SAMPLE, keys[0], cancel(keys[0]), context=CONTEXT)
    return keys


def test_a_rebuild_gives_the_same_rows(kit: Kit, store_databases: Databases) -> None:
    write(kit, 20)
    before = contents_hash(kit.engine, "titles")
    seen: list[tuple[int, int]] = []
    assert (
        rebuild(owner(store_databases), OwnEvents(kit.store), TITLES, lambda *at: seen.append(at))
        == 41
    )
    assert contents_hash(kit.engine, "titles") == before
    assert seen[-1] == (41, 41)


def test_a_rebuild_heals_a_row_that_is_wrong(kit: Kit, store_databases: Databases) -> None:
    write(kit, 3)
    before = contents_hash(kit.engine, "titles")
    with kit.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE titles SET title = 'verfälscht'")
    assert contents_hash(kit.engine, "titles") != before
    rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)
    assert contents_hash(kit.engine, "titles") == before


def test_a_rebuild_under_writes_loses_nothing(kit: Kit, store_databases: Databases) -> None:
    write(kit, 50)
    enough = Event()

    def keep_writing() -> None:
        while not enough.is_set():
            write(kit, 2)

    writers = [Thread(target=keep_writing) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)
    finally:
        enough.set()
        for writer in writers:
            writer.join()
    lived = contents_hash(kit.engine, "titles")
    rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)
    assert contents_hash(kit.engine, "titles") == lived


def test_the_swap_keeps_an_event_beyond_the_mark(kit: Kit, store_databases: Databases) -> None:
    """A later position is in the live table while an earlier one is not committed yet."""
    write(kit, 1)
    url = kit.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as slow:
        slow.execute(
            "SELECT append_event('other-1', 1, gen_random_uuid(), 'seat.created', 1, '{}', '{}',"
            " '', now(), NULL, NULL, NULL, NULL)"
        )
        (late,) = write(kit, 1)
        rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)
        with kit.engine.connect() as connection:
            titles = connection.exec_driver_sql("SELECT meeting_id FROM titles").scalars().all()
    assert late in titles


def test_an_interrupted_rebuild_leaves_the_live_table_alone(
    kit: Kit, store_databases: Databases
) -> None:
    write(kit, 5)
    before = contents_hash(kit.engine, "titles")

    def fail(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(owner(store_databases), OwnEvents(kit.store), TITLES, fail)
    assert contents_hash(kit.engine, "titles") == before
    rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)
    assert contents_hash(kit.engine, "titles") == before


def test_a_read_model_is_rebuilt_by_one_at_a_time(kit: Kit, store_databases: Databases) -> None:
    write(kit, 5)
    before = contents_hash(kit.engine, "titles")

    def start_another(_: int, __: int) -> None:
        with pytest.raises(Conflict, match="titles"):
            rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)

    rebuild(owner(store_databases), OwnEvents(kit.store), TITLES, start_another)
    assert contents_hash(kit.engine, "titles") == before


CHANGES = {
    "changed": """UPDATE events SET data = replace(data::text, 'Zweiter', 'Falscher')::json {}""",
    "changed with its hash": "UPDATE events SET hash = decode(md5('x') || md5('y'), 'hex') {}",
    "taken out": "DELETE FROM events {}",
}


@pytest.mark.parametrize("page", [1, 2, 1_000])
@pytest.mark.parametrize("change", CHANGES)
def test_a_rebuild_takes_nothing_over_from_a_store_that_was_changed(
    change: str,
    page: int,
    kit: Kit,
    store_databases: Databases,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(origins, "BATCH", page)
    (key, *_) = write(kit, 3)
    before = contents_hash(kit.engine, "titles")
    stream, version = f"sample-{key}", 2
    where = f"WHERE stream = '{stream}' AND version = {version}"
    as_owner(store_databases, CHANGES[change].format(where))
    named = version + (change == "taken out")
    with pytest.raises(BrokenStream, match=f"{stream} version {named} is not"):
        rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)
    assert contents_hash(kit.engine, "titles") == before


def test_an_event_that_was_moved_before_an_earlier_one_ends_a_rebuild(
    kit: Kit, store_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origins, "BATCH", 1)
    (key, *_) = write(kit, 3)
    as_owner(
        store_databases,
        "CREATE TEMP TABLE moved AS SELECT * FROM events WHERE position = 1;"
        "UPDATE moved SET position = 100; DELETE FROM events WHERE position = 1;"
        "INSERT INTO events OVERRIDING SYSTEM VALUE TABLE moved",
    )
    with pytest.raises(BrokenStream, match=f"sample-{key} version 2 is not"):
        rebuild(owner(store_databases), OwnEvents(kit.store), TITLES)
