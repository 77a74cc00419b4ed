"""Read everything that a site holds into a history file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
from kafka import KafkaConsumer, TopicPartition
from psycopg import sql

from contracts.envelope import split_batch
from contracts.topics import topic
from eventkit.readmodel import ReadModel
from eventkit.store import COLUMNS
from local.settings import SERVICES
from tests.faults.history import Line, Writer
from tests.faults.ledger import lines
from tests.faults.load import Bearer
from tests.faults.site import SERVICE_OF, Site

PAGE = 500


def dump(site: Site, ledgers: Path, told: Line, writer: Writer) -> None:
    """All parts; the services may run, but should have come to rest."""
    writer.write("meta", [told | {"services": {name: _keys(site, name) for name in SERVICES}}])
    writer.write("ledger", lines(ledgers))
    writer.write("faults", kept(ledgers / "faults.jsonl"))
    for kind in ("mails", "webhooks"):
        writer.write(kind, kept(site.folder / f"{kind}.jsonl"))
    for name in SERVICES:
        _dump_service(site, name, writer)


def _dump_service(site: Site, name: str, writer: Writer) -> None:
    service = SERVICE_OF[name]
    with connected(site, name) as connection:
        writer.write(f"events/{name}", events(connection))
        for model in service.read_models:
            writer.write(f"model/{name}/{model.name}", rows(connection, model))
        for subscription in service.subscriptions:
            source = subscription.source
            writer.write(f"inbox/{name}/{source}", inbox(connection, source))
            for model in subscription.read_models:
                writer.write(f"model/{name}/{source}/{model.name}", rows(connection, model))
        writer.write(f"parked/{name}", parked(connection))
    writer.write(f"feed/{name}", feed(site, name))
    if site.wish.kafka:
        writer.write(f"topic/{name}", records(f"127.0.0.1:{site.back['kafka']}", topic(name)))


def connected(site: Site, service: str) -> psycopg.Connection[tuple[Any, ...]]:
    """The service's database as the server's administrator sees it."""
    made = site.database(service)
    url = made.url(made.name, "postgres", site.credentials.postgres)
    return psycopg.connect(url.replace("+psycopg", ""), options="-c timezone=UTC")


def events(connection: psycopg.Connection[Any]) -> Iterator[Line]:
    names = (*COLUMNS.replace("::text", "").split(", "),)
    with connection.cursor("events") as cursor:
        cursor.itersize = PAGE
        query = f"SELECT {COLUMNS} FROM events ORDER BY stream, version"
        for row in cursor.execute(query):
            yield {name: plain(value) for name, value in zip(names, row, strict=True)}


def rows(connection: psycopg.Connection[Any], model: ReadModel) -> Iterator[Line]:
    names = [column.name for column in model.table.columns]
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(model.table.name)
    )
    with connection.cursor("model") as cursor:
        cursor.itersize = PAGE
        for row in cursor.execute(query):
            yield {name: plain(value) for name, value in zip(names, row, strict=True)}


def inbox(connection: psycopg.Connection[Any], source: str) -> Iterator[Line]:
    query = "SELECT stream, version, event_id, skipped FROM inbox WHERE source = %s"
    with connection.cursor("inbox") as cursor:
        for stream, version, event_id, skipped in cursor.execute(query, (source,)):
            yield {"s": stream, "v": version, "id": str(event_id), "skipped": skipped}


def parked(connection: psycopg.Connection[Any]) -> Iterator[Line]:
    query = "SELECT source, stream, version, reason, detail FROM parked ORDER BY id"
    for source, stream, version, reason, detail in connection.execute(query):
        told = {"source": source, "s": stream, "v": version}
        yield {**told, "reason": reason, "detail": detail}


def records(servers: str, name: str) -> Iterator[Line]:
    """Every record of a topic, partition by partition."""
    client = KafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    try:
        numbers = client.partitions_for_topic(name) or set()
        places = [TopicPartition(name, number) for number in sorted(numbers)]
        ends = client.end_offsets(places)
        for place in places:
            yield from _of_partition(client, place, ends[place])
    finally:
        client.close(autocommit=False)


def _of_partition(client: Any, place: Any, end: int) -> Iterator[Line]:
    client.assign([place])
    client.seek_to_beginning(place)
    while client.position(place) < end:
        for record in client.poll(timeout_ms=1000, max_records=PAGE).get(place, []):
            headers = [[key, text(value)] for key, value in record.headers or ()]
            told = {"p": place.partition, "o": record.offset, "k": text(record.key)}
            yield {**told, "h": headers, "b": text(record.value)}


def feed(site: Site, service: str) -> Iterator[Line]:
    """Every event of the feed as a service client reads it, byte by byte."""
    auth = Bearer(site.signer, "service")
    url = f"{site.url(service)}/events"
    with httpx.Client(auth=auth, trust_env=False, timeout=60) as http:
        while True:
            answer = http.get(url).raise_for_status()
            found = split_batch(answer.content)
            yield from ({"b": one.decode()} for one in found)
            if not found:
                return
            url = str(answer.url.join(answer.links["next"]["url"]))


def _keys(site: Site, service: str) -> Line:
    return {"source": site.url(service), "chain_key": site.credentials.services[service].chain_key}


def kept(path: Path) -> Iterator[Line]:
    """The lines of a file; one that a kill cut off is none."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue


def text(value: bytes | None) -> str | None:
    """Bytes as one character each where they are no text, so that nothing is lost."""
    if value is None:
        return None
    return (
        value.decode("utf-8", errors="surrogateescape")
        .encode("utf-8", errors="backslashreplace")
        .decode()
    )


def plain(value: Any) -> Any:
    """A value as JSON says it, the same for a row that was read and one that was folded."""
    for kinds, said in _PLAIN:
        if isinstance(value, kinds):
            return said(value)
    return value


_PLAIN: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((datetime,), lambda value: value.astimezone(UTC).isoformat()),
    ((UUID, StrEnum), str),
    ((bytes, memoryview), lambda value: bytes(value).hex()),
    ((dict,), lambda value: {str(name): plain(one) for name, one in value.items()}),
    ((list, tuple, set, frozenset), lambda value: [plain(one) for one in value]),
)
