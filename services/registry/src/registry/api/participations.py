"""HTTP for participations: who takes part in a cohort."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from contracts.events.registry import Party, PartyKind
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import LongText, Text
from eventkit.http.history import Timeline, found_at
from eventkit.http.listing import Listing, same, since
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import added, changed, kit, principal
from registry.access import may_read_reasons
from registry.api.parties import PartyBody, PartyOfRow
from registry.domain.cohort import COHORT, AcceptParticipation, LeaveCohort
from registry.projection.participations import PARTICIPATIONS, participations
from registry.references import require_cohort, require_party

bp = Blueprint(
    "participations",
    __name__,
    url_prefix="/v1/cohorts/<uuid:cohort_id>/participations",
    description="Who takes part in a cohort.",
)


_TIMELINE = Timeline(aggregate=COHORT, model=PARTICIPATIONS, of="cohort_id")


class ParticipationBody(Schema):
    party = fields.Nested(PartyBody, required=True)
    challenge = LongText(allow_none=True)
    over_target_reason = Text(
        1,
        200,
        allow_none=True,
        metadata={"description": "Needed past the cohort's target, else without meaning."},
    )


class DepartureBody(Schema):
    reason = Text(1, 200, required=True)


_LIST = Listing(
    name="ParticipationQuery",
    key=(participations.c.participation_id,),
    sorts={
        "party": (participations.c.party_key,),
        "accepted_at": (participations.c.accepted_at,),
    },
    usual="party",
    filters={
        "status": same(
            participations.c.status, fields.String(validate=OneOf(["accepted", "left"]))
        ),
        "party_kind": same(participations.c.party_kind, fields.Enum(PartyKind, by_value=True)),
        "party_key": same(participations.c.party_key, Text(1, 36)),
        "since": since(participations.c.accepted_at),
    },
)


class Confidential(fields.String):
    """A column for those who decide and for the party itself, null for all others."""

    def __init__(self) -> None:
        whom = "Null also for other parties, moderators, participants and services."
        super().__init__(required=True, allow_none=True, metadata={"description": whom})

    def get_value(self, obj: Any, attr: str, *_: object, **__: object) -> Any:
        party = Party(kind=PartyKind(obj["party_kind"]), key=obj["party_key"])
        return obj[attr] if may_read_reasons(principal(), party) else None


class ParticipationView(Schema):
    participation_id = fields.UUID(required=True)
    cohort_id = fields.UUID(required=True)
    party = PartyOfRow()
    challenge = Confidential()
    over_target_reason = Confidential()
    status = fields.String(required=True, validate=OneOf(["accepted", "left"]))
    accepted_at = fields.AwareDateTime(required=True)
    left_at = fields.AwareDateTime(required=True, allow_none=True)
    left_reason = Confidential()


@bp.route("", methods=["POST"])
@bp.arguments(ParticipationBody)
@bp.response(201, Written)
def accept_participation(body: dict[str, Any], cohort_id: UUID) -> Response:
    """Take a municipality or district into a cohort, over its target with a reason only."""
    require_party(kit().engine, body["party"])
    participation_id = uuid4()
    command = AcceptParticipation(participation_id=participation_id, **body)
    return added(
        COHORT,
        cohort_id,
        command,
        ".show_participation",
        cohort_id=cohort_id,
        participation_id=participation_id,
    )


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(ParticipationView))
def list_participations(wanted: dict[str, Any], cohort_id: UUID) -> Response:
    """List who takes part in a cohort and who has left it."""
    require_cohort(kit().engine, cohort_id)
    query = sa.select(participations).where(participations.c.cohort_id == cohort_id)
    return _LIST.answer(query, ParticipationView, wanted)


@bp.route("/<uuid:participation_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, ParticipationView)
def show_participation(when: Moment, cohort_id: UUID, participation_id: UUID) -> Response:
    """Show one participation; its reasons stay between the organiser and the party."""
    query = sa.select(participations).where(
        participations.c.cohort_id == cohort_id,
        participations.c.participation_id == participation_id,
    )
    return found_at(query, ParticipationView, _TIMELINE, when)


@bp.route("/<uuid:participation_id>/departure", methods=["POST"])
@bp.arguments(DepartureBody)
@bp.response(200, Written)
def leave_cohort(body: dict[str, Any], cohort_id: UUID, participation_id: UUID) -> Response:
    """End a participation; If-Match names the version of the cohort."""
    return changed(COHORT, cohort_id, LeaveCohort(participation_id=participation_id, **body))
