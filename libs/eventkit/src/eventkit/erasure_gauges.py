"""How many erasures, and for how long the oldest, have not been complete, here or at its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from eventkit.service import Service

# At the owner an erasure is complete with the parts of all services, elsewhere with one's own.
_PENDING = sa.text(
    """
    SELECT count(*) AS pending, extract(epoch FROM clock_timestamp() - min(e.erased_at)) AS seconds
    FROM erasures e
    WHERE e.settled_at IS NULL OR (e.owner = :owner AND e.event_id IS NOT NULL AND :holders >
          (SELECT count(*) FROM erasure_parts p WHERE p.person = e.person))
    """
)


def erasure_gauges(service: Service) -> Callable[[sa.Connection], Iterator[Metric]]:
    """The numbers of a service, which may own people or hold parts of them."""
    holders = len(service.people.holders) + 1 if service.people else 0

    def oldest(connection: sa.Connection) -> Iterator[Metric]:
        values = {"owner": service.name, "holders": holders}
        row = connection.execute(_PENDING, values).one()
        told = "Erasures that are not complete."
        yield GaugeMetricFamily("erasures_pending", told, value=float(row.pending))
        told = "Age of the oldest of them."
        yield GaugeMetricFamily("erasure_oldest_seconds", told, value=float(row.seconds or 0.0))

    return oldest
