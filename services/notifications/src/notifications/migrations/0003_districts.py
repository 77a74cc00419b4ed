"""Which district a municipality belongs to, as the registry says."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
# The inbox is the kit's.
depends_on = "kit_0002"


def upgrade() -> None:
    op.create_table(
        "known_municipalities",
        sa.Column("ags", sa.Text, primary_key=True),
        sa.Column("district_key", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_index("municipalities_by_district", "known_municipalities", ["district_key"])
    # What the registry told of them so far is read once more; all else is dropped as known.
    registry = sa.text("source = 'registry'")
    op.execute(
        sa.text("DELETE FROM inbox WHERE source = 'registry' AND stream LIKE 'municipality-%'")
    )
    op.execute(sa.delete(sa.table("consumer_offsets")).where(registry))
