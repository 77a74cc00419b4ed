"""The registry's read models, and the directories that wait between preview and apply."""

import sqlalchemy as sa
from alembic import op

revision = "registry_0001"
down_revision = None
branch_labels = ("registry",)
depends_on = ("kit_0001",)


def upgrade() -> None:
    _directory()
    _programmes()
    _people()
    _clients()


def _directory() -> None:
    op.create_table(
        "municipalities",
        sa.Column("ags", sa.Text, primary_key=True),
        sa.Column("ars", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("district_key", sa.Text, nullable=False, index=True),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("valid_on", sa.Date, nullable=False),
        sa.Column("population", sa.Integer),
        sa.Column("area_hectares", sa.Integer),
        sa.Column("postcode", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "districts",
        sa.Column("district_key", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("valid_on", sa.Date, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "directory_uploads",
        sa.Column("upload_id", sa.Uuid, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("uploaded_by", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )


def _programmes() -> None:
    op.create_table(
        "programmes",
        sa.Column("programme_id", sa.Uuid, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("goal", sa.Text),
        sa.Column("lead", sa.Text),
        sa.Column("funder", sa.Text),
        sa.Column("funding_source", sa.Text),
        sa.Column("decided", sa.Text),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "cohorts",
        sa.Column("cohort_id", sa.Uuid, primary_key=True),
        sa.Column("programme_id", sa.Uuid, nullable=False, index=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("starts_year", sa.Integer, nullable=False),
        sa.Column("ends_year", sa.Integer, nullable=False),
        sa.Column("participants_target", sa.Integer),
        sa.Column("participants_count", sa.Integer, nullable=False),
        sa.Column("funding_cap_cents", sa.BigInteger),
        sa.Column("predecessor_id", sa.Uuid),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "participations",
        sa.Column("participation_id", sa.Uuid, primary_key=True),
        sa.Column("cohort_id", sa.Uuid, nullable=False, index=True),
        sa.Column("party_kind", sa.Text, nullable=False),
        sa.Column("party_key", sa.Text, nullable=False, index=True),
        sa.Column("challenge", sa.Text),
        sa.Column("over_target_reason", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True)),
        sa.Column("left_reason", sa.Text),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "organisations",
        sa.Column("organisation_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ags", sa.Text, index=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "seats",
        sa.Column("seat_id", sa.Uuid, primary_key=True),
        sa.Column("programme_id", sa.Uuid, nullable=False, index=True),
        sa.Column("organisation_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.Uuid, primary_key=True),
        sa.Column("party_kind", sa.Text, nullable=False),
        sa.Column("party_key", sa.Text, nullable=False, index=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True)),
        sa.Column("successor_id", sa.Uuid),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text),
        sa.Column("secret_digest", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
