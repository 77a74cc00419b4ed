"""What is around notifications: facts arrive, people have addresses, time passes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from contracts.catalog import wire
from contracts.codec import encode, published
from contracts.envelope import Message
from contracts.events.meetings import (
    InvitationsOpened,
    MeetingKind,
    MeetingPlanned,
    MeetingScheduled,
    Mode,
    ParticipantRegistered,
    Side,
    TargetGroup,
    TargetKind,
)
from contracts.events.registry import (
    ContactAppointed,
    ParticipationAccepted,
    Party,
    PartyKind,
    SeatFilled,
)
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.consuming.consumer import Consumer
from eventkit.consuming.incoming import Batch, Place
from eventkit.database import session
from eventkit.unit import Kit
from notifications.app import SERVICE
from notifications.delivery.mails import MailWorker
from notifications.delivery.webhooks import WebhookWorker
from notifications.projection.deliveries import deliveries
from notifications.tables import claims
from tests.integration.notifications.owners import Owners
from tests.mailbox import Mail, Mailbox

GENERATION = uuid4()
STARTS_AT = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
ENDS_AT = STARTS_AT + timedelta(hours=3)


class Script:
    """A source that tells what a test lets happen."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._read = 0

    def resume(self, saved: Mapping[Place, str]) -> None:
        self._read = int(saved.get(("script", 0), 0))

    def poll(self, _wait: float) -> Batch:
        fresh = tuple(self.messages[self._read :])
        self._read = len(self.messages)
        return Batch(arrivals=fresh, after={("script", 0): str(self._read)}, current=True)

    def stream(self, subject: str, from_version: int) -> list[Message]:
        return [m for m in self.messages if m.subject == subject and m.version >= from_version]

    def generations(self) -> Mapping[UUID, int | None]:
        return {GENERATION: None}

    def events(self) -> Iterator[Sequence[Message]]:
        yield self.messages

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Teller:
    """One of the other services, as far as its events are heard here."""

    name: str
    kit: Kit
    script: Script = field(default_factory=Script)
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        (subscription,) = [one for one in SERVICE.subscriptions if one.source == self.name]
        self.consumer = Consumer(self.kit, subscription, self.script, self.script, wait=0)

    def tell(self, stream: str, *events: Any) -> None:
        """Let these events happen in one stream, and be handled here."""
        self.happen(stream, *events)
        assert self.consumer.step()

    def happen(self, stream: str, *events: Any) -> None:
        for event in events:
            self.versions[stream] += 1
            self.script.messages.append(self._message(stream, event))

    def again(self) -> None:
        """Let everything that happened so far arrive once more."""
        self.script.messages.extend(self.script.messages[:])
        self.consumer.step()

    def _message(self, stream: str, event: Any) -> Message:
        return Message(
            id=uuid4(),
            source=f"https://netz.example.org/{self.name}",
            type=wire(event),
            subject=stream,
            time=datetime.now(UTC),
            position=len(self.script.messages) + 1,
            version=self.versions[stream],
            generation=GENERATION,
            correlation_id=str(uuid4()),
            recorded_at=datetime.now(UTC),
            data=published(wire(event), encode(event)),
        )


@dataclass(frozen=True)
class Caller:
    """A client with a role; every POST carries a new Idempotency-Key unless told otherwise."""

    app: Flask
    headers: Mapping[str, str]

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.app.test_client().get(path, headers={**self.headers, **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {"Idempotency-Key": f'"{uuid4()}"', **self.headers, **headers}
        return self.app.test_client().post(path, json=body, headers=sent)

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.app.test_client().delete(path, headers={**self.headers, **headers})


@dataclass
class World:
    """One process of notifications, and what is around it."""

    kit: Kit
    app: Flask
    owners: Owners
    mailbox: Mailbox
    registry: Teller
    meetings: Teller
    mails: MailWorker = field(default_factory=MailWorker)
    webhooks: WebhookWorker = field(default_factory=WebhookWorker)

    def as_role(self, role: str, tenant: str | None = None) -> Caller:
        principal = Principal(subject=f"test-{role}-{tenant}", role=role, tenant=tenant)
        token = Signer.from_settings(self.kit.settings).sign(principal)
        return Caller(self.app, {"Authorization": f"Bearer {token}"})

    def contact(self, party: Party | None = None) -> UUID:
        """Somebody with a role and an address, appointed just now."""
        contact_id = uuid4()
        self.owners.contacts[str(contact_id)] = person(contact_id)
        self.registry.tell(f"contact-{contact_id}", appointed(contact_id, party or town()))
        return contact_id

    def accept(self, cohort_id: UUID, party: Party) -> None:
        """The party takes part in the cohort."""
        self.registry.tell(f"cohort-{cohort_id}", accepted(cohort_id, party))

    def seat(self, programme_id: UUID, contact_id: UUID) -> None:
        """The contact takes a seat of the programme's steering group."""
        seat_id = uuid4()
        filled = SeatFilled(seat_id=seat_id, programme_id=programme_id, contact_id=contact_id)
        self.registry.tell(f"seat-{seat_id}", filled)

    def register(self, meeting_id: UUID, contact_id: UUID | None = None) -> UUID:
        """Somebody gets a place; without a contact the meetings service knows the address."""
        participant_id = uuid4()
        self.owners.participants[str(participant_id)] = person(participant_id)
        registered = ParticipantRegistered(
            meeting_id=meeting_id,
            participant_id=participant_id,
            side=Side.GUEST,
            contact_id=contact_id,
        )
        self.meetings.tell(f"meeting-{meeting_id}", registered)
        return participant_id

    def open_meeting(
        self, *audience: TargetGroup, starts_at: datetime = STARTS_AT, title: str = "Treffen"
    ) -> UUID:
        """A meeting with a time and an audience."""
        meeting_id = uuid4()
        events = opened(meeting_id, *audience, starts_at=starts_at, title=title)
        self.meetings.tell(f"meeting-{meeting_id}", *events)
        return meeting_id

    def send(self) -> None:
        """Let the mail worker do all that is due."""
        while self.mails.step(self.kit):
            pass

    def mails_to(self, person_id: UUID) -> list[Mail]:
        return self.mailbox.to(f"{person_id}@example.org")

    def log(self, **wanted: Any) -> list[sa.RowMapping]:
        """Rows of the delivery log, in the order of the requests."""
        query = sa.select(deliveries).order_by(deliveries.c.requested_at, deliveries.c.sequence)
        for name, value in wanted.items():
            query = query.where(deliveries.c[name] == value)
        with session(self.kit.engine) as connection:
            return list(connection.execute(query).mappings().all())

    def notices(self, meeting_id: UUID, recipient_id: UUID) -> list[tuple[str, int]]:
        """What somebody is told about a meeting, with its sequences."""
        rows = self.log(meeting_id=meeting_id, recipient_id=recipient_id, channel="mail")
        return [(row["notice"], row["sequence"]) for row in rows]

    def let_time_pass(self, recipient_id: UUID) -> None:
        """What waits for its next attempt is due now, and every lease has ended."""
        waiting = deliveries.c.due_at.is_not(None)
        mine = deliveries.c.recipient_id == recipient_id
        with session(self.kit.engine) as connection:
            connection.execute(
                deliveries.update().where(waiting, mine).values(due_at=sa.func.now())
            )
            ended = claims.delete().where(claims.c.recipient_id == recipient_id)
            connection.execute(ended)


def told(answer: TestResponse, status: int = 200) -> Any:
    """What the answer says, which must have this status."""
    assert answer.status_code == status, answer.text
    return answer.json


def person(person_id: UUID) -> dict[str, str | None]:
    return {"name": "Integrationsbeauftragte:r", "email": f"{person_id}@example.org"}


def town() -> Party:
    """A municipality that no other test speaks of."""
    return Party(kind=PartyKind.MUNICIPALITY, key=f"08{uuid4().int % 10**6:06d}")


def cohort() -> TargetGroup:
    return TargetGroup(kind=TargetKind.COHORT, id=uuid4())


def steering_group() -> TargetGroup:
    return TargetGroup(kind=TargetKind.STEERING_GROUP, id=uuid4())


def appointed(contact_id: UUID, party: Party) -> ContactAppointed:
    return ContactAppointed(
        contact_id=contact_id, party=party, role="Integrationsbeauftragte:r", purpose="Netzwerk"
    )


def accepted(cohort_id: UUID, party: Party) -> ParticipationAccepted:
    return ParticipationAccepted(participation_id=uuid4(), cohort_id=cohort_id, party=party)


def opened(
    meeting_id: UUID,
    *audience: TargetGroup,
    starts_at: datetime = STARTS_AT,
    title: str = "Treffen",
) -> list[Any]:
    """What happens until a meeting invites."""
    return [
        MeetingPlanned(
            meeting_id=meeting_id,
            kind=MeetingKind.NETWORK_MEETING,
            title=title,
            mode=Mode.IN_PERSON,
        ),
        MeetingScheduled(
            meeting_id=meeting_id, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3)
        ),
        InvitationsOpened(meeting_id=meeting_id, audience=audience),
    ]
