"""Between services: how far was published and followed, the inbox, and what is parked."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0002"
down_revision = "kit_0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def lease() -> list[sa.Column]:
    return [
        sa.Column("holder", sa.Uuid),
        sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("held_until", MOMENT),
    ]


def upgrade() -> None:
    now = sa.func.clock_timestamp()
    op.create_table(
        "relays",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("log", sa.Text),
        *lease(),
    )
    op.create_table(
        "consumers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("generation", sa.Uuid),
        sa.Column("position", sa.BigInteger),
        sa.Column("head", sa.BigInteger),
        sa.Column("current_at", MOMENT, nullable=False, server_default=now),
        *lease(),
    )
    op.create_table(
        "consumer_offsets",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("log", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("generation", sa.Uuid, primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("skipped", sa.Text),
    )
    op.create_table(
        "parked",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("generation", sa.Uuid),
        sa.Column("stream", sa.Text),
        sa.Column("version", sa.Integer),
        sa.Column("event_id", sa.Uuid),
        sa.Column("type", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("parked_at", MOMENT, nullable=False, server_default=now),
        sa.Column("retry_at", MOMENT),
        sa.UniqueConstraint(
            "source", "generation", "stream", "version", "event_id", name="parked_event"
        ),
    )
