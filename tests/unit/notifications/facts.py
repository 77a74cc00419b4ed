"""Facts that the tests of notifications speak of: one meeting, and people by id."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.events.notifications import (
    Channel,
    DeliveryAttempted,
    DeliveryRequested,
    EndpointRegistered,
    Notice,
    RecipientKind,
)
from notifications.domain.delivery import RequestDelivery
from notifications.domain.notices import Meeting, MeetingState, Recipient
from notifications.mail.letter import Addressee, Letter, Sender

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
SOON = timedelta(days=27)

MEETING_ID = UUID("11111111-1111-4111-8111-111111111111")
DELIVERY_ID = UUID("22222222-2222-4222-8222-222222222222")
ENDPOINT_ID = UUID("33333333-3333-4333-8333-333333333333")
CAUSE_ID = UUID("44444444-4444-4444-8444-444444444444")
CONTACT_ID = UUID("55555555-5555-4555-8555-555555555555")
PARTICIPANT_ID = UUID("66666666-6666-4666-8666-666666666666")
COHORT_ID = UUID("77777777-7777-4777-8777-777777777777")
PROGRAMME_ID = UUID("88888888-8888-4888-8888-888888888888")

CONTACT = Recipient(kind=RecipientKind.CONTACT, id=CONTACT_ID)
PARTICIPANT = Recipient(kind=RecipientKind.PARTICIPANT, id=PARTICIPANT_ID)

MEETING = Meeting(
    meeting_id=MEETING_ID,
    title="Netzwerktreffen im Frühjahr",
    state=MeetingState.OPEN,
    sequence=0,
    starts_at=NOW + SOON,
    ends_at=NOW + SOON + timedelta(hours=4),
    time_zone="Europe/Berlin",
    mode="hybrid",
    venue="Rathaus, Großer Saal",
    online_platform="Videokonferenz",
    join_url="https://treffen.example.org/raum?a=1&b=2",
    access_hint="Bitte Kopfhörer bereithalten.",
)
SENDER = Sender(
    mailbox="netzwerk@example.org", name="Geschäftsstelle des Netzwerks", domain="example.org"
)
LETTER = Letter(
    delivery_id=DELIVERY_ID,
    notice=Notice.INVITATION,
    has_place=False,
    meeting=MEETING,
    to=Addressee(email="integration@stadt.example.org", name="Integrationsbeauftragte:r"),
    sender=SENDER,
    sent_at=NOW,
)

REQUEST = RequestDelivery(
    delivery_id=DELIVERY_ID,
    channel=Channel.MAIL,
    notice=Notice.INVITATION,
    recipient_kind=RecipientKind.CONTACT,
    recipient_id=CONTACT_ID,
    cause_id=CAUSE_ID,
    cause_type="invitations.opened.v2",
    meeting_id=MEETING_ID,
)
REQUESTED = DeliveryRequested(
    delivery_id=DELIVERY_ID,
    channel=Channel.MAIL,
    notice=Notice.INVITATION,
    recipient_kind=RecipientKind.CONTACT,
    recipient_id=CONTACT_ID,
    cause_id=CAUSE_ID,
    cause_type="invitations.opened.v2",
    meeting_id=MEETING_ID,
)
ATTEMPTED = DeliveryAttempted(
    delivery_id=DELIVERY_ID, attempt=1, code="smtp_450", next_attempt_at=NOW
)
REGISTERED = EndpointRegistered(
    endpoint_id=ENDPOINT_ID,
    owner="08416041",
    owner_role="municipality",
    url="https://empfang.example.org/netztreff",
    event_types=("meeting.*",),
    secret="whsec_c29tZXRoaW5nIHRoYXQgaXMgbG9uZyBlbm91Z2g=",
)


def letter(notice: Notice = Notice.INVITATION, **meeting: object) -> Letter:
    """The letter about a meeting that differs in what is named."""
    return replace(LETTER, notice=notice, meeting=replace(MEETING, **meeting))  # type: ignore[arg-type]  # fields by name
