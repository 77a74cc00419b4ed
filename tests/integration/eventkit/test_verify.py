"""Whatever somebody with the owner's rights does to the store, verify names it."""

from uuid import UUID

import pytest

from eventkit.unit import Kit
from eventkit.verifying.findings import Kind
from eventkit.verifying.heads import follow
from eventkit.verifying.verify import Report, verify
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.tampering import as_owner

KEYS = UUID(int=1), UUID(int=5), UUID(int=9)
FIRST, STREAM, LAST = (f"sample-{key}" for key in KEYS)
Named = list[tuple[str, str | None, int | None]]


@pytest.fixture
def stored(kit: Kit) -> Kit:
    """Three streams of four events each, side by side, with heads."""
    for title in "abcd":
        for key in KEYS:
            kit.execute(SAMPLE, key, plan(key, title), context=CONTEXT)
    follow(kit)
    return kit


def named(report: Report) -> Named:
    return [(one.kind.value, one.stream, one.version) for one in report.findings]


def of_streams(kit: Kit) -> Named:
    """What is said of single streams, without what is said of the whole store."""
    return [one for one in named(verify(kit)) if one[1] is not None]


def test_an_untouched_store_is_sound(stored: Kit) -> None:
    report = verify(stored)
    assert report.findings == []
    assert report.notes == []
    assert (report.events, report.streams, report.position, report.followed) == (12, 3, 12, 12)


def test_a_store_that_was_never_followed_is_sound(kit: Kit) -> None:
    kit.execute(SAMPLE, KEYS[0], plan(KEYS[0]), context=CONTEXT)
    report = verify(kit)
    assert report.findings == []
    assert (report.position, report.followed) == (1, 0)


def test_what_came_after_the_heads_is_checked_as_well(
    stored: Kit, store_databases: Databases
) -> None:
    stored.execute(SAMPLE, KEYS[1], plan(KEYS[1], "e"), context=CONTEXT)
    assert verify(stored).findings == []
    as_owner(store_databases, "UPDATE events SET type = 'meeting.held' WHERE version = 5")
    assert of_streams(stored) == [("changed", STREAM, 5)]


CHANGES = {
    "its title": """data = replace(data::text, '"b"', '"x"')::json""",
    "its actor": "metadata = replace(metadata::text, 'client:test', 'client:else')::json",
    "its time": "occurred_at = occurred_at + interval '1 microsecond'",
    "its type": "type = 'meeting.cancelled'",
    "its id": "event_id = gen_random_uuid()",
    "its hash": "hash = decode(md5('x') || md5('y'), 'hex')",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_event_is_named_alone(
    change: str, stored: Kit, store_databases: Databases
) -> None:
    where = f"WHERE stream = '{STREAM}' AND version = 2"
    as_owner(store_databases, f"UPDATE events SET {CHANGES[change]} {where}")
    assert of_streams(stored) == [("changed", STREAM, 2)]


def test_one_flipped_bit_is_enough(stored: Kit, store_databases: Databases) -> None:
    flip = "convert_from(set_bit(convert_to(data::text, 'UTF8'), 8 * 30, 1 - get_bit("
    flip += "convert_to(data::text, 'UTF8'), 8 * 30)), 'UTF8')::json"
    where = f"WHERE stream = '{STREAM}' AND version = 4"
    as_owner(store_databases, f"UPDATE events SET data = {flip} {where}")
    assert of_streams(stored) == [("changed", STREAM, 4)]


def test_two_changed_events_are_two_findings(stored: Kit, store_databases: Databases) -> None:
    changed = "UPDATE events SET occurred_at = now() WHERE"
    as_owner(store_databases, f"{changed} stream = '{STREAM}' AND version IN (2, 3)")
    assert of_streams(stored) == [("changed", STREAM, 2), ("changed", STREAM, 3)]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_missing_event_is_named(version: int, stored: Kit, store_databases: Databases) -> None:
    delete = f"DELETE FROM events WHERE stream = '{STREAM}' AND version = {version}"
    as_owner(store_databases, delete)
    assert of_streams(stored) == [("missing", STREAM, version)]


def test_a_missing_event_whose_place_was_closed_is_named(
    stored: Kit, store_databases: Databases
) -> None:
    as_owner(
        store_databases,
        f"DELETE FROM events WHERE stream = '{STREAM}' AND version = 2;"
        f"UPDATE events SET version = 2 WHERE stream = '{STREAM}' AND version = 3;"
        f"UPDATE events SET version = 3 WHERE stream = '{STREAM}' AND version = 4",
    )
    found = of_streams(stored)
    assert found[0][1:] == (STREAM, 2)
    assert ("cut", STREAM, 4) in found


def test_two_events_that_changed_places_are_named_with_where_they_stand(
    stored: Kit, store_databases: Databases
) -> None:
    as_owner(
        store_databases,
        f"UPDATE events SET version = -2 WHERE stream = '{STREAM}' AND version = 2;"
        f"UPDATE events SET version = 2 WHERE stream = '{STREAM}' AND version = 3;"
        f"UPDATE events SET version = 3 WHERE stream = '{STREAM}' AND version = -2",
    )
    found = [one for one in verify(stored).findings if one.stream]
    assert [(one.kind, one.version, one.text) for one in found] == [
        (Kind.MOVED, 2, "it stands as version 3"),
        (Kind.MOVED, 3, "it stands as version 2"),
    ]


def test_an_event_put_into_another_stream_is_named_in_both(
    stored: Kit, store_databases: Databases
) -> None:
    move = f"UPDATE events SET stream = '{LAST}', version = 5"
    as_owner(store_databases, f"{move} WHERE stream = '{STREAM}' AND version = 4")
    assert of_streams(stored) == [("cut", STREAM, 4), ("changed", LAST, 5)]


def test_a_cut_off_end_is_named(stored: Kit, store_databases: Databases) -> None:
    as_owner(store_databases, f"DELETE FROM events WHERE stream = '{STREAM}' AND version > 2")
    found = [one for one in verify(stored).findings if one.stream]
    assert [(one.kind, one.stream, one.version) for one in found] == [(Kind.CUT, STREAM, 3)]
    assert "versions 3 to 4" in found[0].text


def test_a_missing_stream_is_named(stored: Kit, store_databases: Databases) -> None:
    as_owner(store_databases, f"DELETE FROM events WHERE stream = '{STREAM}'")
    assert of_streams(stored) == [("gone", STREAM, None)]


def test_an_end_that_was_cut_and_written_anew_is_named(
    stored: Kit, store_databases: Databases
) -> None:
    as_owner(store_databases, f"DELETE FROM events WHERE stream = '{STREAM}' AND version = 4")
    stored.execute(SAMPLE, KEYS[1], plan(KEYS[1], "another"), context=CONTEXT)
    assert of_streams(stored) == [("replaced", STREAM, 4)]
    follow(stored)
    assert of_streams(stored) == [("replaced", STREAM, 4)]


def test_a_stream_that_nobody_of_ours_wrote_is_named(
    stored: Kit, store_databases: Databases
) -> None:
    as_owner(
        store_databases,
        "INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata,"
        " hash, occurred_at, recorded_at) SELECT 'sample-forged', 1, gen_random_uuid(), type,"
        " schema_version, data, metadata, hash, occurred_at, recorded_at FROM events"
        f" WHERE stream = '{STREAM}' AND version = 1",
    )
    assert of_streams(stored) == [("changed", "sample-forged", 1)]
    follow(stored)
    assert of_streams(stored) == [("changed", "sample-forged", 1)]


POSITION = "ALTER TABLE events ALTER position DROP IDENTITY; UPDATE events SET position = {} WHERE"


def test_a_position_before_that_of_an_earlier_event_is_named(
    stored: Kit, store_databases: Databases
) -> None:
    update = POSITION.format("-position")
    as_owner(store_databases, f"{update} stream = '{STREAM}' AND version = 3")
    assert ("placed", STREAM, 3) in of_streams(stored)


def test_a_position_that_fits_as_well_is_named_by_its_stream(
    stored: Kit, store_databases: Databases
) -> None:
    update = POSITION.format("position + 100")
    as_owner(store_databases, f"{update} stream = '{STREAM}' AND version = 4")
    assert ("placed", STREAM, None) in of_streams(stored)


@pytest.mark.parametrize(
    ("by", "version"), [("- interval '1 hour'", 3), ("+ interval '1 us'", None)]
)
def test_another_recorded_at_is_named(
    by: str, version: int | None, stored: Kit, store_databases: Databases
) -> None:
    update = f"UPDATE events SET recorded_at = recorded_at {by}"
    as_owner(store_databases, f"{update} WHERE stream = '{STREAM}' AND version = 3")
    assert of_streams(stored)[0] == ("placed", STREAM, version)


def test_events_of_two_streams_that_changed_positions_are_named_by_their_streams(
    stored: Kit, store_databases: Databases
) -> None:
    swap = POSITION.format("-position") + " position IN (4, 5);"
    swap += "UPDATE events SET position = 9 + position WHERE position < 0"
    as_owner(store_databases, swap)
    report = verify(stored)
    assert {one.stream for one in report.findings} == {FIRST, STREAM, None}
    assert {one.kind for one in report.findings} == {Kind.PLACED, Kind.HISTORY}


HEADS = {
    "removed": ("DELETE FROM stream_heads WHERE", "unfollowed"),
    "set back": ("UPDATE stream_heads SET version = 3 WHERE", "replaced"),
    "changed": ("UPDATE stream_heads SET seal = hash WHERE", "placed"),
}


@pytest.mark.parametrize("how", HEADS)
def test_a_head_that_was_touched_is_named(
    how: str, stored: Kit, store_databases: Databases
) -> None:
    statement, kind = HEADS[how]
    as_owner(store_databases, f"{statement} stream = '{STREAM}'")
    assert [one[:2] for one in of_streams(stored)] == [(kind, STREAM)]


def test_a_cut_that_reaches_the_heads_as_well_is_seen_in_the_digest_over_all(
    stored: Kit, store_databases: Databases
) -> None:
    as_owner(
        store_databases,
        f"DELETE FROM events WHERE stream = '{STREAM}';"
        f"DELETE FROM stream_heads WHERE stream = '{STREAM}'",
    )
    (found,) = verify(stored).findings
    assert (found.kind, found.stream) == (Kind.HISTORY, None)
    assert "8 events now, 12 then" in found.text


def test_another_chain_key_finds_every_stream_wrong(stored: Kit) -> None:
    stored.store._chain_key = b"another key of thirty-two bytes!"
    assert {stream for _, stream, _ in of_streams(stored)} == {FIRST, STREAM, LAST}


def test_findings_read_as_sentences(stored: Kit, store_databases: Databases) -> None:
    as_owner(store_databases, f"DELETE FROM events WHERE stream = '{STREAM}' AND version = 2")
    assert str(verify(stored).findings[0]) == f"{STREAM} version 2: it is missing"
