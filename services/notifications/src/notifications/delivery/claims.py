"""Who works on which delivery: a lease in the database, so that a dead worker's work is taken over.

A delivery may be sent again after a crash, always under the same id; at one moment one worker
has it, and one endpoint is called by one worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from contracts.events.notifications import Channel
from eventkit.database import driver, session
from eventkit.unit import Kit
from notifications.projection.deliveries import deliveries
from notifications.tables import causes, claims

_other = claims.alias("other")
_KEPT = timedelta(days=7)


class Claims:
    """The leases of one worker."""

    def __init__(self, kit: Kit, channel: Channel, lease: timedelta) -> None:
        self._kit = kit
        self._channel = channel
        self._lease = lease
        self._token = uuid4()

    def take(self, limit: int, recipient_id: UUID | None = None) -> Sequence[sa.RowMapping]:
        """Claim due deliveries, the oldest first; nobody else gets them until the lease ends."""
        due = self._due().order_by(deliveries.c.due_at).limit(limit)
        if recipient_id is not None:
            due = due.where(deliveries.c.recipient_id == recipient_id, ~self._is_called())
        with session(self._kit.engine) as connection, driver(connection).transaction():
            taken = connection.scalars(self._claim(due)).all()
            wanted = sa.select(deliveries).where(deliveries.c.delivery_id.in_(taken))
            return connection.execute(wanted.order_by(deliveries.c.due_at)).mappings().all()

    def recipients(self) -> Sequence[UUID]:
        """Who has something due that nobody works on, the longest waiting first."""
        due = self._due().where(~self._is_called()).subquery()
        query = sa.select(due.c.recipient_id).group_by(due.c.recipient_id)
        with session(self._kit.engine) as connection:
            return connection.scalars(query.order_by(sa.func.min(due.c.due_at))).all()

    def release(self, delivery_ids: Sequence[UUID], *, after: timedelta = timedelta()) -> None:
        """Give deliveries back, to be taken again after a while."""
        mine, was_held = self._mine(delivery_ids), claims.c.held_until.is_not(None)
        with session(self._kit.engine) as connection:
            if not after:
                connection.execute(claims.delete().where(mine, ~was_held))
            until = sa.func.now() + after
            connection.execute(claims.update().where(mine).values(leased_until=until))

    def hold(self, delivery_ids: Sequence[UUID], wait: timedelta) -> None:
        """Give deliveries back that must not be made yet; they are late only when that is over."""
        until = sa.func.now() + wait
        holding = claims.update().where(self._mine(delivery_ids))
        with session(self._kit.engine) as connection:
            connection.execute(holding.values(leased_until=until, held_until=until))

    def sweep(self) -> None:
        """Drop what no delivery can need any more: causes older than the longest retrying."""
        old = causes.c.kept_since < sa.func.now() - _KEPT
        over = claims.c.leased_until < sa.func.now() - _KEPT
        with session(self._kit.engine) as connection:
            connection.execute(causes.delete().where(old))
            connection.execute(claims.delete().where(over))

    def _mine(self, delivery_ids: Sequence[UUID]) -> sa.ColumnElement[bool]:
        return sa.and_(claims.c.delivery_id.in_(delivery_ids), claims.c.token == self._token)

    def _due(self) -> sa.Select[tuple[UUID, UUID, datetime | None]]:
        is_free = sa.or_(claims.c.leased_until.is_(None), claims.c.leased_until <= sa.func.now())
        return (
            sa.select(deliveries.c.delivery_id, deliveries.c.recipient_id, deliveries.c.due_at)
            .outerjoin(claims, claims.c.delivery_id == deliveries.c.delivery_id)
            .where(
                deliveries.c.channel == self._channel.value,
                deliveries.c.due_at <= sa.func.now(),
                is_free,
            )
        )

    def _is_called(self) -> sa.ColumnElement[bool]:
        """Whether another worker calls the same endpoint right now."""
        return sa.exists().where(
            _other.c.recipient_id == deliveries.c.recipient_id,
            _other.c.leased_until > sa.func.now(),
        )

    def _claim(
        self, due: sa.Select[tuple[UUID, UUID, datetime | None]]
    ) -> ReturningInsert[tuple[UUID]]:
        """Lock the rows, then write the lease; a lease written meanwhile wins over ours."""
        locked = due.with_for_update(of=deliveries, skip_locked=True).cte("due")
        chosen = sa.select(
            locked.c.delivery_id,
            locked.c.recipient_id,
            sa.literal(self._token, sa.Uuid),
            sa.func.now() + self._lease,
        )
        adding = insert(claims).from_select(
            ["delivery_id", "recipient_id", "token", "leased_until"], chosen
        )
        values = adding.excluded
        return adding.on_conflict_do_update(
            index_elements=[claims.c.delivery_id],
            set_={"token": values.token, "leased_until": values.leased_until},
            where=claims.c.leased_until <= sa.func.now(),
        ).returning(claims.c.delivery_id)
