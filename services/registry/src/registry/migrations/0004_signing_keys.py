"""The generations of the signing key; the first one is the key that has always signed."""

import sqlalchemy as sa
from alembic import op

revision = "registry_0004"
down_revision = "registry_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "signing_keys",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
    )
    # Long ago, so that no clock can find itself before it.
    always = sa.text("'1970-01-01 00:00:00+00'")
    op.execute(
        sa.insert(table).values(number=1, made_at=sa.func.now(), signs_from=always, ends_at=None)
    )
