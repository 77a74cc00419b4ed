"""Until when a delivery is held back on purpose, so that it is not taken for a late one."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0004"
down_revision = "notifications_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery_claims", sa.Column("held_until", sa.DateTime(timezone=True)))
