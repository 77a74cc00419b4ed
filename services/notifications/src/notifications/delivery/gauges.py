"""How many deliveries wait, and for how long the oldest should have been made."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from contracts.events.notifications import Channel

# What was held back is late from then on where no hold came after. greatest() passes over NULL.
_OPEN = sa.text(
    """
    SELECT channel, count(*) AS open,
           extract(epoch FROM clock_timestamp()
                   - min(late_from) FILTER (WHERE late_from <= clock_timestamp())) AS seconds
    FROM (
        SELECT channel, greatest(due_at, held_until) AS late_from
        FROM deliveries LEFT JOIN delivery_claims USING (delivery_id)
        WHERE due_at IS NOT NULL
    ) AS waiting GROUP BY channel
    """
)


def open_deliveries(connection: sa.Connection) -> Iterator[Metric]:
    """By channel, also where nothing waits."""
    rows = {row.channel: row for row in connection.execute(_OPEN)}
    told = "Deliveries that are neither made nor given up."
    waiting = GaugeMetricFamily("deliveries_open", told, labels=["channel"])
    told = "How long ago the oldest of them was due, or could go out again after a hold."
    overdue = GaugeMetricFamily("delivery_overdue_seconds", told, labels=["channel"])
    for channel in Channel:
        row = rows.get(channel.value)
        waiting.add_metric([channel.value], row.open if row else 0)
        overdue.add_metric([channel.value], float(row.seconds or 0.0) if row else 0.0)
    yield from (waiting, overdue)
