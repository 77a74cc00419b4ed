"""What operators are told of restores: whether the store is suspect, and what others lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from eventkit.consuming.lost import LOST

_SUSPECT = sa.text("SELECT count(store_suspicion())")
_LOST = sa.text(
    f"SELECT source, count(*) AS events {LOST} AND acknowledged_at IS NULL GROUP BY source"
)


def store_suspect(connection: sa.Connection) -> Iterable[Metric]:
    """Whether writes are refused until somebody looked."""
    told = "1 while the store may be older than what it has told others; it takes no events then."
    metric = GaugeMetricFamily("store_suspect", told)
    metric.add_metric([], float(connection.execute(_SUSPECT).scalar_one()))
    yield metric


def lost_events(names: Sequence[str]) -> Callable[[sa.Connection], Iterator[Metric]]:
    """How many events each source lost in restores that nobody acknowledged here."""

    def asked(connection: sa.Connection) -> Iterator[Metric]:
        found = {row.source: row.events for row in connection.execute(_LOST)}
        told = "Events that the source's store lost, until `lost acknowledge`; see `lost list`."
        metric = GaugeMetricFamily("lost_events", told, labels=["source"])
        for name in names:
            metric.add_metric([name], float(found.get(name, 0)))
        yield metric

    return asked
