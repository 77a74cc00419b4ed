"""Windows that processes share: blocks of places, and a share of one's own without the table."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from time import monotonic

import pytest
import sqlalchemy as sa

from eventkit.ratelimit import Limit, Shared
from eventkit.unit import Kit
from local.databases import Databases
from tests.integration.eventkit.things import limits_away

QUOTA = 100
BLOCK = QUOTA // 20
HOUR = 3600
COUNTED = sa.text("SELECT coalesce(sum(hits), 0) FROM rate_limits")
MakeLimit = Callable[[], Limit]


@pytest.fixture
def shared(kit: Kit) -> Shared:
    return Shared(engine=kit.engine, key=b"k" * 32, processes=4)


@pytest.fixture
def process(shared: Shared) -> MakeLimit:
    """A process's view of one limit, which all share."""
    return lambda: Limit("client", (QUOTA, HOUR), shared)


def counted(kit: Kit) -> int:
    with kit.engine.connect() as connection:
        return int(connection.scalar(COUNTED) or 0)


def admitted(limit: Limit, tries: int, caller: str = "one") -> int:
    return sum(not limit.hit(caller).refused for _ in range(tries))


def test_a_block_of_requests_costs_one_statement(kit: Kit, process: MakeLimit) -> None:
    limit = process()
    assert [counted_after(kit, limit) for _ in range(2 * BLOCK)] == [BLOCK] * BLOCK + [
        2 * BLOCK
    ] * BLOCK


def counted_after(kit: Kit, limit: Limit) -> int:
    assert not limit.hit("one").refused
    return counted(kit)


def test_a_used_up_window_costs_no_statement(kit: Kit, process: MakeLimit) -> None:
    limit = process()
    assert admitted(limit, 3 * QUOTA) == QUOTA
    assert counted(kit) == QUOTA


def test_processes_give_out_a_quota_once(process: MakeLimit) -> None:
    processes = [process() for _ in range(4)]
    total = sum(not processes[number % 4].hit("one").refused for number in range(4 * QUOTA))
    assert total == QUOTA


def test_what_a_process_leaves_unused_is_less_than_a_block(process: MakeLimit) -> None:
    assert admitted(process(), 1) == 1
    assert admitted(process(), 2 * QUOTA) == QUOTA - BLOCK


def test_callers_do_not_share(process: MakeLimit) -> None:
    limit = process()
    assert admitted(limit, 2 * QUOTA) == QUOTA
    assert not limit.hit("two").refused


def test_a_verdict_tells_what_is_left(process: MakeLimit) -> None:
    limit = process()
    first, second = limit.hit("one"), limit.hit("one")
    assert (first.remaining, second.remaining) == (QUOTA - 1, QUOTA - 2)
    assert 0 < second.seconds <= HOUR
    admitted(limit, QUOTA)
    assert (limit.hit("one").refused, limit.hit("one").remaining) == (True, 0)


def windows_end_in(kit: Kit, seconds: int) -> None:
    moment = sa.text("UPDATE rate_limits SET ends_at = now() + make_interval(secs => :seconds)")
    with kit.engine.begin() as connection:
        connection.execute(moment, {"seconds": seconds})


def test_a_window_that_ended_begins_anew(
    kit: Kit, process: MakeLimit, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = process()
    assert admitted(limit, 2 * QUOTA) == QUOTA
    windows_end_in(kit, seconds=0)
    assert admitted(limit, QUOTA) == 0
    monkeypatch.setattr("eventkit.ratelimit.monotonic", lambda: monotonic() + HOUR)
    assert admitted(limit, 2 * QUOTA) == QUOTA


def test_without_the_table_each_process_has_its_share(
    process: MakeLimit, store_databases: Databases
) -> None:
    processes = [process() for _ in range(4)]
    with limits_away(store_databases):
        assert [admitted(one, QUOTA) for one in processes] == [QUOTA // 4] * 4


def test_a_window_goes_on_when_the_table_goes_away(
    kit: Kit, process: MakeLimit, store_databases: Databases
) -> None:
    limit = process()
    limit.hit("one")
    windows_end_in(kit, seconds=HOUR // 2)
    assert admitted(limit, 2 * BLOCK - 1) == 2 * BLOCK - 1
    with limits_away(store_databases):
        first = limit.hit("one")
        assert first.remaining == QUOTA - 2 * BLOCK - 1
        assert 0 < first.seconds <= HOUR // 2
        assert 1 + admitted(limit, QUOTA) == ceil((QUOTA - 2 * BLOCK) / 4)


def test_a_quota_below_the_number_of_processes_still_admits_one(
    shared: Shared, store_databases: Databases
) -> None:
    limit = Limit("client", (2, HOUR), replace(shared, processes=64))
    with limits_away(store_databases):
        assert admitted(limit, 20) == 1


def test_callers_are_no_text_in_the_table(kit: Kit, process: MakeLimit) -> None:
    process().hit("192.0.2.1")
    with kit.engine.connect() as connection:
        (caller,) = connection.scalars(sa.text("SELECT caller FROM rate_limits"))
    assert len(caller) == 16
    assert b"192" not in bytes(caller)


def test_old_windows_are_swept_by_those_who_count(kit: Kit) -> None:
    old = "INSERT INTO rate_limits SELECT int4send(n), 1, now() - interval '1 hour' "
    count = "SELECT take_hits('\\x00', 1, 3600) FROM generate_series(1, 3000)"
    with kit.engine.connect() as connection:
        connection.execute(sa.text(f"{old} FROM generate_series(1, 500) n"))
        connection.execute(sa.text(count))
        assert connection.scalar(sa.text("SELECT count(*) FROM rate_limits")) == 1


def test_the_table_is_not_in_the_write_ahead_log(kit: Kit) -> None:
    kind = sa.text("SELECT relpersistence FROM pg_class WHERE relname = 'rate_limits'")
    with kit.engine.connect() as connection:
        assert connection.scalar(kind) == "u"


def test_an_exact_limit_loses_no_places_to_processes_that_ended(kit: Kit, shared: Shared) -> None:
    def started() -> Limit:
        return Limit("things", (QUOTA, HOUR), shared, exact=True)

    assert sum(admitted(started(), 1) for _ in range(2 * QUOTA)) == QUOTA
    assert counted(kit) == 2 * QUOTA


def test_looking_takes_nothing(kit: Kit, shared: Shared) -> None:
    limit = Limit("things", (2, HOUR), shared, exact=True)
    assert not limit.look("one").refused
    assert counted(kit) == 0
    assert admitted(limit, 2) == 2
    assert limit.look("one").refused
    assert not limit.look("two").refused
