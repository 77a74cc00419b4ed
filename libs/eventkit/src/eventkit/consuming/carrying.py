"""Take out of a consumer's database what its source lost, and carry the rest over.

The source's events decide by their ids, so it does not matter where the restored store forked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from contracts.catalog import UnknownEvent
from contracts.codec import read
from contracts.envelope import Message, from_structured, to_structured
from eventkit.consuming.effects import recorded_message
from eventkit.consuming.inbox import UNFIT
from eventkit.consuming.incoming import Arrival
from eventkit.consuming.lost import tell_lost
from eventkit.database import driver, session
from eventkit.generations import Line
from eventkit.lease import Fenced
from eventkit.projection import Projector
from eventkit.recorded import Recorded
from eventkit.store import Connection
from eventkit.unit import Kit

if TYPE_CHECKING:
    from eventkit.service import Subscription

BATCH = 1_000
# Not bound by what bounds a request; the lease's row stays locked, so nobody overtakes meanwhile.
_PATIENCE = "SELECT set_config('statement_timeout', '0', true), set_config(%s, '0', true)"
_HOLD = "SELECT 1 FROM consumers WHERE name = %(source)s AND epoch = %(epoch)s FOR UPDATE"
# Whoever was overtaken without knowing it yet must leave the copies of the next one alone: the
# event that has no copy counts as lost.
_EMPTY = (
    "DELETE FROM source_copies WHERE source = %(source)s"
    " AND (SELECT epoch FROM consumers WHERE name = %(source)s FOR SHARE) = %(epoch)s"
)
_COPY = (
    "INSERT INTO source_copies (source, position, event_id, message) SELECT %(source)s, *"
    " FROM unnest(%(positions)s::bigint[], %(ids)s::uuid[], %(messages)s::bytea[])"
    " WHERE (SELECT epoch FROM consumers WHERE name = %(source)s FOR SHARE) = %(epoch)s"
    " ON CONFLICT (source, position) DO NOTHING"
)
_GONE = (
    "source = %(source)s AND generation = ANY(%(known)s) AND NOT EXISTS (SELECT FROM source_copies"
    " c WHERE c.source = %(source)s AND c.event_id = {table}.event_id)"
)
_LOSE = (
    "WITH gone AS (DELETE FROM {table} WHERE {gone} RETURNING *)"
    " INSERT INTO lost_events (source, event_id, generation, stream, version, had_effect, message)"
    " SELECT source, event_id, generation, stream, version, {had_effect}, {message} FROM gone"
    " ON CONFLICT (source, event_id) DO NOTHING RETURNING event_id"
)
_LOSE_HANDLED = _LOSE.format(
    table="inbox",
    gone=_GONE.format(table="inbox"),
    had_effect="skipped IS NULL",
    message="NULL::bytea",
)
_LOSE_PARKED = _LOSE.format(
    table="parked", gone=_GONE.format(table="parked"), had_effect="false", message="message"
)
_KEEP = (
    "UPDATE inbox SET generation = %(present)s"
    " WHERE source = %(source)s AND generation = ANY(%(known)s)"
)
# What waited because of a lost event may go on; the consumer's next steps find out.
_KEEP_PARKED = (
    "UPDATE parked SET generation = %(present)s, retry_at = CASE"
    " WHEN reason IN ('fork', 'gap', 'generation') THEN clock_timestamp() ELSE retry_at END"
    " WHERE source = %(source)s AND generation = ANY(%(known)s)"
)
_HANDLED = (
    "SELECT c.message FROM source_copies c JOIN inbox i ON i.source = c.source"
    " AND i.event_id = c.event_id AND i.skipped IS NULL WHERE c.source = %s ORDER BY c.position"
)
# The owner may have forgotten what was acknowledged to it (decision 0016).
_ACKNOWLEDGE_AGAIN = "UPDATE erasures SET settled_at = NULL WHERE owner = %(source)s"
# Nobody will ever take these back.
_UNCLAIM = (
    "DELETE FROM claims WHERE source = %(source)s AND NOT EXISTS (SELECT FROM source_copies c"
    " WHERE c.source = %(source)s AND c.event_id = claims.event_id)"
)
_READ_AGAIN = "DELETE FROM consumer_offsets WHERE source = %(source)s"
_SAVE = (
    "UPDATE consumers SET generation = %(present)s, line = %(line)s, position = NULL, head = NULL"
    " WHERE name = %(source)s AND epoch = %(epoch)s"
)


class Carrying:
    """For one subscription; `renew` keeps the consumer's lease, or raises Fenced."""

    def __init__(self, kit: Kit, subscription: Subscription, renew: Callable[[int], None]) -> None:
        self._kit = kit
        self._source = subscription.source
        self._projectors = [Projector(model) for model in subscription.read_models]
        self._renew = renew

    def carry_over(self, line: Line, events: Iterable[Sequence[Arrival]], epoch: int) -> None:
        """Go over to the line's present generation, in one transaction; `events` are all it has.

        The read models then show what was handled of these, and nothing is handled again.
        """
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            raw.execute(_EMPTY, {"source": self._source, "epoch": epoch})
            for page in events:
                self._renew(epoch)
                self._copy(raw, [one for one in page if isinstance(one, Message)], epoch)
            with raw.transaction():
                lost = self._carry_over(raw, line, epoch)
            raw.execute(_EMPTY, {"source": self._source, "epoch": epoch})
        tell_lost(self._source, lost)

    def _copy(self, raw: Connection, page: Sequence[Message], epoch: int) -> None:
        values = {
            "source": self._source,
            "epoch": epoch,
            "positions": [one.position for one in page],
            "ids": [one.id for one in page],
            "messages": [to_structured(one) for one in page],
        }
        raw.execute(_COPY, values)

    def _carry_over(self, raw: Connection, line: Line, epoch: int) -> list[UUID]:
        values: dict[str, Any] = {
            "source": self._source,
            "epoch": epoch,
            "present": line.present,
            "known": list(line.ends),
            "line": line.as_json(),
        }
        is_bounded = raw.info.server_version >= 170_000
        raw.execute(_PATIENCE, ("transaction_timeout" if is_bounded else "statement_timeout",))
        if raw.execute(_HOLD, values).fetchone() is None:
            raise Fenced
        lost = [
            one
            for statement in (_LOSE_HANDLED, _LOSE_PARKED)
            for (one,) in raw.execute(statement, values).fetchall()
        ]
        for statement in (_KEEP, _KEEP_PARKED, _UNCLAIM, _ACKNOWLEDGE_AGAIN, _READ_AGAIN):
            raw.execute(statement, values)
        self._fill(raw)
        raw.execute(_SAVE, values)
        return lost

    def _fill(self, raw: Connection) -> None:
        for projector in self._projectors:
            raw.execute(projector.statements.empty)
        if not self._projectors:
            return
        with raw.cursor(name="carried") as cursor:
            cursor.itersize = BATCH
            cursor.execute(_HANDLED, (self._source,))
            while batch := list(islice(cursor, BATCH)):
                facts = list(self._facts(message for (message,) in batch))
                for projector in self._projectors:
                    projector.apply(raw, facts)

    def _facts(self, messages: Iterable[bytes]) -> Iterator[Recorded[Any]]:
        for raw in messages:
            message = from_structured(raw)
            try:
                event = read(message.type, message.data)
            except (UnknownEvent, *UNFIT):
                continue
            yield recorded_message(message, event, self._source)
