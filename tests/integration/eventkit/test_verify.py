"""The hash chain names the event that somebody with the owner's rights has touched."""

from uuid import UUID, uuid4

import psycopg
import pytest

from eventkit.unit import Kit
from eventkit.verify import verify
from local.databases import Databases
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan


@pytest.fixture
def key(kit: Kit) -> UUID:
    """A stream of four events, between two others."""
    key = UUID(int=5)
    for stream in (UUID(int=1), key, UUID(int=9)):
        for title in "abcd":
            kit.execute(SAMPLE, stream, plan(stream, title), context=CONTEXT)
    return key


def findings(kit: Kit) -> list[tuple[str, int, str]]:
    checked = verify(kit.settings.database_url, kit.store)
    return [(stored.stream, stored.version, fault) for stored, fault in checked if fault]


def tamper(databases: Databases, statement: str) -> None:
    url = databases.migration_environment()["MIGRATION_DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url) as owner:
        owner.execute(statement)


@pytest.mark.usefixtures("key")
def test_an_untouched_store_is_sound(kit: Kit) -> None:
    assert findings(kit) == []
    assert len(list(verify(kit.settings.database_url, kit.store))) == 12


CHANGES = {
    "its title": """data = replace(data::text, '"b"', '"x"')::json""",
    "its actor": "metadata = replace(metadata::text, 'client:test', 'client:else')::json",
    "its time": "occurred_at = occurred_at + interval '1 microsecond'",
    "its type": "type = 'meeting.cancelled'",
    "its id": "event_id = gen_random_uuid()",
    "its hash": "hash = decode(md5('x') || md5('y'), 'hex')",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_event_is_named(
    change: str, kit: Kit, key: UUID, store_databases: Databases
) -> None:
    tamper(
        store_databases,
        f"UPDATE events SET {CHANGES[change]} WHERE stream = 'sample-{key}' AND version = 2",
    )
    found = findings(kit)
    assert found[0][:2] == (f"sample-{key}", 2)
    assert {stream for stream, _, _ in found} == {f"sample-{key}"}


def test_a_missing_event_is_named_by_the_one_after_it(
    kit: Kit, key: UUID, store_databases: Databases
) -> None:
    tamper(store_databases, f"DELETE FROM events WHERE stream = 'sample-{key}' AND version = 2")
    assert findings(kit) == [(f"sample-{key}", 3, "version 2 is missing before it")]


def test_two_swapped_events_are_named(kit: Kit, key: UUID, store_databases: Databases) -> None:
    swap = (
        f"UPDATE events SET version = -2 WHERE stream = 'sample-{key}' AND version = 2;"
        f"UPDATE events SET version = 2 WHERE stream = 'sample-{key}' AND version = 3;"
        f"UPDATE events SET version = 3 WHERE stream = 'sample-{key}' AND version = -2"
    )
    tamper(store_databases, swap)
    assert [version for _, version, _ in findings(kit)] == [2, 3, 4]


def test_another_chain_key_finds_everything_wrong(kit: Kit) -> None:
    other = uuid4()
    kit.execute(SAMPLE, other, plan(other), context=CONTEXT)
    kit.store._chain_key = b"another key of thirty-two bytes!"
    assert len(findings(kit)) == 1
