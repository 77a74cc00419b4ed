"""Who is invited and who comes: places up to the capacity, and a waiting list in its order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.meetings import (
    InvitationsOpened,
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
    RegistrationClosed,
    Side,
    TargetGroup,
)
from contracts.events.registry import Party
from eventkit.domain import Conflict, Invalid, NotFound
from meetings.domain.phases import Action
from meetings.domain.state import Meeting, Place, Standing, known


@dataclass(frozen=True, kw_only=True)
class OpenInvitations:
    """Invite target groups and open the registration; without a capacity everybody has a place."""

    meeting_id: UUID
    audience: tuple[TargetGroup, ...]
    requested_at: datetime
    capacity: int | None = None


@dataclass(frozen=True, kw_only=True)
class CloseRegistration:
    """Take no more registrations."""

    meeting_id: UUID


@dataclass(frozen=True, kw_only=True)
class RegisterParticipant:
    """Take a place for somebody: a contact of the registry, or a person by name and e-mail."""

    meeting_id: UUID
    participant_id: UUID
    side: Side
    requested_at: datetime
    contact_id: UUID | None = None
    party: Party | None = None
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class WithdrawParticipant:
    """Give a place back; the first who waits gets it."""

    meeting_id: UUID
    participant_id: UUID


@dataclass(frozen=True, kw_only=True)
class CheckInParticipant:
    """Say that somebody is there."""

    meeting_id: UUID
    participant_id: UUID


def open_invitations(
    meeting: Meeting | None, command: OpenInvitations
) -> list[InvitationsOpened | ParticipantPromoted]:
    present = known(meeting, Action.OPEN_INVITATIONS)
    _must_not_be_over(present, command.requested_at)
    _must_be_an_audience(command.audience)
    taken = places_taken(present)
    if command.capacity is not None and command.capacity < taken:
        raise Conflict(
            "capacity-below-registered",
            f"{taken} people already have a place.",
            pointer="/capacity",
        )
    opened = InvitationsOpened(
        meeting_id=command.meeting_id, audience=command.audience, capacity=command.capacity
    )
    waiting = waiting_list(present)
    free = len(waiting) if command.capacity is None else command.capacity - taken
    return [opened, *_promoted(present, waiting[:free])]


def close_registration(
    meeting: Meeting | None, command: CloseRegistration
) -> list[RegistrationClosed]:
    known(meeting, Action.CLOSE_REGISTRATION)
    return [RegistrationClosed(meeting_id=command.meeting_id)]


def register(
    meeting: Meeting | None, command: RegisterParticipant
) -> list[ParticipantRegistered | ParticipantWaitlisted]:
    """A place while there is one, the end of the waiting list otherwise."""
    present = known(meeting, Action.REGISTER)
    _must_not_be_over(present, command.requested_at)
    _must_be_somebody(command)
    _must_be_new(present, command)
    full = present.capacity is not None and places_taken(present) >= present.capacity
    fact = ParticipantWaitlisted if full else ParticipantRegistered
    return [
        fact(
            meeting_id=command.meeting_id,
            participant_id=command.participant_id,
            side=command.side,
            contact_id=command.contact_id,
            party=command.party,
            name=command.name,
            email=command.email,
        )
    ]


def withdraw(
    meeting: Meeting | None, command: WithdrawParticipant
) -> list[ParticipantWithdrawn | ParticipantPromoted]:
    present = known(meeting, Action.WITHDRAW)
    place = _place(present, command.participant_id)
    if place.standing is Standing.ATTENDED:
        raise Conflict("already-there", "Who has checked in no longer withdraws.")
    waited = place.standing is Standing.WAITLISTED
    withdrawn = ParticipantWithdrawn(
        meeting_id=command.meeting_id,
        participant_id=command.participant_id,
        from_waiting_list=waited,
    )
    return [withdrawn, *_promoted(present, () if waited else waiting_list(present)[:1])]


def check_in(meeting: Meeting | None, command: CheckInParticipant) -> list[ParticipantCheckedIn]:
    present = known(meeting, Action.CHECK_IN)
    place = _place(present, command.participant_id)
    if command.participant_id in present.erased:
        raise Conflict("person-erased", "The data of this person was erased.")
    if place.standing is Standing.WAITLISTED:
        raise Conflict("no-place", "Who is on the waiting list has no place yet.")
    if place.standing is Standing.ATTENDED:
        raise Conflict("already-there", "This participant has already checked in.")
    return [
        ParticipantCheckedIn(meeting_id=command.meeting_id, participant_id=command.participant_id)
    ]


def places_taken(meeting: Meeting) -> int:
    """How many of the capacity are given away."""
    return len(meeting.places) - len(waiting_list(meeting))


def waiting_list(meeting: Meeting) -> tuple[UUID, ...]:
    """Who waits, the first in turn first."""
    return tuple(
        participant_id
        for participant_id, place in meeting.places.items()
        if place.standing is Standing.WAITLISTED
    )


def _promoted(meeting: Meeting, waiting: Iterable[UUID]) -> list[ParticipantPromoted]:
    return [
        ParticipantPromoted(meeting_id=meeting.meeting_id, participant_id=participant_id)
        for participant_id in waiting
    ]


def _place(meeting: Meeting, participant_id: UUID) -> Place:
    try:
        return meeting.places[participant_id]
    except KeyError:
        raise NotFound("unknown-participant", "Nobody is registered under this id.") from None


def _must_be_an_audience(audience: tuple[TargetGroup, ...]) -> None:
    if not audience:
        raise Invalid("no-audience", "Somebody must be invited.", pointer="/audience")
    for number, group in enumerate(audience):
        if group in audience[:number]:
            raise Invalid(
                "group-twice", "This group stands there twice.", pointer=f"/audience/{number}"
            )


def _must_be_somebody(command: RegisterParticipant) -> None:
    named = [value for value in (command.name, command.email) if value is not None]
    if command.contact_id is not None and named:
        raise Invalid(
            "contact-and-name",
            "Name and address of a contact stand in the registry.",
            pointer="/contact_id",
        )
    if command.contact_id is None and len(named) < 2:
        missing = "/name" if command.name is None else "/email"
        raise Invalid(
            "nobody", "A participant is a contact, or has a name and an e-mail.", pointer=missing
        )


def _must_be_new(meeting: Meeting, command: RegisterParticipant) -> None:
    if command.participant_id in meeting.erased:
        # Erased while this was on its way; whoever asks again registers as somebody new.
        raise Conflict("person-erased", "The data of this person was erased.")
    contacts = {place.contact_id for place in meeting.places.values()} - {None}
    if command.participant_id in meeting.places or command.contact_id in contacts:
        raise Conflict("already-registered", "This participant is already registered.")


def _must_not_be_over(meeting: Meeting, requested_at: datetime) -> None:
    if meeting.ends_at is not None and meeting.ends_at <= requested_at:
        raise Conflict("meeting-is-over", "The time of this meeting has passed.")
