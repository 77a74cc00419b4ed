"""Stream heads, how far they follow the events, and what was exported of them (decision 0017)."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0004"
down_revision = "kit_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Filled by the role `worker`, which follows the events up to the mark.
    op.create_table(
        "stream_heads",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.Column("broken_at", sa.BigInteger),
    )
    broken = sa.text("broken_at IS NOT NULL")
    op.create_index("stream_heads_broken", "stream_heads", ["broken_at"], postgresql_where=broken)
    op.create_table(
        "heads_progress",
        sa.Column("one", sa.Boolean, primary_key=True, server_default=sa.true()),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("streams", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("one", name="heads_progress_is_one_row"),
    )
    op.execute(
        "INSERT INTO heads_progress (position, events, streams, digest) VALUES (0, 0, 0, '')"
    )
    # What the worker has signed, and then writes to files outside the database.
    op.create_table(
        "exported_heads",
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("generation", sa.Uuid, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=False),
    )
