"""The heads that the worker keeps beside the store: where the streams end, and signed."""

from uuid import UUID

from structlog.testing import capture_logs

from eventkit.database import driver, session
from eventkit.head_gauges import head_gauges
from eventkit.unit import Kit
from eventkit.verifying.exports import export
from eventkit.verifying.heads import PAGE, follow, progress
from eventkit.verifying.signed import hash_of, key_of, opened
from local.databases import Databases
from tests.integration.eventkit.heads import ONE, OTHER, ask, store
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.tampering import as_owner


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
