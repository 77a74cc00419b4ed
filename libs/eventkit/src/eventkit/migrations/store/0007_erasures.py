"""Who was erased, and what each service that held a part of them said (decision 0016)."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0007"
down_revision = "kit_0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def part() -> list[sa.Column]:
    return [
        sa.Column("cleared", sa.Integer, nullable=False),
        sa.Column("remaining", sa.Integer, nullable=False),
        sa.Column("remains", sa.Text, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("person", sa.Uuid, primary_key=True),
        sa.Column("event_id", sa.Uuid),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text),
        *part(),
        sa.Column("settled_at", MOMENT),
    )
    unsettled = sa.text("settled_at IS NULL")
    op.create_index("erasures_unsettled", "erasures", ["owner"], postgresql_where=unsettled)
    op.create_table(
        "erasure_parts",
        sa.Column("person", sa.Uuid, primary_key=True),
        sa.Column("service", sa.Text, primary_key=True),
        *part(),
        sa.Column("acknowledged_at", MOMENT, nullable=False),
    )
