"""The read models of notifications, the workers' leases, and what webhooks tell."""

import sqlalchemy as sa
from alembic import op

revision = "notifications_0001"
down_revision = None
branch_labels = ("notifications",)
depends_on = ("kit_0001",)


def upgrade() -> None:
    _audience()
    _meetings()
    _deliveries()
    _endpoints()
    _workers()


def _audience() -> None:
    op.create_table(
        "participations",
        sa.Column("participation_id", sa.Uuid, primary_key=True),
        sa.Column("cohort_id", sa.Uuid, nullable=False, index=True),
        sa.Column("party_kind", sa.Text, nullable=False),
        sa.Column("party_key", sa.Text, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
        sa.Index("ix_participations_party", "party_kind", "party_key"),
    )
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.Uuid, primary_key=True),
        sa.Column("party_kind", sa.Text, nullable=False),
        sa.Column("party_key", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("has_left", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
        sa.Index("ix_contacts_party", "party_kind", "party_key"),
    )
    op.create_table(
        "seats",
        sa.Column("seat_id", sa.Uuid, primary_key=True),
        sa.Column("programme_id", sa.Uuid, nullable=False, index=True),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )


def _meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("meeting_id", sa.Uuid, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("mode", sa.Text),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("time_zone", sa.Text),
        sa.Column("venue", sa.Text),
        sa.Column("online_platform", sa.Text),
        sa.Column("join_url", sa.Text),
        sa.Column("access_hint", sa.Text),
        sa.Column("audience", sa.JSON, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
        sa.Index("ix_meetings_state", "state", "starts_at"),
    )
    op.create_table(
        "participants",
        sa.Column("meeting_id", sa.Uuid, primary_key=True),
        sa.Column("participant_id", sa.Uuid, primary_key=True),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.Uuid, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("notice", sa.Text, nullable=False),
        sa.Column("recipient_kind", sa.Text, nullable=False),
        sa.Column("recipient_id", sa.Uuid, nullable=False),
        sa.Column("cause_id", sa.Uuid, nullable=False),
        sa.Column("cause_type", sa.Text),
        sa.Column("meeting_id", sa.Uuid),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("stream_version", sa.Integer, nullable=False),
        sa.Index("ix_deliveries_meeting", "meeting_id", "requested_at", "delivery_id"),
        sa.Index("ix_deliveries_recipient", "recipient_id", "requested_at", "delivery_id"),
        sa.Index("ix_deliveries_requested", "requested_at", "delivery_id"),
        sa.Index(
            "ix_deliveries_due",
            "channel",
            "due_at",
            postgresql_where=sa.text("due_at IS NOT NULL"),
        ),
    )


def _endpoints() -> None:
    op.create_table(
        "endpoints",
        sa.Column("endpoint_id", sa.Uuid, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False, index=True),
        sa.Column("owner_role", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("event_types", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("secret", sa.Text),
        sa.Column("previous_secret", sa.Text),
        sa.Column("previous_until", sa.DateTime(timezone=True)),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )


def _workers() -> None:
    op.create_table(
        "delivery_claims",
        sa.Column("delivery_id", sa.Uuid, primary_key=True),
        sa.Column("recipient_id", sa.Uuid, nullable=False, index=True),
        sa.Column("token", sa.Uuid, nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "causes",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("kept_since", sa.DateTime(timezone=True), nullable=False, index=True),
    )
