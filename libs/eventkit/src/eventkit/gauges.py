"""Numbers that the database gives at each scrape, so that they hold while others are dead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psycopg
import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from eventkit.database_gauges import database_gauges
from eventkit.health import probe
from eventkit.lag import gauges
from eventkit.service import Service
from eventkit.settings import Settings


class Asked:
    """All gauges of a service, asked over one short connection a scrape."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._engine = probe(settings.database_url)
        self._keys = probe(settings.key_database_url)
        self._gauges = (database_gauges, *gauges(service, settings), *service.gauges)

    def __call__(self) -> Iterable[Metric]:
        """A database that is away or not migrated yet costs its own numbers, never the scrape."""
        told: list[Metric] = []
        up = GaugeMetricFamily(
            "database_up", "Whether a database answered this scrape.", labels=["database"]
        )
        for name, ask in {"store": self._ask, "keys": self._ask_keys}.items():
            try:
                told += ask()
            except (sa.exc.DBAPIError, psycopg.Error):
                up.add_metric([name], 0)
            else:
                up.add_metric([name], 1)
        return [*told, up]

    def _ask_keys(self) -> Iterator[Metric]:
        with self._keys.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        yield from ()

    def _ask(self) -> Iterator[Metric]:
        with self._engine.connect() as connection:
            for ask in self._gauges:
                yield from ask(connection)
