"""The generations of the registry's signing key: numbers and times, nothing secret."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from eventkit.auth.keyring import Generation
from eventkit.auth.tokens import LIFETIME
from eventkit.database import driver, session
from eventkit.domain import Conflict
from registry.projection.clients import clients
from registry.tables import metadata

# Longer than verifiers keep the JWKS, so that all know a key before it signs.
NOTICE = timedelta(minutes=10)
# A replica hears of a new key within a minute; its last token with the old one lives so long.
_LAST_TOKEN = timedelta(seconds=LIFETIME + 60)
# Longer than any token of ours.
_REMEMBERED = timedelta(minutes=15)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
    sa.Column("ends_at", sa.DateTime(timezone=True)),
)


def generations(connection: sa.Connection) -> list[Generation]:
    """All that have not ended, the oldest first."""
    alive = sa.or_(signing_keys.c.ends_at.is_(None), signing_keys.c.ends_at > sa.func.now())
    rows = connection.execute(
        sa.select(signing_keys).where(alive).order_by(signing_keys.c.number)
    ).all()
    return [
        Generation(number=row.number, signs_from=row.signs_from, ends_at=row.ends_at)
        for row in rows
    ]


def revoked(connection: sa.Connection) -> Collection[str]:
    """The clients that may still have a token from before they were revoked."""
    return connection.scalars(sa.select(clients.c.client_id).where(recently_revoked())).all()


def recently_revoked() -> sa.ColumnElement[bool]:
    return clients.c.revoked_at > sa.func.now() - _REMEMBERED


def rotate(engine: sa.Engine, at: datetime, notice: timedelta = NOTICE) -> Generation:
    """Make the next generation, which signs after the notice; the others end after it.

    Raises Conflict while a key waits for its time already, unless there is no notice to give.
    """
    signs_from = at + notice
    with session(engine) as connection, driver(connection).transaction():
        connection.execute(sa.text("LOCK TABLE signing_keys IN EXCLUSIVE MODE"))
        newest = connection.execute(
            sa.select(signing_keys).order_by(signing_keys.c.number.desc()).limit(1)
        ).one()
        if notice and newest.signs_from > at:
            raise Conflict(
                "key-waits", f"Key {newest.number} waits to sign from {newest.signs_from} on."
            )
        connection.execute(
            sa.update(signing_keys)
            .where(signing_keys.c.ends_at.is_(None))
            .values(ends_at=signs_from + _LAST_TOKEN)
        )
        made = Generation(number=newest.number + 1, signs_from=signs_from)
        connection.execute(
            sa.insert(signing_keys).values(number=made.number, made_at=at, signs_from=signs_from)
        )
    return made
