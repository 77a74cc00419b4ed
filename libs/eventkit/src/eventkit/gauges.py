"""Numbers that the database gives at each scrape, so that they hold while others are dead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psycopg
import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from eventkit.health import probe
from eventkit.service import Gauges, Service
from eventkit.settings import Settings

# What every service tells of itself; relay and consumer lag among it.
KIT: tuple[Gauges, ...] = ()


class Asked:
    """All gauges of a service, asked over one short connection a scrape."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._engine = probe(settings.database_url)
        self._gauges = (*KIT, *service.gauges)

    def __call__(self) -> Iterable[Metric]:
        """A database that is away costs its own numbers, never the scrape."""
        try:
            return [*self._ask(), _up(1)]
        except (sa.exc.OperationalError, psycopg.OperationalError):
            return [_up(0)]

    def _ask(self) -> Iterator[Metric]:
        with self._engine.connect() as connection:
            for gauges in self._gauges:
                yield from gauges(connection)


def _up(answered: int) -> Metric:
    up = GaugeMetricFamily("database_up", "Whether the database answered this scrape.")
    up.add_metric([], answered)
    return up
