"""Wait until everything that was stored has had all its effects."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg

from contracts.catalog import event_types
from local.settings import SERVICES
from tests.faults.dump import connected
from tests.faults.site import SERVICE_OF, Site

# Every event that is not yet on the topic, in an inbox, or at its recipient.
_UNRELAYED = (
    "SELECT count(*) FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relays)"
)
_PUBLISHED = "SELECT count(*) FROM events WHERE type <> ALL(%s)"
_INBOX = "SELECT count(*) FROM inbox WHERE source = %s"
_UNSENT = "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL"
# As if the time had passed that a retry waits for.
_FORWARD = (
    "UPDATE deliveries SET due_at = now() WHERE state = 'retrying' AND due_at > now();"
    "DELETE FROM delivery_claims WHERE leased_until > now() + interval '90 seconds'"
)


def settled(site: Site, seconds: float = 240) -> list[str]:
    """What still waits after all the patience; empty when nothing does."""
    deadline = time.monotonic() + seconds
    waiting, forwarded = ["everything"], 0.0
    while waiting and time.monotonic() < deadline:
        site.sleep(0.5)
        try:
            waiting = list(outstanding(site))
            if time.monotonic() - forwarded > 15:
                forward(site)
                forwarded = time.monotonic()
        except psycopg.OperationalError as error:
            waiting = [f"the database: {error}".strip()]
    return waiting


def outstanding(site: Site) -> Iterator[str]:
    published = {name: published_count(site, name) for name in SERVICES}
    for name in SERVICES:
        with connected(site, name) as connection:
            if site.wish.kafka and (count := _count(connection, _UNRELAYED)):
                yield f"{name}: {count} events are not relayed"
            for subscription in SERVICE_OF[name].subscriptions:
                source = subscription.source
                missing = published[source] - _count(connection, _INBOX, source)
                if missing:
                    yield f"{name}: {missing} events of {source} are not handled"
            if name == "notifications" and (count := _count(connection, _UNSENT)):
                yield f"{count} deliveries are not sent"


def forward(site: Site) -> None:
    with connected(site, "notifications") as connection:
        for statement in _FORWARD.split(";"):
            connection.execute(statement)


def published_count(site: Site, name: str) -> int:
    """How many events of a service others have to hear of."""
    private = sorted({one.name for one in event_types() if not one.is_published})
    with connected(site, name) as connection:
        return _count(connection, _PUBLISHED, private)


def _count(connection: psycopg.Connection[tuple[object, ...]], query: str, *values: object) -> int:
    row = connection.execute(query, values).fetchone()
    return int(str(row[0])) if row else 0
