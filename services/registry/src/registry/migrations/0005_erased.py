"""Contacts whose personal data was erased."""

import sqlalchemy as sa
from alembic import op

revision = "registry_0005"
down_revision = "registry_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.text("false")
    op.add_column("contacts", sa.Column("erased", sa.Boolean, nullable=False, server_default=no))
    op.alter_column("contacts", "erased", server_default=None)
