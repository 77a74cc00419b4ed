"""The meetings' read models, and what they know of the registry."""

import sqlalchemy as sa
from alembic import op

revision = "meetings_0001"
down_revision = None
branch_labels = ("meetings",)
depends_on = ("kit_0001",)


def upgrade() -> None:
    _calendar()
    _people()
    _results()
    _network()


def _calendar() -> None:
    op.create_table(
        "calendar",
        sa.Column("meeting_id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("mode", sa.Text),
        sa.Column("mode_reason", sa.Text),
        sa.Column("recorded_afterwards", sa.Boolean, nullable=False),
        sa.Column("recording_reason", sa.Text),
        sa.Column("programme_id", sa.Uuid),
        sa.Column("cohort_id", sa.Uuid, index=True),
        sa.Column("host_ags", sa.Text),
        sa.Column("vague_date", sa.Text),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("sorted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reschedule_reason", sa.Text),
        sa.Column("venue", sa.Text),
        sa.Column("online_platform", sa.Text),
        sa.Column("join_url", sa.Text),
        sa.Column("access_hint", sa.Text),
        sa.Column("agenda", sa.JSON, nullable=False),
        sa.Column("agenda_revision", sa.Integer, nullable=False),
        sa.Column("audience", sa.JSON, nullable=False),
        sa.Column("capacity", sa.Integer),
        sa.Column("registered", sa.Integer, nullable=False),
        sa.Column("waitlisted", sa.Integer, nullable=False),
        sa.Column("checked_in", sa.Integer, nullable=False),
        sa.Column("announced", sa.JSON),
        sa.Column("counted", sa.JSON),
        sa.Column("stories", sa.Integer, nullable=False),
        sa.Column("tendencies", sa.Integer, nullable=False),
        sa.Column("next_meeting", sa.JSON),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("documented_at", sa.DateTime(timezone=True)),
        sa.Column("author_role", sa.Text),
        sa.Column("cancellation_reason", sa.Text),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_index("calendar_in_order", "calendar", ["sorted_at", "meeting_id"])


def _people() -> None:
    op.create_table(
        "registrations",
        sa.Column("meeting_id", sa.Uuid, primary_key=True),
        sa.Column("participant_id", sa.Uuid, primary_key=True, index=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("party_kind", sa.Text),
        sa.Column("party_key", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )


def _results() -> None:
    op.create_table(
        "stories",
        sa.Column("story_id", sa.Uuid, primary_key=True),
        sa.Column("meeting_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("section", sa.Text, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("emphasis", sa.JSON, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_index("stories_in_order", "stories", ["meeting_id", "number"])
    op.create_table(
        "tendencies",
        sa.Column("tendency_id", sa.Uuid, primary_key=True),
        sa.Column("meeting_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("from_cohort_id", sa.Uuid, nullable=False),
        sa.Column("to_cohort_id", sa.Uuid, nullable=False),
        sa.Column("earlier", sa.Text, nullable=False),
        sa.Column("later", sa.Text, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_index("tendencies_in_order", "tendencies", ["meeting_id", "number"])


def _network() -> None:
    op.create_table(
        "known_municipalities",
        sa.Column("ags", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "known_programmes",
        sa.Column("programme_id", sa.Uuid, primary_key=True),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "known_cohorts",
        sa.Column("cohort_id", sa.Uuid, primary_key=True),
        sa.Column("programme_id", sa.Uuid, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "known_contacts",
        sa.Column("contact_id", sa.Uuid, primary_key=True),
        sa.Column("party_kind", sa.Text, nullable=False),
        sa.Column("party_key", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("stream_version", sa.Integer, nullable=False),
    )
