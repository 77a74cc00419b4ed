"""A stream that somebody changed past the store takes no commands; all others go on."""

from time import monotonic
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from eventkit import chain
from eventkit.chain import BrokenStream
from eventkit.conflicts import VersionConflict
from eventkit.unit import Kit
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.tampering import as_owner

ONE, OTHER = UUID(int=1), UUID(int=2)
STREAM = f"sample-{ONE}"


def store(kit: Kit, key: UUID, *titles: str) -> None:
    for title in titles:
        kit.execute(SAMPLE, key, plan(key, title), context=CONTEXT)


def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "monotonic", lambda: monotonic() + 61)


@pytest.fixture
def stored(kit: Kit) -> Kit:
    for key in (ONE, OTHER):
        store(kit, key, "a", "b", "c")
    return kit


CHANGES = {
    "its title": """data = replace(data::text, '"b"', '"x"')::json""",
    "its actor": "metadata = replace(metadata::text, 'client:test', 'client:else')::json",
    "its time": "occurred_at = occurred_at + interval '1 microsecond'",
    "its id": "event_id = gen_random_uuid()",
    "its hash": "hash = decode(md5('x') || md5('y'), 'hex')",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_stream_with_a_changed_event_stops_and_others_go_on(
    change: str, stored: Kit, store_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"WHERE stream = '{STREAM}' AND version = 2"
    as_owner(store_databases, f"UPDATE events SET {CHANGES[change]} {where}")
    a_minute_later(monkeypatch)
    with capture_logs() as logged, pytest.raises(BrokenStream):
        store(stored, ONE, "d")
    assert [line["version"] for line in logged if line["event"] == "broken_stream"] == [2]
    store(stored, OTHER, "d")


def test_the_event_that_came_last_is_checked_at_once(
    stored: Kit, store_databases: Databases
) -> None:
    where = f"WHERE stream = '{STREAM}' AND version = 3"
    as_owner(store_databases, f"UPDATE events SET occurred_at = now() {where}")
    with pytest.raises(BrokenStream):
        store(stored, ONE, "d")


@pytest.mark.parametrize("version", [1, 2])
def test_a_stream_with_a_missing_event_stops(
    version: int, stored: Kit, store_databases: Databases
) -> None:
    delete = f"DELETE FROM events WHERE stream = '{STREAM}' AND version = {version}"
    as_owner(store_databases, delete)
    with pytest.raises(BrokenStream):
        store(stored, ONE, "d")


def test_a_stream_that_was_mended_goes_on(stored: Kit, store_databases: Databases) -> None:
    move = f"UPDATE events SET occurred_at = occurred_at {{}} WHERE stream = '{STREAM}'"
    as_owner(store_databases, move.format("- interval '1 s'"))
    stored.store._chains._sound.clear()
    with pytest.raises(BrokenStream):
        store(stored, ONE, "d")
    as_owner(store_databases, move.format("+ interval '1 s'"))
    store(stored, ONE, "d")


def test_a_stream_that_is_shorter_after_a_restore_goes_on(
    stored: Kit, store_databases: Databases
) -> None:
    store(stored, ONE, "d")
    as_owner(store_databases, f"DELETE FROM events WHERE stream = '{STREAM}' AND version > 1")
    store(stored, ONE, "e")
    assert stored.execute(SAMPLE, ONE, plan(ONE), context=CONTEXT).version == 3


def test_an_append_that_was_not_kept_is_believed_by_nobody(stored: Kit) -> None:
    with pytest.raises(VersionConflict):
        append_and_give_up(stored)
    store(stored, ONE, "d", "e")


def append_and_give_up(kit: Kit) -> None:
    with kit.unit(CONTEXT) as unit:
        unit.execute(SAMPLE, ONE, plan(ONE, "lost"))
        unit.execute(SAMPLE, ONE, plan(ONE, "lost as well"))
        raise VersionConflict
