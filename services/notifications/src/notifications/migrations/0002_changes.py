"""What the mails about a change say: the agenda, what held before, and why it holds no more."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("agenda", "earlier"):
        empty = sa.text("'[]'")
        op.add_column("meetings", sa.Column(name, sa.JSON, nullable=False, server_default=empty))
        op.alter_column("meetings", name, server_default=None)
