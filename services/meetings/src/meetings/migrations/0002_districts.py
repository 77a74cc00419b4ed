"""Which district a municipality belongs to, as the registry says."""

import sqlalchemy as sa
from alembic import op

revision = "meetings_0002"
down_revision = "meetings_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_municipalities", sa.Column("district_key", sa.Text))
    # Up to this day the registry took no municipality whose keys did not agree.
    op.execute("UPDATE known_municipalities SET district_key = left(ags, 5)")
    op.alter_column("known_municipalities", "district_key", nullable=False)
    op.create_index("municipalities_by_district", "known_municipalities", ["district_key"])
