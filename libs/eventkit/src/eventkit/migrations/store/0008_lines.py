"""Relays and consumers know the generations of what they move; what was lost is kept (0014)."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0008"
down_revision = "kit_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The generation in which the relay's position counts.
    op.add_column("relays", sa.Column("generation", sa.Uuid))
    op.execute("UPDATE relays SET generation = (SELECT generation FROM store_state)")
    # Every generation of the source that is known here, and up to where its events stand.
    op.add_column("consumers", sa.Column("line", sa.JSON))
    # Events that the source's store no longer has; those that came may have had their effect.
    op.create_table(
        "lost_events",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("generation", sa.Uuid, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("had_effect", sa.Boolean, nullable=False),
        sa.Column("message", sa.LargeBinary),
        sa.Column(
            "found_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.clock_timestamp(),
        ),
    )
    # A source's events while a consumer compares itself with them; emptied afterwards.
    op.create_table(
        "source_copies",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        prefixes=["UNLOGGED"],
    )
