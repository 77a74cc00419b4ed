"""Writers that race and readers that follow, as processes of their own, on one store.

`python -m tests.faults.racing writers|tail|relay|feed FOLDER SEED` with the settings of the sample
service in the environment. All of them go on when the database comes back. Writers end on SIGTERM,
readers when FOLDER/over is there and nothing more comes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from threading import Event, Thread
from types import FrameType
from uuid import UUID

from contracts.envelope import Message, to_kafka, to_structured
from eventkit.conflicts import VersionConflict
from eventkit.database import Unavailable, driver, session
from eventkit.idempotency import Idempotency, KeyBusy
from eventkit.kits import open_kit
from eventkit.outbox import Filters, Outbox
from eventkit.recorded import Context
from eventkit.relay import Relay
from eventkit.settings import Settings
from eventkit.unit import Kit
from tests.faults.dump import text
from tests.faults.ledger import INFO, INVOKED, OK, Ledger
from tests.integration.eventkit.http_sample import SERVICE
from tests.integration.eventkit.sample import SAMPLE, plan

THREADS, STREAMS = 10, 25
# All writers begin at the same moment, this often a second.
BEAT_SECONDS = 0.5
PAGE = 500
ACTOR = "client:faults-race"
Step = Callable[[], bool]


class Lines:
    """Appends JSON lines; what was written is seen by who opens the file."""

    def __init__(self, path: Path) -> None:
        self._ledger = Ledger(path)

    def keep(self, rows: Sequence[dict[str, object]]) -> None:
        for row in rows:
            self._ledger.write(row)
        self._ledger.sync()


def race(kit: Kit, folder: Path, seed: str, over: Event) -> None:
    """Ten threads that append to shared streams and to new ones."""
    threads = [
        Thread(target=write, args=(kit, folder, f"{seed}/{number}", over))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write(kit: Kit, folder: Path, seed: str, over: Event) -> None:
    chance = Random(seed)
    ledger = Ledger(folder / f"ledger-{seed.replace('/', '-')}.jsonl")
    shared = [UUID(int=number, version=4) for number in range(1, STREAMS + 1)]
    told = {"what": "meeting.planned", "service": SERVICE.name, "writer": seed}
    expected = {"types": ["meeting.planned"], "count": 1}
    while not over.is_set():
        time.sleep(BEAT_SECONDS - time.time() % BEAT_SECONDS)
        op = UUID(int=chance.getrandbits(128), version=4)
        key = chance.choice([*shared, op])
        ledger.keep(op=str(op), state=INVOKED, **told, **expected)
        slow = chance.random() * 0.05 if chance.random() < 0.2 else 0.0
        while not attempt(kit, op, key, slow, ledger):
            over.wait(0.2)
    ledger.close()


def attempt(kit: Kit, op: UUID, key: UUID, slow: float, ledger: Ledger) -> bool:
    """One try under the same key; whether there is an answer."""
    context = Context(actor=ACTOR, correlation_id=str(op))
    try:
        if slow:
            # A transaction that stays open after its append, and cannot be repeated safely.
            with kit.unit(context) as unit:
                unit.execute(SAMPLE, op, plan(op))
                time.sleep(slow)
            ledger.keep(op=str(op), state=OK)
            return True
        known = Idempotency(scope=op.bytes * 2, fingerprint=b"", resource="")
        kit.execute(SAMPLE, key, plan(key), context=context, idempotency=known)
    except (Unavailable, VersionConflict, KeyBusy) as error:
        ledger.keep(op=str(op), state=INFO, why=type(error).__name__)
        return bool(slow)
    ledger.keep(op=str(op), state=OK)
    return True


def tail(kit: Kit, folder: Path) -> Step:
    """Follows the store by position, as everything does that reads it."""
    seen, last = Lines(folder / "tail.jsonl"), 0

    def step() -> bool:
        nonlocal last
        with session(kit.engine) as connection:
            page = kit.store.read(driver(connection), last, PAGE)
        seen.keep([{"position": one.position, "id": str(one.event_id)} for one in page])
        last = page[-1].position if page else last
        return bool(page)

    return step


class FileTopic:
    """A topic that is a file."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)

    def log(self) -> str:
        return "file"

    def tails(self) -> list[Message]:
        """Nothing that would have to be compared with the store."""
        return []

    def publish(self, page: Sequence[Message], log: str) -> None:
        assert log == self.log()
        self._lines.keep([record(*to_kafka(message)) for message in page])

    def close(self) -> None:
        """Nothing is open."""


def record(key: bytes, headers: Sequence[tuple[str, bytes]], value: bytes) -> dict[str, object]:
    return {"k": text(key), "h": [[name, text(one)] for name, one in headers], "b": text(value)}


def relay(kit: Kit, folder: Path) -> Step:
    publisher = FileTopic(folder / "topic.jsonl")
    return Relay(kit, publisher, source=kit.settings.source).step


def feed(kit: Kit, folder: Path) -> Step:
    """Follows the pages that the HTTP feed answers with."""
    seen, outbox, last = Lines(folder / "feed.jsonl"), Outbox(kit, kit.settings.source), 0

    def step() -> bool:
        nonlocal last
        page = outbox.page(last, PAGE, Filters())
        seen.keep([{"b": to_structured(one).decode()} for one in page.messages])
        last = page.seen
        return bool(page.messages)

    return step


def follow(step: Step, over: Path) -> None:
    """Until everything was read and nothing more comes."""
    quiet = 0
    while quiet < 5 or not over.exists():
        try:
            quiet = 0 if step() else quiet + 1
        except Unavailable:
            time.sleep(0.2)
        time.sleep(0.01 if not over.exists() else 0.1)


def opened() -> Kit:
    """The database may be away from the first moment on."""
    while True:
        try:
            return open_kit(SERVICE, Settings.from_env(os.environ), pool_size=THREADS + 2)
        except Unavailable:
            time.sleep(0.2)


def main(what: str, folder: Path, seed: str) -> None:
    over = Event()

    def end(_: int, __: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    kit = opened()
    if what == "writers":
        race(kit, folder, seed, over)
    else:
        made = {"tail": tail, "relay": relay, "feed": feed}[what]
        follow(made(kit, folder), folder / "over")
    kit.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
