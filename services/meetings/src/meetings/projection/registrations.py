"""Who is registered for which meeting; names and addresses stay sealed in the table."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from contracts.events.meetings import (
    MeetingEvent,
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
)
from contracts.events.participants import ParticipantErased, ParticipantErasureCertified
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from meetings.domain.state import Standing
from meetings.tables import metadata

registrations = sa.Table(
    "registrations",
    metadata,
    sa.Column("meeting_id", sa.Uuid, primary_key=True),
    sa.Column("participant_id", sa.Uuid, primary_key=True, index=True),
    # Counts up within a meeting in the order of registration.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("side", sa.Text, nullable=False),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("party_kind", sa.Text),
    sa.Column("party_key", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("erased", sa.Boolean, nullable=False),
    sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)

# What identifies the person; sealed, and empty for good once they are erased.
PERSONAL = ("name", "email")
WITHDRAWN = "withdrawn"
_STANDINGS: Mapping[type[MeetingEvent], str] = {
    ParticipantRegistered: Standing.REGISTERED.value,
    ParticipantWaitlisted: Standing.WAITLISTED.value,
    ParticipantPromoted: Standing.REGISTERED.value,
    ParticipantCheckedIn: Standing.ATTENDED.value,
    ParticipantWithdrawn: WITHDRAWN,
}


def keys(recorded: Recorded[MeetingEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            ParticipantRegistered(meeting_id=meeting_id, participant_id=who)
            | ParticipantWaitlisted(meeting_id=meeting_id, participant_id=who)
            | ParticipantPromoted(meeting_id=meeting_id, participant_id=who)
            | ParticipantWithdrawn(meeting_id=meeting_id, participant_id=who)
            | ParticipantCheckedIn(meeting_id=meeting_id, participant_id=who)
            | ParticipantErased(meeting_id=meeting_id, participant_id=who)
            | ParticipantErasureCertified(meeting_id=meeting_id, participant_id=who)
        ):
            return [(meeting_id, who)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[MeetingEvent]) -> Row | None:
    event = recorded.event
    if isinstance(event, ParticipantErased):
        return row and row | dict.fromkeys(PERSONAL) | {"erased": True}
    if isinstance(event, ParticipantErasureCertified):
        return row
    standing = {"standing": _STANDINGS[type(event)]}
    if isinstance(event, ParticipantRegistered | ParticipantWaitlisted):
        return _new(event, recorded) | standing
    return row and row | standing


def _new(
    event: ParticipantRegistered | ParticipantWaitlisted, recorded: Recorded[MeetingEvent]
) -> Row:
    return {
        "meeting_id": event.meeting_id,
        "participant_id": event.participant_id,
        "number": recorded.version,
        "side": event.side.value,
        "contact_id": event.contact_id,
        "party_kind": event.party and event.party.kind.value,
        "party_key": event.party and event.party.key,
        "name": event.name,
        "email": event.email,
        "erased": False,
        "registered_at": recorded.occurred_at,
    }


REGISTRATIONS = ReadModel(name="registrations", table=registrations, keys=keys, change=change)
