"""What sources lost is seen by operators at some time; the list stays (0014)."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0009"
down_revision = "kit_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lost_events", sa.Column("acknowledged_at", sa.DateTime(timezone=True)))
