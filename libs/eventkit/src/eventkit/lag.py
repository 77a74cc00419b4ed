"""How far behind relay and consumers are, told by the database alone.

The process that asks is the api, so these numbers grow while the process they speak of is dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from eventkit.erasure_gauges import erasure_gauges
from eventkit.generation_gauges import lost_events, store_suspect
from eventkit.head_gauges import head_gauges
from eventkit.parking.parked import REASONS
from eventkit.relay import NAME
from eventkit.service import Gauges, Service
from eventkit.settings import Settings

UNKNOWN = float("nan")

_RELAY = sa.text(
    """
    WITH relay AS (
        SELECT coalesce((SELECT position FROM relays WHERE name = :name), 0) AS position
    )
    SELECT (SELECT count(*) FROM events, relay WHERE events.position > relay.position) AS events,
           (SELECT extract(epoch FROM clock_timestamp() - recorded_at) FROM events, relay
            WHERE events.position > relay.position ORDER BY events.position LIMIT 1) AS seconds
    """
)
# A source that was never followed is behind since there is a store.
_CONSUMERS = sa.text(
    """
    SELECT wanted.name, consumers.head - consumers.position AS events,
           extract(epoch FROM clock_timestamp() - coalesce(
               consumers.current_at, (SELECT min(started_at) FROM generations)
           )) AS seconds
    FROM unnest(CAST(:names AS text[])) AS wanted(name) LEFT JOIN consumers USING (name)
    """
)
_PARKED = sa.text(
    """
    SELECT wanted.name, count(parked.id) AS events,
           extract(epoch FROM clock_timestamp() - min(parked.parked_at)) AS seconds
    FROM unnest(CAST(:names AS text[])) AS wanted(name)
    LEFT JOIN parked ON parked.source = wanted.name GROUP BY wanted.name
    """
)
# Those behind a parked event wait for no reason of their own.
_OWN_REASONS = [reason for reason in REASONS if reason != "waiting"]
_REASONS = sa.text(
    "SELECT source, reason, count(*) AS streams FROM parked"
    " WHERE reason <> 'waiting' GROUP BY source, reason"
)
_EPOCHS = sa.text(
    "SELECT 'relays' AS table, name, epoch FROM relays"
    " UNION ALL SELECT 'consumers', name, epoch FROM consumers"
)
# 20052 is the namespace of the marks (decision 0002).
_MARK = sa.text(
    """
    SELECT extract(epoch FROM clock_timestamp() - min(activity.xact_start))
    FROM pg_locks JOIN pg_stat_activity activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::bigint >> 16 = 20052
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


def gauges(service: Service, settings: Settings) -> tuple[Gauges, ...]:
    """The numbers of this service's flow; relay lag only where there is something to relay to."""
    names = [subscription.source for subscription in service.subscriptions]

    def followed(connection: sa.Connection) -> Iterator[Metric]:
        rows = connection.execute(_CONSUMERS, {"names": names}).all()
        told = "Events that the source had when it was last asked and that had no effect here yet."
        yield _by_source("consumer_lag_events", told, rows, none=UNKNOWN)
        told = "Time since this service last knew that it had everything of the source."
        yield _by_source("consumer_lag_seconds", told, rows)

    def parked(connection: sa.Connection) -> Iterator[Metric]:
        rows = connection.execute(_PARKED, {"names": names}).all()
        yield _by_source("parked_events", "Events that could not be handled, or wait.", rows)
        yield _by_source("parked_oldest_seconds", "How long the oldest has waited.", rows)
        told = "Streams that wait, and what is no event, by the reason why."
        reasons = GaugeMetricFamily("parked_streams", told, labels=["source", "reason"])
        streams = dict.fromkeys(product(names, _OWN_REASONS), 0)
        streams |= {(row.source, row.reason): row.streams for row in connection.execute(_REASONS)}
        for place, number in streams.items():
            reasons.add_metric(place, number)
        yield reasons

    published = (relay_lag,) if settings.kafka_bootstrap_servers else ()
    restores = (store_suspect, lost_events(names))
    kept = (head_gauges, erasure_gauges(service))
    return (*published, *restores, oldest_mark, epochs, followed, parked, *kept)


def relay_lag(connection: sa.Connection) -> Iterable[Metric]:
    """Stored events that the broker has not acknowledged, and the age of the oldest."""
    row = connection.execute(_RELAY, {"name": NAME}).one()
    yield _plain("relay_lag_events", "Stored events that are not published yet.", row.events)
    yield _plain("relay_lag_seconds", "Age of the oldest of them.", row.seconds or 0.0)


def oldest_mark(connection: sa.Connection) -> Iterable[Metric]:
    """How long the oldest open append holds back all readers."""
    seconds = connection.execute(_MARK).scalar()
    told = "Age of the oldest open append; readers wait for it."
    yield _plain("event_mark_oldest_seconds", told, seconds or 0.0)


def epochs(connection: sa.Connection) -> Iterable[Metric]:
    """Which process's turn it is, so to say; each takeover adds one."""
    told = "Grows by one when another process takes over."
    metric = GaugeMetricFamily("lease_epoch", told, labels=["table", "name"])
    for table, name, epoch in connection.execute(_EPOCHS):
        metric.add_metric([table, name], float(epoch))
    yield metric


def _by_source(name: str, told: str, rows: Iterable[sa.Row[Any]], none: float = 0.0) -> Metric:
    metric = GaugeMetricFamily(name, told, labels=["source"])
    for row in rows:
        value = getattr(row, name.rpartition("_")[2])
        metric.add_metric([row.name], none if value is None else float(value))
    return metric


def _plain(name: str, told: str, value: float) -> Metric:
    metric = GaugeMetricFamily(name, told)
    metric.add_metric([], float(value))
    return metric
