"""Two relays as real processes: one works, whatever happens to it the other takes over in time."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from contracts.envelope import Message
from contracts.topics import topic
from eventkit.kafka.reader import TopicReader
from eventkit.kafka.topics import create_topic
from eventkit.lease import SECONDS
from eventkit.unit import Kit
from local.databases import Databases, connect
from tests.integration.eventkit.forwarding import Forwarder, forwarding
from tests.integration.eventkit.sample import CONTEXT, SAMPLE, plan
from tests.integration.eventkit.test_killed_in_mid_flow import Child
from tests.integration.eventkit.wires import SPEAKER

PAGE = 20
TAKEOVER_SECONDS = 30
# What ten minutes without a broker leave at 20 writes a second, and what that may cost the relay.
BACKLOG, MOST_KILOBYTES = 12_000, 20_000
USUAL_PAGE = 500
HISTORY = """
CREATE TABLE history (number bigint GENERATED ALWAYS AS IDENTITY, epoch bigint, position bigint);
CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$BEGIN INSERT INTO history (epoch, position) VALUES (NEW.epoch, NEW.position); RETURN NEW; END$$;
CREATE TRIGGER remember AFTER INSERT OR UPDATE ON relays FOR EACH ROW EXECUTE FUNCTION remember();
"""


@dataclass
class Relays:
    """Relays of one store, and everything that was ever written to their row."""

    kit: Kit
    kafka: str
    owner: psycopg.Connection
    superuser: psycopg.Connection
    folder: Path
    ended: ExitStack

    def start(self, name: str, **more: str) -> Child:
        log = self.folder / f"{name}.log"
        child = Child(
            "relay", "urn:x", self.kit, self.kafka, log, {"RELAY_PAGE": str(PAGE), **more}
        )
        child.start()
        self.ended.callback(child.stop)
        return child

    def history(self) -> list[tuple[int, int]]:
        """Epoch and position after each change, in order."""
        query = "SELECT epoch, position FROM history ORDER BY number"
        return [(epoch, position) for epoch, position in self.owner.execute(query).fetchall()]

    def now(self) -> tuple[int, int]:
        return (self.history() or [(0, 0)])[-1]

    def write(self, events: int = 5) -> None:
        keys = [uuid4() for _ in range(events)]
        with self.kit.unit(CONTEXT) as unit:
            unit.execute_all(SAMPLE, [(key, plan(key)) for key in keys])

    def stored(self) -> int:
        (count,) = self.owner.execute("SELECT count(*) FROM events").fetchone() or (0,)
        return int(count)

    def on_topic(self) -> list[int]:
        """The positions on the topic, once it is read to its end."""
        reader = TopicReader([self.kafka], topic(SPEAKER), look_every=0.1)
        reader.resume({})
        found: list[int] = []
        current = False
        while not current:
            batch = reader.poll(0.5)
            found += [one.position for one in batch.arrivals if isinstance(one, Message)]
            current = batch.current
        reader.close()
        return found


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "what was waited for did not come"
        Event().wait(0.02)


@pytest.fixture
def relays(kit: Kit, kafka: str, store_databases: Databases, tmp_path: Path) -> Iterator[Relays]:
    create_topic([kafka], topic(SPEAKER), partitions=3)
    url = store_databases.migration_environment()["MIGRATION_DATABASE_URL"]
    server = make_url(store_databases.server).set(database=store_databases.name)
    with (
        connect(url) as owner,
        connect(server.render_as_string(hide_password=False)) as superuser,
        ExitStack() as ended,
    ):
        owner.execute(HISTORY)
        yield Relays(kit, kafka, owner, superuser, tmp_path, ended)


@contextmanager
def load(relays: Relays) -> Iterator[None]:
    """Events all the time while the block runs."""
    done = Event()

    def go_on() -> None:
        while not done.wait(0.02):
            relays.write()

    thread = Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def check(relays: Relays, *, repeated: int) -> None:
    """All that is stored reaches the topic, and the saved position never went back."""
    wait_for(lambda: relays.now()[1] == relays.stored())
    epochs, positions = zip(*relays.history(), strict=True)
    assert list(epochs) == sorted(epochs)
    assert list(positions) == sorted(positions)
    published = relays.on_topic()
    assert set(published) == set(range(1, relays.stored() + 1))
    assert len(published) - relays.stored() <= repeated


def leads(relays: Relays, child: Child) -> int:
    """Wait until another process has the lease, and got something done; gives its epoch."""
    wait_for(lambda: told(child, "lease_taken"), TAKEOVER_SECONDS)
    epoch, position = relays.now()
    wait_for(lambda: relays.now()[1] > position)
    return epoch


def test_a_relay_that_wakes_up_late_moves_nothing_and_repeats_a_page_at_most(
    relays: Relays,
) -> None:
    names = ["first", "second", "third"]
    with load(relays):
        awake = relays.start(names[0], SLEEP_AT="3")
        wait_for(lambda: relays.now()[0] == 1)
        for epoch, name in enumerate(names[1:], start=2):
            sleeper, awake = awake, relays.start(name, SLEEP_AT="3" if name != names[-1] else "0")
            wait_for(sleeper.sleeps, TAKEOVER_SECONDS)
            wait_for(lambda number=epoch: relays.now()[0] == number, TAKEOVER_SECONDS)  # type: ignore[misc]  # bound now
            sleeper.send(signal.SIGCONT)
            wait_for(lambda child=sleeper: told(child, "fenced"))  # type: ignore[misc]  # the same
            assert relays.now()[0] == epoch
            sleeper.stop()
    check(relays, repeated=PAGE * (len(names) - 1))


def told(child: Child, *texts: str) -> bool:
    return any(text in child.log.read_text() for text in texts)


def test_a_relay_whose_sessions_are_ended_goes_on_with_new_ones(relays: Relays) -> None:
    ended = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name LIKE 'relay%' AND datname = current_database()"
    )
    child = relays.start("only")
    with load(relays):
        epoch = leads(relays, child)
        for _ in range(5):
            before = relays.now()
            wait_for(lambda: relays.superuser.execute(ended).fetchone() != (0,))
            wait_for(lambda at=before: relays.now() > at)  # type: ignore[misc]  # bound now
    assert relays.now()[0] == epoch
    check(relays, repeated=5 * PAGE)


def kill(child: Child, _: Forwarder) -> None:
    child.kill(signal.SIGKILL)


def cut_off(_: Child, way: Forwarder) -> None:
    way.passes.clear()


@pytest.mark.parametrize("end", [kill, cut_off])
def test_another_relay_takes_over_within_half_a_minute(
    relays: Relays, end: Callable[[Child, Forwarder], None]
) -> None:
    """With the lease that real processes have, and a database that never hears of the end."""
    url = make_url(relays.kit.settings.database_url)
    assert url.host is not None
    assert url.port is not None
    with forwarding((url.host, url.port)) as way, load(relays):
        through = url.set(host="127.0.0.1", port=way.port).render_as_string(hide_password=False)
        first = relays.start("first", DATABASE_URL=through, LEASE_SECONDS=str(SECONDS))
        leads(relays, first)
        second = relays.start("second", LEASE_SECONDS=str(SECONDS))
        wait_for(lambda: told(second, "lease_denied"))
        end(first, way)
        leads(relays, second)
        assert relays.now()[0] == 2
    check(relays, repeated=PAGE)


def test_what_waits_for_a_broker_that_is_away_takes_no_memory_and_goes_out_in_the_end(
    relays: Relays,
) -> None:
    host, _, port = relays.kafka.partition(":")
    with forwarding((host, int(port)), at_once=False) as way:
        away = replace(relays, kafka=f"127.0.0.1:{way.port}")
        relays.write()
        child = away.start("only", RELAY_PAGE=str(USUAL_PAGE))
        wait_for(lambda: tries(child) > 1)
        before = kilobytes(child, "VmRSS")
        for _ in range(BACKLOG // USUAL_PAGE):
            relays.write(USUAL_PAGE)
        tried = tries(child)
        wait_for(lambda: tries(child) > tried + 1)
        assert relays.now()[1] == 0
        way.open()
        wait_for(lambda: relays.now()[1] == relays.stored(), 120)
        most = kilobytes(child, "VmHWM")
    assert most - before < MOST_KILOBYTES
    check(relays, repeated=USUAL_PAGE)


def tries(child: Child) -> int:
    return child.log.read_text().count("waiting")


def kilobytes(child: Child, name: str) -> int:
    """What the kernel says of its memory; VmHWM is the most that it ever was."""
    assert child.process is not None
    told = Path(f"/proc/{child.process.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in told.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])
