"""How far the heads are behind the store, and how many streams do not go on as they began."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

_BEHIND = sa.text(
    """
    SELECT (SELECT extract(epoch FROM clock_timestamp() - recorded_at) FROM events
            WHERE events.position > heads_progress.position ORDER BY events.position LIMIT 1)
           AS seconds,
           (SELECT count(*) FROM stream_heads WHERE broken_at IS NOT NULL) AS broken
    FROM heads_progress
    """
)


def head_gauges(connection: sa.Connection) -> Iterator[Metric]:
    """The age of the oldest event without a head: until it has one, cutting it off is not seen."""
    row = connection.execute(_BEHIND).one()
    told = "Age of the oldest event that stream_heads do not know yet."
    yield GaugeMetricFamily("heads_lag_seconds", told, value=float(row.seconds or 0.0))
    told = "Streams in which an event came that does not follow the one before it."
    yield GaugeMetricFamily("broken_streams", told, value=float(row.broken))
