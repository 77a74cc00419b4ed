"""What stands or falls together: an event and its key, a position and its relay's epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from contracts.envelope import Message
from eventkit.database import driver, session
from eventkit.idempotency import Idempotency
from eventkit.lease import Lease
from eventkit.projection import Projector
from eventkit.relay import Relay
from eventkit.unit import Kit
from local.databases import Databases, connect
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, TITLES, plan

REFUSE = """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'no keys today' USING ERRCODE = 'check_violation'; END $$;
  CREATE TRIGGER refuse BEFORE INSERT ON idempotency EXECUTE FUNCTION refuse()"""


def wanted(resource: str) -> Idempotency:
    return Idempotency(scope=b"k" * 32, fingerprint=b"f" * 32, resource=resource)


def count(kit: Kit) -> int:
    with session(kit.engine) as connection:
        return len(driver(connection).execute("SELECT position FROM events").fetchall())


@pytest.mark.parametrize("begun", [False, True], ids=["a stream begins", "a stream goes on"])
def test_a_call_that_failed_leaves_no_key(kit: Kit, begun: bool) -> None:
    key = uuid4()
    if begun:
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    no_title = replace(TITLES, change=lambda key, *_: {"meeting_id": key[0], "title": None})
    kit.projectors = (Projector(no_title),)
    with pytest.raises(psycopg.errors.NotNullViolation):
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT, idempotency=wanted("/x"))
    kit.projectors = (Projector(TITLES),)
    written = kit.execute(SAMPLE, key, plan(key), context=CONTEXT, idempotency=wanted("/x"))
    assert (written.replayed, written.version) == (False, 2 if begun else 1)


@pytest.mark.parametrize("begun", [False, True], ids=["a stream begins", "a stream goes on"])
def test_a_call_whose_key_cannot_be_kept_stores_nothing(
    kit: Kit, store_databases: Databases, begun: bool
) -> None:
    key = uuid4()
    if begun:
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    with connect(store_databases.migration_environment()["MIGRATION_DATABASE_URL"]) as owner:
        owner.execute(REFUSE)
    with pytest.raises(psycopg.errors.CheckViolation):
        kit.execute(SAMPLE, key, plan(key), context=CONTEXT, idempotency=wanted("/x"))
    assert count(kit) == int(begun)


class Overtaken:
    """Takes everything, and lets another relay get the lease before it says so."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def log(self) -> str:
        return "a-topic"

    def tails(self) -> Sequence[Message]:
        return ()

    def publish(self, page: Sequence[Message], log: str) -> None:
        assert page
        assert log == self.log()
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            raw.execute("UPDATE relays SET held_until = clock_timestamp()")
            assert Lease("relays", "kafka").hold(raw) == 2

    def close(self) -> None:
        """Nothing is open."""


def test_a_relay_without_its_lease_moves_nothing_even_where_nobody_moved(kit: Kit) -> None:
    key = uuid4()
    kit.execute(SAMPLE, key, plan(key), context=CONTEXT)
    assert not Relay(kit, Overtaken(kit), source=kit.settings.source).step()
    with session(kit.engine) as connection:
        rows = driver(connection).execute("SELECT position, epoch FROM relays").fetchall()
    assert rows == [(0, 2)]
