"""Which district a municipality belongs to, as the registry says.

Where the service ran before, `rebuild known_municipalities` fills the table; to read the events
once more would repeat what notifications do because of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_municipalities",
        sa.Column("ags", sa.Text, primary_key=True),
        sa.Column("district_key", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_index("municipalities_by_district", "known_municipalities", ["district_key"])
