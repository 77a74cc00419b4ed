"""How many mails one recipient gets in a day; what is above that waits and is lost to nobody."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import prometheus_client
import sqlalchemy as sa

from contracts.events.notifications import Channel, Notice
from eventkit.database import session
from eventkit.unit import Kit
from notifications.projection.deliveries import DeliveryState, deliveries
from notifications.settings import settings_of

DAY = timedelta(hours=24)
# Mails of the same batch take places that they may give back by failing, so the rest asks soon.
SOON = timedelta(seconds=30)
HELD = prometheus_client.Counter(
    "deliveries_held", "Mails put off because their recipient got enough for a day.", ["channel"]
)


def waits(kit: Kit, rows: Sequence[sa.RowMapping]) -> Mapping[UUID, timedelta]:
    """The deliveries that must wait, and how long: until the oldest mails leave the last 24 hours.

    A cancellation never waits, for people must know that a meeting is off; there is one a meeting.
    Two workers at the same moment may together send a batch more than the cap.
    """
    cap = settings_of(kit).mails_per_recipient_per_day
    if not cap:
        return {}
    sent, begun = _sent(kit, {row["recipient_id"] for row in rows}), Counter[UUID]()
    waiting = {}
    for row in rows:
        times = sent[row["recipient_id"]]
        is_free = len(times) + begun[row["recipient_id"]] < cap
        if is_free or row["notice"] == Notice.CANCELLATION.value:
            begun[row["recipient_id"]] += 1
        else:
            waiting[row["delivery_id"]] = (
                times[-cap] + DAY - kit.now() if len(times) >= cap else SOON
            )
    HELD.labels(Channel.MAIL.value).inc(len(waiting))
    return waiting


def _sent(kit: Kit, recipients: set[UUID]) -> Mapping[UUID, list[datetime]]:
    """When each got the mails of the last 24 hours, the oldest first."""
    query = (
        sa.select(deliveries.c.recipient_id, deliveries.c.finished_at)
        .where(
            deliveries.c.recipient_id.in_(recipients),
            deliveries.c.channel == Channel.MAIL.value,
            deliveries.c.state == DeliveryState.DELIVERED.value,
            deliveries.c.finished_at > kit.now() - DAY,
        )
        .order_by(deliveries.c.finished_at)
    )
    times: dict[UUID, list[datetime]] = defaultdict(list)
    with session(kit.engine) as connection:
        for recipient_id, finished_at in connection.execute(query):
            times[recipient_id].append(finished_at)
    return times
