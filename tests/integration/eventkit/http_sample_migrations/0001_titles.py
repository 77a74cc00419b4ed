"""The sample's read model."""

from alembic import op

from tests.integration.eventkit.sample import metadata

revision = "sample_0001"
down_revision = None
branch_labels = ("sample",)
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
