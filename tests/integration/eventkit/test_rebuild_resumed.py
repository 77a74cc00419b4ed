"""An interrupted rebuild goes on where it was, if what it builds is still the same."""

import signal
from contextlib import suppress
from threading import Event, Thread
from uuid import uuid4

import psycopg
import pytest

from eventkit.origins import OwnEvents
from eventkit.rebuild import contents_hash, rebuild
from eventkit.unit import Kit
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, TITLES, plan
from tests.integration.eventkit.serving import environment, run
from tests.integration.eventkit.test_rebuild import owner

# Of a run that ended early: the positions that it showed.
Seen = list[int]
WAITING = "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"


def write(kit: Kit, streams: int) -> None:
    keys = [uuid4() for _ in range(streams)]
    with kit.unit(CONTEXT) as unit:
        unit.execute_all(SAMPLE, [(key, plan(key)) for key in keys])


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventkit.origins.BATCH", 10)


def build(
    kit: Kit,
    databases: Databases,
    *,
    until: int = 10**9,
    software: str = "1",
    history: str = "own",
) -> Seen:
    """Rebuild, and be interrupted once that position was shown."""
    seen: Seen = []

    def progress(done: int, _: int) -> None:
        seen.append(done)
        if done >= until:
            raise KeyboardInterrupt

    origin = OwnEvents(kit.store)
    origin.history = history
    with suppress(KeyboardInterrupt):
        rebuild(owner(databases), origin, TITLES, progress, software=software)
    return seen


@pytest.mark.usefixtures("small_pages")
def test_a_rebuild_goes_on_after_the_last_page_it_noted(
    kit: Kit, store_databases: Databases
) -> None:
    write(kit, 45)
    build(kit, store_databases, until=20)
    write(kit, 10)
    live = contents_hash(kit.engine, "titles")
    assert build(kit, store_databases, until=40) == [30, 40]
    assert build(kit, store_databases) == [50, 55]
    assert contents_hash(kit.engine, "titles") == live
    assert build(kit, store_databases)[0] == 10


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("other", [{"software": "2"}, {"history": "restored"}])
def test_what_was_built_by_another_definition_is_thrown_away(
    kit: Kit, store_databases: Databases, other: dict[str, str]
) -> None:
    write(kit, 25)
    build(kit, store_databases, until=20)
    assert build(kit, store_databases, **other) == [10, 20, 25]  # type: ignore[arg-type]  # texts


@pytest.mark.usefixtures("small_pages")
def test_what_was_built_for_another_table_is_thrown_away(
    kit: Kit, store_databases: Databases
) -> None:
    write(kit, 25)
    build(kit, store_databases, until=20)
    with psycopg.connect(owner(store_databases).replace("+psycopg", "")) as connection:
        connection.execute("ALTER TABLE titles ADD COLUMN more text")
    assert build(kit, store_databases) == [10, 20, 25]


def test_a_killed_command_goes_on_where_it_was(kit: Kit, store_databases: Databases) -> None:
    write(kit, 2_500)
    live = contents_hash(kit.engine, "titles")
    environ = environment(store_databases, ALLOW_CRASH_POINTS="1", CRASH_AT="rebuild.page:2")
    assert run(environ, "rebuild").returncode == -signal.SIGKILL
    # It begins with page 3, and so comes by only twice before the swap, not three times.
    assert run(environ | {"CRASH_AT": "rebuild.page:3"}, "rebuild").returncode == 0
    assert contents_hash(kit.engine, "titles") == live


def test_a_swap_that_has_to_wait_lets_readers_pass(kit: Kit, store_databases: Databases) -> None:
    write(kit, 5)
    url = owner(store_databases).replace("+psycopg", "")
    rebuilding = Thread(target=rebuild, args=(owner(store_databases), OwnEvents(kit.store), TITLES))
    with psycopg.connect(url) as long, psycopg.connect(url, autocommit=True) as reader:
        long.execute("SELECT 1 FROM titles")
        rebuilding.start()
        reader.execute("SET lock_timeout = '5s'")
        while not reader.execute(WAITING).fetchall():
            Event().wait(0.05)
        assert reader.execute("SELECT count(*) FROM titles").fetchone() == (5,)
    rebuilding.join(30)
    assert not rebuilding.is_alive()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT to_regclass('titles__next')").fetchone() == (None,)
