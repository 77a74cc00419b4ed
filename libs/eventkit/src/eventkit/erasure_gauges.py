"""How long the oldest erasure has not been complete, here or at its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from eventkit.service import Service

# At the owner an erasure is complete with the parts of all services, elsewhere with one's own.
_OLDEST = sa.text(
    """
    SELECT extract(epoch FROM clock_timestamp() - min(e.erased_at)) FROM erasures e
    WHERE e.settled_at IS NULL OR (e.owner = :owner AND e.event_id IS NOT NULL AND :holders >
          (SELECT count(*) FROM erasure_parts p WHERE p.person = e.person))
    """
)


def erasure_gauges(service: Service) -> Callable[[sa.Connection], Iterator[Metric]]:
    """The numbers of a service, which may own people or hold parts of them."""
    holders = len(service.people.holders) + 1 if service.people else 0

    def oldest(connection: sa.Connection) -> Iterator[Metric]:
        values = {"owner": service.name, "holders": holders}
        seconds = connection.scalar(_OLDEST, values)
        told = "Age of the oldest erasure that is not complete."
        yield GaugeMetricFamily("erasure_oldest_seconds", told, value=float(seconds or 0.0))

    return oldest
