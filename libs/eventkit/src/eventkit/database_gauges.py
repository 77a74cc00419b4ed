"""What the database server says of this service's connections and of the size of its data."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

# The server's names have more words and one of them spaces.
_STATES = {"active": "active", "idle": "idle", "idle in transaction": "in_transaction"}
# Of other roles' sessions everybody sees the database and the role, and no more: no backend_type.
_SERVER = sa.text(
    """
    SELECT current_setting('max_connections')::int
           - current_setting('superuser_reserved_connections')::int AS most,
           (SELECT count(*) FROM pg_stat_activity
            WHERE datid IS NOT NULL AND usesysid IS NOT NULL) AS taken,
           pg_database_size(current_database()) AS size
    """
)
_OWN = sa.text(
    """
    SELECT coalesce(state, '') AS state, count(*) AS connections FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user GROUP BY state
    """
)


def database_gauges(connection: sa.Connection) -> Iterator[Metric]:
    """Connections by what they do, how many the whole server has and could have, bytes on disk."""
    server = connection.execute(_SERVER).one()
    counts = dict.fromkeys([*_STATES.values(), "other"], 0)
    for row in connection.execute(_OWN):
        counts[_STATES.get(row.state, "other")] += row.connections
    told = "Connections of this service to its store, by what they do."
    own = GaugeMetricFamily("database_connections", told, labels=["state"])
    for state, number in counts.items():
        own.add_metric([state], number)
    yield own
    told = "Connections of everybody that the server has."
    yield GaugeMetricFamily("database_server_connections", told, value=server.taken)
    told = "Connections that the server takes at most."
    yield GaugeMetricFamily("database_server_connections_limit", told, value=server.most)
    told = "What the store's tables and indexes take on the server's disk."
    yield GaugeMetricFamily("database_size_bytes", told, value=float(server.size))
