"""Where people stand in this service's tables, by ids alone. See eventkit.erasure."""

from eventkit.erasure.holdings import Holding
from notifications.projection.audience import contacts, seats
from notifications.projection.deliveries import deliveries
from notifications.projection.participants import participants
from notifications.tables import claims

_OF_CONTACTS = (
    Holding(owner="registry", table=contacts, person="contact_id"),
    Holding(owner="registry", table=seats, person="contact_id"),
    Holding(owner="registry", table=participants, person="contact_id"),
)
_OF_PARTICIPANTS = (Holding(owner="meetings", table=participants, person="participant_id"),)
_OF_BOTH = tuple(
    holding
    for owner in ("registry", "meetings")
    for holding in (
        Holding(owner=owner, table=deliveries, person="recipient_id"),
        Holding(owner=owner, table=claims, person="recipient_id", goes=True),
    )
)
HOLDINGS = (*_OF_CONTACTS, *_OF_PARTICIPANTS, *_OF_BOTH)
