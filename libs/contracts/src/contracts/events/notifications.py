"""Facts about who was told what, and whether it arrived; ids only, never an address."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow.validate import Range

from contracts.catalog import Personal, Text, event


class Channel(StrEnum):
    """How somebody is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class Notice(StrEnum):
    """What somebody is told."""

    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"
    CONFIRMATION = "confirmation"
    WITHDRAWAL = "withdrawal"
    EVENT = "event"


class RecipientKind(StrEnum):
    """Who knows the address: the registry, the meetings service, or this service."""

    CONTACT = "contact"
    PARTICIPANT = "participant"
    ENDPOINT = "endpoint"


@event("delivery.requested", version=1)
class DeliveryRequested:
    """Somebody is to be told something; the id is derived from who and what: it comes once."""

    delivery_id: UUID
    channel: Channel
    notice: Notice
    recipient_kind: RecipientKind
    recipient_id: UUID
    cause_id: UUID
    cause_type: Text | None = None
    meeting_id: UUID | None = None
    sequence: Annotated[int, Range(min=0)] = 0


@event("delivery.attempted", version=1)
class DeliveryAttempted:
    """An attempt failed; the next one is due later."""

    delivery_id: UUID
    attempt: Annotated[int, Range(min=1)]
    code: Text
    next_attempt_at: datetime


@event("delivery.succeeded", version=1)
class DeliverySucceeded:
    """The other side took the message."""

    delivery_id: UUID
    attempt: Annotated[int, Range(min=1)]


@event("delivery.abandoned", version=1)
class DeliveryAbandoned:
    """No further attempt will be made."""

    delivery_id: UUID
    attempt: Annotated[int, Range(min=0)]
    code: Text


@event("endpoint.registered", version=1, published=False)
class EndpointRegistered:
    """A webhook endpoint was registered; its secret is encrypted like personal data.

    The owner is a tenant (an AGS, a district key), or the role where that has no tenants.
    """

    endpoint_id: UUID
    owner: Text
    owner_role: Text
    url: Text
    event_types: tuple[Text, ...]
    secret: Annotated[Text | None, Personal("endpoint_id")] = None


@event("endpoint.secret_rotated", version=1, published=False)
class EndpointSecretRotated:
    """A new secret signs; until `previous_until` the one before signs as well."""

    endpoint_id: UUID
    previous_until: datetime
    secret: Annotated[Text | None, Personal("endpoint_id")] = None


@event("endpoint.disabled", version=1, published=False)
class EndpointDisabled:
    """The endpoint gets nothing any more, such as after it answered 410."""

    endpoint_id: UUID
    reason: Text


@event("endpoint.removed", version=1, published=False)
class EndpointRemoved:
    """The owner removed the endpoint."""

    endpoint_id: UUID


DeliveryEvent = DeliveryRequested | DeliveryAttempted | DeliverySucceeded | DeliveryAbandoned
EndpointEvent = EndpointRegistered | EndpointSecretRotated | EndpointDisabled | EndpointRemoved
