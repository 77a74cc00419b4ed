"""HTTP for invitations and registrations; names are shown to those who run the meeting."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import Email, Length, OneOf

from contracts.events.meetings import Side, TargetGroup, TargetKind
from contracts.events.registry import PartyKind
from eventkit.auth.principal import TIED
from eventkit.domain import Invalid
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Erased, Integer, Sealed, Text
from eventkit.http.history import Timeline, found_at
from eventkit.http.listing import Listing, same
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import added, changed, execute, kit, principal
from eventkit.texts import caseless
from meetings.access import READS_NAMES, is_own, judge_place, party_of, visible_to
from meetings.api.guests import counted_guest
from meetings.api.parties import PartyBody, PartyOfRow
from meetings.api.times import LocalTime
from meetings.domain.meeting import MEETING, MeetingCommand
from meetings.domain.registration import (
    CheckInParticipant,
    CloseRegistration,
    OpenInvitations,
    RegisterParticipant,
    WithdrawParticipant,
)
from meetings.domain.state import Standing
from meetings.projection.registrations import REGISTRATIONS, WITHDRAWN, registrations
from meetings.references import (
    party_of_contact,
    require_audience,
    require_meeting,
    require_party,
    unknown_contact,
)

bp = Blueprint(
    "registrations",
    __name__,
    url_prefix="/v1/meetings",
    description="Invitations, registrations and check-in.",
)
MOST_GROUPS = 20
_TIMELINE = Timeline(aggregate=MEETING, model=REGISTRATIONS, of="meeting_id")


class TargetGroupBody(Schema):
    kind = fields.Enum(TargetKind, by_value=True, required=True)
    id = fields.UUID(
        required=True, metadata={"description": "Of the cohort, or of the group's programme."}
    )


class OpenInvitationsBody(Schema):
    audience = fields.List(
        fields.Nested(TargetGroupBody), required=True, validate=Length(min=1, max=MOST_GROUPS)
    )
    capacity = Integer(1, 1_000_000, allow_none=True)


class RegisterParticipantBody(Schema):
    """A contact of the registry, or a person by name and e-mail address."""

    side = fields.Enum(Side, by_value=True, required=True)
    contact_id = fields.UUID(allow_none=True)
    party = fields.Nested(PartyBody, allow_none=True)
    name = Text(allow_none=True)
    email = Text(3, 200, allow_none=True, validate=Email())


_STANDING = fields.String(validate=OneOf([*map(str, Standing), WITHDRAWN]))
_LIST = Listing(
    name="RegistrationQuery",
    key=(registrations.c.participant_id,),
    sorts={"registered_at": (registrations.c.number,)},
    usual="registered_at",
    filters={
        "standing": same(registrations.c.standing, _STANDING),
        "side": same(registrations.c.side, fields.Enum(Side, by_value=True)),
        "party_kind": same(registrations.c.party_kind, fields.Enum(PartyKind, by_value=True)),
        "party_key": same(registrations.c.party_key, Text(1, 36)),
    },
)


class Personal(Sealed):
    """A personal column: opened for callers who run the meeting, null for all others."""

    def __init__(self) -> None:
        super().__init__(required=True, allow_none=True)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> str | None:
        seen = value if principal().role in READS_NAMES else None
        return super()._serialize(seen, attr, obj, **options)


class RegistrationView(Schema):
    participant_id = fields.UUID(required=True)
    standing = fields.String(required=True)
    side = fields.String(required=True)
    contact_id = fields.UUID(required=True, allow_none=True)
    party = PartyOfRow()
    name = Personal()
    email = Personal()
    erased = Erased()
    registered_at = LocalTime()


@bp.route("/<uuid:meeting_id>/open-invitations", methods=["POST"])
@bp.arguments(OpenInvitationsBody)
@bp.response(200, Written)
def open_invitations(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Invite target groups and open the registration, or open it again with another capacity."""
    audience = tuple(TargetGroup(**group) for group in body["audience"])
    require_audience(kit().engine, audience)
    command = OpenInvitations(
        meeting_id=meeting_id,
        audience=audience,
        capacity=body.get("capacity"),
        requested_at=kit().now(),
    )
    return changed(MEETING, meeting_id, command)


@bp.route("/<uuid:meeting_id>/close-registration", methods=["POST"])
@bp.response(200, Written)
def close_registration(meeting_id: UUID) -> Response:
    """Take no more registrations; who waits keeps waiting."""
    return changed(MEETING, meeting_id, CloseRegistration(meeting_id=meeting_id))


@bp.route("/<uuid:meeting_id>/registrations", methods=["POST"])
@bp.arguments(RegisterParticipantBody)
@bp.response(201, Written)
def register_participant(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Take a place, or a turn in the waiting list of a full meeting; each person once."""
    party = party_of(principal(), _party(body))
    require_party(kit().engine, party)
    with counted_guest() if body.get("contact_id") is None else nullcontext():
        participant_id = _participant(body, meeting_id)
        command = RegisterParticipant(
            meeting_id=meeting_id,
            participant_id=participant_id,
            side=body["side"],
            contact_id=body.get("contact_id"),
            party=party,
            name=body.get("name"),
            email=body.get("email"),
            requested_at=kit().now(),
        )
        address = {"meeting_id": meeting_id, "participant_id": participant_id}
        return added(MEETING, meeting_id, command, ".show_registration", **address)


@bp.route("/<uuid:meeting_id>/registrations", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(RegistrationView))
def list_registrations(wanted: dict[str, Any], meeting_id: UUID) -> Response:
    """Registrations in their order; a municipality sees its own people."""
    require_meeting(kit().engine, meeting_id)
    query = sa.select(registrations).where(
        registrations.c.meeting_id == meeting_id, visible_to(principal())
    )
    return _LIST.answer(query, RegistrationView, wanted)


@bp.route("/<uuid:meeting_id>/registrations/<uuid:participant_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, RegistrationView)
def show_registration(when: Moment, meeting_id: UUID, participant_id: UUID) -> Response:
    """Show one registration; who may not see the person gets 404."""
    return found_at(_visible(meeting_id, participant_id), RegistrationView, _TIMELINE, when)


@bp.route("/<uuid:meeting_id>/registrations/<uuid:participant_id>/withdraw", methods=["POST"])
@bp.response(204)
def withdraw_participant(meeting_id: UUID, participant_id: UUID) -> Response:
    """Give the place back; the first who waits gets it."""
    command = WithdrawParticipant(meeting_id=meeting_id, participant_id=participant_id)
    return _done(command, meeting_id, participant_id)


@bp.route("/<uuid:meeting_id>/registrations/<uuid:participant_id>/check-in", methods=["POST"])
@bp.response(204)
def check_in_participant(meeting_id: UUID, participant_id: UUID) -> Response:
    """Say that a participant is there."""
    command = CheckInParticipant(meeting_id=meeting_id, participant_id=participant_id)
    return _done(command, meeting_id, participant_id)


def _done(command: MeetingCommand, meeting_id: UUID, participant_id: UUID) -> Response:
    """Run a command on a registration that exists for the caller."""
    judge = judge_place(principal(), meeting_id, participant_id)
    execute(MEETING.judged(judge), meeting_id, command)
    return Response(status=204)


def _visible(meeting_id: UUID, participant_id: UUID) -> sa.Select[Any]:
    return sa.select(registrations).where(
        registrations.c.meeting_id == meeting_id,
        registrations.c.participant_id == participant_id,
        visible_to(principal()),
    )


def _participant(body: dict[str, Any], meeting_id: UUID) -> UUID:
    """The same person has the same id at the same meeting, so that nobody takes two places.

    Until the person is erased; a contact is known by its own id already.
    """
    name, email = body.get("name"), body.get("email")
    if name is None or email is None:
        return uuid4()
    # Blanks between names are as little of a difference as their case.
    spaced = " ".join(name.split())
    who = "\n".join((str(meeting_id), caseless(email), caseless(spaced)))
    return kit().vault.person(who)


def _party(body: dict[str, Any]) -> Any:
    """The party as the body says it, or that of the contact."""
    said, contact_id = body.get("party"), body.get("contact_id")
    if contact_id is None:
        return said
    known = party_of_contact(kit().engine, contact_id)
    if principal().role in TIED and not is_own(known):
        raise unknown_contact()
    if said not in (None, known):
        raise Invalid("foreign-contact", "The contact stands for another party.", pointer="/party")
    return known
