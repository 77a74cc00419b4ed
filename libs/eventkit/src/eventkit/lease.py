"""A lease with an epoch: who may work on a row now, and a number that fences everybody before.

The lease saves work; safety comes from the epoch, which every write to the row compares.
"""

from __future__ import annotations

from time import monotonic
from typing import Literal
from uuid import uuid4

import structlog
from psycopg import sql

from eventkit import metrics
from eventkit.store import Connection

_log = structlog.get_logger(component="lease")

SECONDS = 10.0

_HOLD = """
INSERT INTO {table} (name, holder, epoch, held_until)
VALUES (%(name)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(seconds)s))
ON CONFLICT (name) DO UPDATE SET
    epoch = {table}.epoch + ({table}.holder IS DISTINCT FROM excluded.holder)::int,
    holder = excluded.holder, held_until = excluded.held_until
WHERE {table}.holder IS NOT DISTINCT FROM excluded.holder
   OR {table}.held_until IS NULL OR {table}.held_until < clock_timestamp()
RETURNING epoch
"""
_RELEASE = "UPDATE {table} SET held_until = NULL WHERE name = %s AND holder = %s"


class Fenced(Exception):
    """Somebody else works on this now; nothing of the transaction was kept."""


class Lease:
    """One worker's claim to a row of `relays` or `consumers`; all times are the database's."""

    def __init__(
        self, table: Literal["relays", "consumers"], name: str, *, seconds: float = SECONDS
    ) -> None:
        self.name = name
        self._table = table
        self._holder = uuid4()
        self._seconds = seconds
        self._renewed = 0.0
        self._epoch: int | None = None
        # Zero while another holds it, so that each change is told once.
        self._told: int | None = None
        self._hold = sql.SQL(_HOLD).format(table=sql.Identifier(table))
        self._release = sql.SQL(_RELEASE).format(table=sql.Identifier(table))

    def hold(self, connection: Connection) -> int | None:
        """Take or renew the lease; its epoch, or None while another holds it.

        Asks the database only when a third of the time has passed since it last said yes.
        """
        if not self.is_due():
            return self._epoch
        asked = monotonic()
        values = {"name": self.name, "holder": self._holder, "seconds": self._seconds}
        row = connection.execute(self._hold, values).fetchone()
        self._epoch = row[0] if row else None
        self._renewed = asked
        self._tell(self._epoch or 0)
        return self._epoch

    def is_due(self) -> bool:
        """Whether so much of the time has passed that `hold` would ask the database."""
        return self._epoch is None or monotonic() - self._renewed >= self._seconds / 3

    def lost(self) -> None:
        """Forget the lease after being fenced; the next `hold` asks the database."""
        self._epoch = None

    def release(self, connection: Connection) -> None:
        """Let another one take over at once."""
        self._epoch = None
        connection.execute(self._release, (self.name, self._holder))

    def _tell(self, epoch: int) -> None:
        """Epochs in the logs of all processes say who worked when."""
        metrics.asked_for_lease(self._table, self.name, granted=epoch > 0)
        if epoch != self._told:
            event = "lease_taken" if epoch else "lease_denied"
            _log.info(event, lease=f"{self._table} {self.name}", epoch=epoch or None)
        self._told = epoch
