"""Everything starts at once; positions that nobody got; a handler that is slow."""

from __future__ import annotations

import signal
from typing import ClassVar

import psycopg

from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.cases.flows import CATCH_UP_SECONDS, FOLLOWERS, Crowd, Watch, last_position
from tests.faults.cases.processes import parts
from tests.faults.dump import connected
from tests.faults.oracle.findings import BROKEN, LOST

READY_SECONDS = 120.0
# All pools of all roles together, on a server for 120 of which the operator keeps three.
MOST_CONNECTIONS = 110
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
_DRAWN = "SELECT last_value FROM events_position_seq"
# What an append that is rolled back leaves: a position that was drawn, and no event.
_ROLLED_BACK = """
INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata, hash,
                    occurred_at, recorded_at)
SELECT stream || '-never', version, gen_random_uuid(), type, schema_version, data, metadata, hash,
       occurred_at, recorded_at FROM events LIMIT 1
"""
_HOLES = """
SELECT count(*) FROM (SELECT position - lag(position) OVER (ORDER BY position) AS step
                      FROM events) steps WHERE step > 1
"""
SLOW = """
CREATE FUNCTION planted_delay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$;
CREATE TRIGGER planted_delay BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION planted_delay()
"""
FAST = "DROP TRIGGER planted_delay ON inbox; DROP FUNCTION planted_delay()"
SLOW_SECONDS = 30.0


class AllAtOnce(Case):
    """Every process is killed and started in the same moment, and the database sees them come."""

    id: ClassVar[str] = "F33"
    title: ClassVar[str] = "all processes started at once"
    seconds: ClassVar[float] = 35

    def run(self, run: Run) -> None:
        everybody, most = parts(run), 0
        run.injected("all processes killed and started at once")
        for part in everybody:
            part.kill()
        before = {part.name: part.starts for part in everybody}

        def are_ready() -> bool:
            nonlocal most
            most = max(most, connections(run))
            return all(part.starts > before[part.name] and part.ready() for part in everybody)

        if not run.site.until(are_ready, READY_SECONDS):
            late = ", ".join(part.name for part in everybody if not part.ready())
            run.found(BROKEN, "F33", f"not ready two minutes after a start of all: {late}")
        if again := [part.name for part in everybody if part.starts > before[part.name] + 1]:
            run.found(BROKEN, "F33", f"did not survive a start of all: {', '.join(again)}")
        if most > MOST_CONNECTIONS:
            run.found(BROKEN, "F33", f"{most} connections to the database")


def connections(run: Run) -> int:
    """How many there are; the operator can always ask."""
    try:
        with connected(run.site, "registry") as connection:
            row = connection.execute(_CONNECTIONS).fetchone()
    except psycopg.OperationalError as error:
        run.found(BROKEN, "F33", f"the operator cannot connect: {error}"[:300])
        return 0
    return int(row[0]) if row else 0


class Holes(Case):
    """Positions are drawn and never used, by appends that roll back and by a killed database."""

    id: ClassVar[str] = "F2"
    title: ClassVar[str] = "positions that nobody got"
    seconds: ClassVar[float] = 25

    def run(self, run: Run) -> None:
        for service in SERVICES:
            for _ in range(run.chance.randrange(3, 8)):
                run.injected("append rolled back", service=service)
                roll_back(run, service)
                run.site.sleep(run.chance.uniform(0, 0.5))
        run.injected("database SIGKILL")
        server = run.site.servers["postgres"]
        server.end(signal.SIGKILL)
        server.start()
        for service in SERVICES:
            roll_back(run, service)
        run.site.sleep(10)
        for service in SERVICES:
            go_over(run, service)
        for service in FOLLOWERS:
            if not run.site.until(Crowd(run, service).has_all, CATCH_UP_SECONDS):
                run.found(LOST, "F2", f"{service} waits at a position that nobody got")


def roll_back(run: Run, service: str) -> None:
    with connected(run.site, service) as connection:
        connection.execute(_ROLLED_BACK)
        connection.rollback()


def go_over(run: Run, service: str) -> None:
    """The relay publishes what stands behind the holes, and there are some."""
    watch, last = Watch(run, service), last_position(run, service)
    if not run.site.until(lambda: watch.reaches(last), CATCH_UP_SECONDS):
        run.found(LOST, "F2", f"{service}'s relay stands at {watch.position} of {last}")
    with connected(run.site, service) as connection:
        (holes,) = connection.execute(_HOLES).fetchone() or (0,)
        (drawn,) = connection.execute(_DRAWN).fetchone() or (0,)
    if not holes and drawn <= last:
        run.found(BROKEN, "F2", f"{service}: no position was lost, so nothing was tried")


class SlowHandler(Case):
    """Each event takes half a second; who takes long is not taken for dead."""

    id: ClassVar[str] = "F19"
    title: ClassVar[str] = "a slow handler"
    seconds: ClassVar[float] = 45

    def run(self, run: Run) -> None:
        service = run.chance.choice(FOLLOWERS)
        run.site.until(Crowd(run, service).has_all, CATCH_UP_SECONDS)
        starts = run.site.parts[f"{service}-consumer"].starts
        run.injected("slow handler", service=service)
        with connected(run.site, service) as connection:
            connection.execute(SLOW)
        crowd = Crowd(run, service)
        before = crowd.handled()
        run.site.sleep(SLOW_SECONDS)
        if not crowd.goes_on(before):
            run.found(BROKEN, "F19", f"{service} has no progress with a slow handler")
        with connected(run.site, service) as connection:
            connection.execute(FAST)
        if not run.site.until(crowd.has_all, CATCH_UP_SECONDS):
            run.found(LOST, "F19", f"{service} does not catch up after a slow handler")
        if run.site.parts[f"{service}-consumer"].starts > starts:
            run.found(BROKEN, "F19", f"{service}'s consumer ended over a slow handler")
