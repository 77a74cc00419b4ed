"""Tables beside the read models: who works on a delivery, and what webhooks tell."""

from __future__ import annotations

import sqlalchemy as sa

from notifications.projection.schema import METADATA

# A worker's lease on a delivery. Times are the database's, so that workers' clocks don't matter.
claims = sa.Table(
    "delivery_claims",
    METADATA,
    sa.Column("delivery_id", sa.Uuid, primary_key=True),
    sa.Column("recipient_id", sa.Uuid, nullable=False, index=True),
    sa.Column("token", sa.Uuid, nullable=False),
    sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
    # Nobody was to make it before; stays when that is over, for it is late from then on.
    sa.Column("held_until", sa.DateTime(timezone=True)),
)

# Published forms of events that some endpoint is told of; kept as long as anybody tries.
causes = sa.Table(
    "causes",
    METADATA,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),
    sa.Column("kept_since", sa.DateTime(timezone=True), nullable=False, index=True),
)
