"""Clients have scopes, and up to two secrets with ids; when a secret was used is noted."""

import sqlalchemy as sa
from alembic import op

revision = "registry_0002"
down_revision = "registry_0001"
branch_labels = None
depends_on = None

# A client of before has the one secret `first`, and the scopes that are usual for its role.
_SECRETS = """
    UPDATE clients SET
        secrets = json_build_object('first', json_build_object(
            'digest', secret_digest, 'made_at', registered_at, 'ends_at', NULL)),
        scopes = CASE WHEN role IN ('organiser', 'operator')
            THEN '["admin", "read", "write"]'::json ELSE '["read", "write"]'::json END
"""


def upgrade() -> None:
    op.add_column("clients", sa.Column("scopes", sa.JSON))
    op.add_column("clients", sa.Column("secrets", sa.JSON))
    op.execute(_SECRETS)
    op.alter_column("clients", "scopes", nullable=False)
    op.alter_column("clients", "secrets", nullable=False)
    op.drop_column("clients", "secret_digest")
    op.create_table(
        "client_secret_uses",
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("secret_id", sa.Text, primary_key=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    )
