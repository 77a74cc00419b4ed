"""Questions to the read models: who belongs to a meeting, and which meetings a person concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.events.meetings import TargetKind
from contracts.events.notifications import Channel, Notice, RecipientKind
from notifications.domain.notices import AgendaPoint, Meeting, MeetingState, People, Recipient, Told
from notifications.projection.audience import contacts, participations, seats
from notifications.projection.deliveries import deliveries
from notifications.projection.meetings import meetings
from notifications.projection.participants import Place, participants

_FIELDS = (
    "meeting_id",
    "title",
    "sequence",
    "starts_at",
    "ends_at",
    "time_zone",
    "mode",
    "venue",
    "online_platform",
    "join_url",
    "access_hint",
)


def meeting_of(row: sa.RowMapping) -> Meeting:
    """A row of the read model as the rules know a meeting."""
    values: dict[str, Any] = {name: row[name] for name in _FIELDS}
    agenda = tuple(AgendaPoint(**_with_times(point)) for point in row["agenda"])
    return Meeting(state=MeetingState(row["state"]), agenda=agenda, **values)


def meeting_before(row: sa.RowMapping, sequence: int) -> Meeting | None:
    """What was told with an earlier sequence, as far as it is known."""
    for version in row["earlier"]:
        if version["sequence"] == sequence:
            held = {name: value for name, value in version.items() if name != "reason"}
            return replace(meeting_of(row), **_with_times(held))
    return None


def reasons_since(row: sa.RowMapping, sequence: int) -> tuple[str, ...]:
    """Why the meeting changed since the version with this sequence, the oldest reason first."""
    later = [version for version in row["earlier"] if version["sequence"] >= sequence]
    return tuple(version["reason"] for version in later if version["reason"])


def _with_times(values: dict[str, Any]) -> dict[str, Any]:
    times = {name: values[name] for name in ("starts_at", "ends_at")}
    return values | {name: text and datetime.fromisoformat(text) for name, text in times.items()}


def people_of(sql: sa.Connection, row: sa.RowMapping) -> People:
    """Everybody whom a meeting concerns, as far as is known here."""
    groups = {kind: _ids(row["audience"], kind) for kind in TargetKind}
    invited = _contacts_of_cohorts(sql, groups[TargetKind.COHORT])
    audience = frozenset(map(_contact, invited | _seated(sql, groups[TargetKind.STEERING_GROUP])))
    told = _told(sql, row["meeting_id"])
    registered, withdrawn, erased = _participants(sql, row["meeting_id"])
    return People(
        audience=audience,
        registered=registered,
        withdrawn=withdrawn - registered,
        gone=_left(sql, audience | registered | set(told)) | erased,
        told=told,
    )


def open_meetings(sql: sa.Connection) -> list[UUID]:
    """The upcoming meetings that people are invited to."""
    is_open = meetings.c.state == MeetingState.OPEN.value
    upcoming = meetings.c.starts_at > sa.func.now()
    query = sa.select(meetings.c.meeting_id).where(is_open, upcoming)
    return list(sql.scalars(query.order_by(meetings.c.meeting_id)))


def _ids(audience: Iterable[dict[str, str]], kind: TargetKind) -> set[UUID]:
    return {UUID(group["id"]) for group in audience if group["kind"] == kind.value}


def _contacts_of_cohorts(sql: sa.Connection, cohorts: set[UUID]) -> set[UUID]:
    same_party = sa.and_(
        contacts.c.party_kind == participations.c.party_kind,
        contacts.c.party_key == participations.c.party_key,
    )
    query = (
        sa.select(contacts.c.contact_id)
        .join(participations, same_party)
        .where(participations.c.cohort_id.in_(cohorts))
    )
    return set(sql.scalars(query))


def _seated(sql: sa.Connection, programmes: set[UUID]) -> set[UUID]:
    query = sa.select(seats.c.contact_id).where(
        seats.c.programme_id.in_(programmes), seats.c.contact_id.is_not(None)
    )
    return {holder for holder in sql.scalars(query) if holder is not None}


def _told(sql: sa.Connection, meeting_id: UUID) -> dict[Recipient, Told]:
    mails = sa.and_(
        deliveries.c.meeting_id == meeting_id, deliveries.c.channel == Channel.MAIL.value
    )
    told_what = (deliveries.c.notice, deliveries.c.sequence)
    query = sa.select(deliveries.c.recipient_kind, deliveries.c.recipient_id, *told_what)
    told: dict[Recipient, Told] = {}
    in_order = query.where(mails).order_by(deliveries.c.requested_at, deliveries.c.sequence)
    for kind, known, notice, sequence in sql.execute(in_order):
        to = Recipient(kind=RecipientKind(kind), id=known)
        told[to] = _after(told.get(to, Told(sequence=0)), Notice(notice), sequence)
    return told


def _after(told: Told, notice: Notice, sequence: int) -> Told:
    is_farewell = notice is Notice.WITHDRAWAL
    speaks_of_place = is_farewell or notice is Notice.CONFIRMATION
    return Told(
        sequence=max(told.sequence, sequence),
        place=notice if speaks_of_place else told.place,
        withdrawals=told.withdrawals + is_farewell,
    )


def _participants(
    sql: sa.Connection, meeting_id: UUID
) -> tuple[frozenset[Recipient], frozenset[Recipient], frozenset[Recipient]]:
    """Who has a place, who gave one back and does not wait for another, and who was erased."""
    query = sa.select(participants).where(participants.c.meeting_id == meeting_id)
    rows = sql.execute(query).mappings().all()
    by_place = {
        place: frozenset(_person(row) for row in rows if row["place"] == place.value)
        for place in Place
    }
    withdrawn = by_place[Place.WITHDRAWN] - by_place[Place.WAITING]
    return by_place[Place.REGISTERED], withdrawn, by_place[Place.ERASED]


def _person(row: sa.RowMapping) -> Recipient:
    """A participant who is a contact is told as the contact, and so only once."""
    if row["contact_id"] is not None:
        return _contact(row["contact_id"])
    return Recipient(kind=RecipientKind.PARTICIPANT, id=row["participant_id"])


def _left(sql: sa.Connection, of: Iterable[Recipient]) -> frozenset[Recipient]:
    known = [one.id for one in of if one.kind is RecipientKind.CONTACT]
    query = sa.select(contacts.c.contact_id).where(
        contacts.c.contact_id.in_(known), contacts.c.has_left
    )
    return frozenset(map(_contact, sql.scalars(query)))


def _contact(contact_id: UUID) -> Recipient:
    return Recipient(kind=RecipientKind.CONTACT, id=contact_id)
