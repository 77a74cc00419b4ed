"""Guests whose personal data was erased."""

import sqlalchemy as sa
from alembic import op

revision = "meetings_0003"
down_revision = "meetings_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.text("false")
    op.add_column(
        "registrations", sa.Column("erased", sa.Boolean, nullable=False, server_default=no)
    )
    op.alter_column("registrations", "erased", server_default=None)
