"""What is in flight, what operators want done about parked events, and what was passed over."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0006"
down_revision = "kit_0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Committed before a batch, and before an event that goes alone: who finds a row left behind by
    # somebody else knows of a crash (decision 0015).
    op.create_table(
        "claims",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("reason", sa.Text, nullable=False, server_default="crash"),
        sa.Column("claimed_at", MOMENT, nullable=False, server_default=sa.func.clock_timestamp()),
    )
    # The source as its events name it.
    op.add_column("consumers", sa.Column("origin", sa.Text))
    op.add_column("inbox", sa.Column("skipped_by", sa.Text))
    op.add_column("inbox", sa.Column("skipped_why", sa.Text))
    passed_over = sa.text("skipped_by IS NOT NULL")
    op.create_index("inbox_passed_over", "inbox", ["source"], postgresql_where=passed_over)
    op.add_column("parked", sa.Column("revision", sa.Integer, nullable=False, server_default="1"))
    op.create_index("parked_stream", "parked", ["source", "generation", "stream"])
    op.create_table(
        "parked_actions",
        sa.Column("action_id", sa.Uuid, primary_key=True),
        sa.Column("parked_id", sa.BigInteger, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("revision", sa.Integer),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("correlation_id", sa.Text, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("events", sa.Integer),
        sa.Column("why", sa.Text),
        sa.Column("done_at", MOMENT),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_index(
        "parked_actions_open",
        "parked_actions",
        ["source", "asked_at"],
        postgresql_where=sa.text("outcome IS NULL"),
    )
