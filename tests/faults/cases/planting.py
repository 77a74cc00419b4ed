"""Records that nobody's relay put on a topic: poison, duplicates, and events out of order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import UUID

from kafka import KafkaProducer

from contracts.envelope import Message, to_kafka
from contracts.topics import topic
from eventkit.kafka.clients import LARGEST
from eventkit.kafka.topics import PARTITIONS
from eventkit.publication import messages
from tests.faults.case import Case, Run
from tests.faults.cases.flows import CATCH_UP_SECONDS, FOLLOWERS, Crowd
from tests.faults.cases.races import done, wish
from tests.faults.dump import connected, events, records
from tests.faults.operations import REGISTRY, Operation, address
from tests.faults.oracle.findings import BROKEN, LOST
from tests.faults.oracle.streams import stored
from tests.faults.oracle.wires import PLANTED
from tests.faults.site import Site

MARK = (PLANTED, b"1")
MEGABYTE = b"x" * (1024 * 1024 + 4096)
# What is no event at all: the four kinds that belong to no stream.
NO_EVENTS: tuple[bytes | None, ...] = (b"no JSON", b"", None, MEGABYTE)
HEARD_SECONDS = 60.0
_STREAMS = "SELECT DISTINCT stream FROM parked WHERE stream IS NOT NULL"
_OTHERS = "SELECT count(*) FROM parked WHERE stream IS NULL"
_FIRSTS = (
    "SELECT min(id) FROM parked WHERE stream IS DISTINCT FROM '{stream}'"
    " GROUP BY stream, CASE WHEN stream IS NULL THEN id END"
)
_HANDLED = "SELECT count(*) FROM inbox WHERE source = %s AND stream = %s"
# Whoever handles an event of the stream fails, as with a fault in a handler.
_FAIL = """
CREATE FUNCTION planted_failure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'planted'; END $$;
CREATE TRIGGER planted_failure BEFORE INSERT ON inbox FOR EACH ROW
WHEN (NEW.stream = '{stream}') EXECUTE FUNCTION planted_failure()
"""
_MEND = "DROP TRIGGER planted_failure ON inbox; DROP FUNCTION planted_failure()"


class Poison(Case):
    """Six kinds on the registry's topic: two streams wait, with all that comes behind."""

    id: ClassVar[str] = "F11"
    title: ClassVar[str] = "poison on a topic, and how it is healed"
    weight: ClassVar[int] = 0
    seconds: ClassVar[float] = 60

    def run(self, run: Run) -> None:
        followed(run)
        poisoned, failing = Contact(run), Contact(run)
        heard(run, "F11", [poisoned, failing])
        with fails(run.site, failing.stream):
            plant_poison(run, poisoned)
            for one in (poisoned, failing):
                one.change()
                one.change()
            only_these_wait(run, {poisoned.stream, failing.stream})
            discard_all(run, but=failing.stream)
        run.injected("poison: handler raises", stream=failing.stream)
        for service in FOLLOWERS:
            asked = ["parked", "retry", "--all", "--parked-for", "handler", "--wait", "60"]
            commanded(run, service, *asked)
        heard(run, "F11", [poisoned, failing])
        for service in FOLLOWERS:
            left = parked(run.site, service, _STREAMS) + parked(run.site, service, _OTHERS)
            if left != [0]:
                run.found(BROKEN, "F11", f"{service}: still parked is {left}")


class Contact:
    """A stream of the registry with events that the case asks for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        base = replace(wish(run, "organisation.registered", "", "", None), service=REGISTRY)
        party = {"name": "Verein (erfunden)", "kind": "association"}
        key = self._asked(replace(base, path="/v1/organisations", body=party))
        who = {"party": {"kind": "organisation", "key": key}, **address(base.key)}
        self._id = self._asked(self._contact("contact.appointed", "/v1/contacts", who))
        self.stream, self.version = stream_of(run.site, self._id), 1

    def change(self) -> None:
        body = address(UUID(int=self._run.chance.getrandbits(128), version=4))
        made = self._contact("contact.changed", f"/v1/contacts/{self._id}", body)
        self._asked(replace(made, method="PUT"))
        self.version += 1

    def messages(self) -> list[Message]:
        """All of its events, as the relay will publish them."""
        with connected(self._run.site, REGISTRY) as connection:
            rows = [stored(row) for row in events(connection) if row["stream"] == self.stream]
        return list(messages(rows, self._run.site.url(REGISTRY)))

    def _contact(self, what: str, path: str, body: Any) -> Operation:
        return replace(wish(self._run, what, "", "", body), service=REGISTRY, path=path)

    def _asked(self, one: Operation) -> str:
        return str(done(self._run, one).json().get("id"))


def stream_of(site: Site, key: str) -> str:
    with connected(site, REGISTRY) as connection:
        query = "SELECT stream FROM events WHERE stream LIKE '%%' || %s AND version = 1"
        row = connection.execute(query, (key,)).fetchone()
    assert row is not None
    return str(row[0])


def plant_poison(run: Run, victim: Contact) -> None:
    """Of the envelope's next version one that the stream does not have; and what is no event."""
    last = victim.messages()[-1]
    forged = replace(
        last,
        id=UUID(int=run.chance.getrandbits(128), version=4),
        version=last.version + 1,
        data=b'{"name":17}',
    )
    key, headers, value = to_kafka(forged)
    with planter(run.site) as plant:
        for content in NO_EVENTS:
            kind = "null" if content is None else f"{len(content)} bytes"
            run.injected(f"poison: {kind} that are no event")
            plant(key, [], content, None)
        run.injected("poison: an envelope with a wrong payload", stream=victim.stream)
        plant(key, headers, value, None)


def only_these_wait(run: Run, streams: set[str]) -> None:
    """The others go on, which somebody new shows."""
    other = Contact(run)
    heard(run, "F11", [other])
    for service in FOLLOWERS:

        def all_parked(service: str = service) -> bool:
            others = parked(run.site, service, _OTHERS)
            return set(parked(run.site, service, _STREAMS)) == streams and others == [
                len(NO_EVENTS)
            ]

        if not run.site.until(all_parked, HEARD_SECONDS):
            found = parked(run.site, service, _STREAMS) + parked(run.site, service, _OTHERS)
            run.found(BROKEN, "F11", f"{service}: parked is {found}, not {sorted(streams)}")


def discard_all(run: Run, but: str) -> None:
    """All that is parked, but for one stream."""
    for service in FOLLOWERS:
        for number in parked(run.site, service, _FIRSTS.replace("{stream}", but)):
            asked = ["parked", "discard", str(number), "--reason", "planted", "--wait", "60"]
            commanded(run, service, *asked)


def commanded(run: Run, service: str, *arguments: str) -> None:
    ended = run.site.command(service, *arguments)
    if ended.returncode:
        said = f"{ended.stdout}{ended.stderr}"[-300:]
        run.found(BROKEN, "F11", f"{service} {' '.join(arguments)}: {said}")


@contextmanager
def fails(site: Site, stream: str) -> Iterator[None]:
    """Handlers of the followers fail for this stream."""
    for service in FOLLOWERS:
        with connected(site, service) as connection:
            connection.execute(_FAIL.replace("{stream}", stream).encode())
    try:
        yield
    finally:
        for service in FOLLOWERS:
            with connected(site, service) as connection:
                connection.execute(_MEND)


class OutOfOrder(Case):
    """Versions 1, 3, 2, 2, 1 before the relay tells of them; then the whole topic once more."""

    id: ClassVar[str] = "F12"
    title: ClassVar[str] = "duplicates, gaps and old events on a topic"
    seconds: ClassVar[float] = 15

    def run(self, run: Run) -> None:
        followed(run)
        relay = run.site.parts[f"{REGISTRY}-relay"]
        relay.pause()
        try:
            contacts = [Contact(run) for _ in range(3)]
            for one in contacts:
                one.change()
                one.change()
            with planter(run.site) as plant:
                plant_out_of_order(run, contacts, plant)
            heard(run, "F12", contacts)
        finally:
            relay.resume()
        again(run)
        for service in FOLLOWERS:
            if not run.site.until(Crowd(run, service).has_all, CATCH_UP_SECONDS):
                run.found(LOST, "F12", f"{service} does not follow after the topic came again")


def plant_out_of_order(run: Run, contacts: Sequence[Contact], plant: Plant) -> None:
    """The third one's events lie in any partition, as with a wrong key."""
    for number, one in enumerate(contacts):
        found = one.messages()
        run.injected("events out of order", stream=one.stream)
        for version in (1, 3, 2, 2, 1):
            key, headers, value = to_kafka(found[version - 1])
            wrong = run.chance.randrange(PARTITIONS) if number == 2 else None
            plant(key, headers, value, wrong)


def again(run: Run) -> None:
    """Everything that is on the topic, once more."""
    run.injected("a whole topic again")
    servers = f"127.0.0.1:{run.site.back['kafka']}"
    whole = [one for one in records(servers, topic(REGISTRY)) if PLANTED not in dict(one["h"])]
    with planter(run.site) as plant:
        for one in whole:
            headers = [(name, value.encode()) for name, value in one["h"]]
            plant(one["k"].encode(), headers, one["b"].encode(), None)


Plant = Callable[[bytes, Iterable[tuple[str, bytes]], bytes | None, int | None], None]


@contextmanager
def planter(site: Site) -> Iterator[Plant]:
    """Puts records with the mark on the registry's topic; all are there at the block's end."""
    servers = f"127.0.0.1:{site.back['kafka']}"
    client = KafkaProducer(bootstrap_servers=servers, max_request_size=LARGEST)
    sent = []

    def plant(
        key: bytes,
        headers: Iterable[tuple[str, bytes]],
        value: bytes | None,
        partition: int | None,
    ) -> None:
        marked = [*headers, MARK]
        place = {"key": key, "headers": marked, "partition": partition}
        sent.append(client.send(topic(REGISTRY), value=value, **place))

    try:
        yield plant
        for one in sent:
            one.get(timeout=30)
    finally:
        client.close()


@dataclass(frozen=True)
class Heard:
    """Whether a follower has handled all that the contacts did."""

    site: Site
    service: str
    contacts: Sequence[Contact]

    def __call__(self) -> bool:
        with connected(self.site, self.service) as connection:
            counts = [
                (connection.execute(_HANDLED, (REGISTRY, one.stream)).fetchone() or (0,))[0]
                for one in self.contacts
            ]
        return counts == [one.version for one in self.contacts]


def followed(run: Run) -> None:
    """What an outage before this has left to do is no part of a case."""
    for service in FOLLOWERS:
        run.site.until(Crowd(run, service).has_all, CATCH_UP_SECONDS)


def heard(run: Run, case: str, contacts: Sequence[Contact]) -> None:
    for service in FOLLOWERS:
        if not run.site.until(Heard(run.site, service, contacts), HEARD_SECONDS):
            streams = ", ".join(one.stream for one in contacts)
            run.found(LOST, case, f"{service} did not handle all of {streams}")


def parked(site: Site, service: str, query: str) -> list[Any]:
    with connected(site, service) as connection:
        return [value for (value,) in connection.execute(query.encode())]
