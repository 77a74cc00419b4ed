"""Numbers that the database gives at each scrape, so that they hold while others are dead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psycopg
import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from eventkit.health import probe
from eventkit.lag import gauges
from eventkit.service import Service
from eventkit.settings import Settings


class Asked:
    """All gauges of a service, asked over one short connection a scrape."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._engine = probe(settings.database_url)
        self._gauges = (*gauges(service, settings), *service.gauges)

    def __call__(self) -> Iterable[Metric]:
        """A database that is away or not migrated yet costs its own numbers, never the scrape."""
        try:
            return [*self._ask(), _up(1)]
        except (sa.exc.DBAPIError, psycopg.Error):
            return [_up(0)]

    def _ask(self) -> Iterator[Metric]:
        with self._engine.connect() as connection:
            for ask in self._gauges:
                yield from ask(connection)


def _up(answered: int) -> Metric:
    up = GaugeMetricFamily("database_up", "Whether the database answered this scrape.")
    up.add_metric([], answered)
    return up
