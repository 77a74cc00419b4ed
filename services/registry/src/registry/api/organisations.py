"""HTTP for organisations."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from contracts.events.registry import OrganisationKind
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Digits, Text
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Listing, alphabetical, part_of, same
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import changed, created, kit
from registry.api import withheld
from registry.domain.organisation import (
    ORGANISATION,
    ArchiveOrganisation,
    RegisterOrganisation,
)
from registry.projection.organisations import ORGANISATIONS, organisations
from registry.references import require_municipality

bp = Blueprint(
    "organisations",
    __name__,
    url_prefix="/v1/organisations",
    description="Organisations of the network.",
)


class OrganisationBody(Schema):
    name = Text(1, 200, required=True)
    kind = fields.Enum(OrganisationKind, by_value=True, required=True)
    ags = Digits(8, allow_none=True, error="A municipality's key has 8 digits.")


class ArchiveBody(Schema):
    reason = Text(1, 200, required=True)


_AGS = Digits(8, error="A municipality's key has 8 digits.")
_LIST = Listing(
    name="OrganisationQuery",
    key=(organisations.c.organisation_id,),
    sorts={"name": (alphabetical(organisations.c.name_folded),)},
    usual="name",
    filters={
        "name": part_of(organisations.c.name_folded),
        "kind": same(organisations.c.kind, fields.Enum(OrganisationKind, by_value=True)),
        "ags": same(organisations.c.ags, _AGS),
        "active": same(organisations.c.active, fields.Boolean()),
    },
)


class OrganisationView(Schema):
    organisation_id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    ags = fields.String(required=True, allow_none=True)
    active = fields.Boolean(required=True)


@bp.route("", methods=["POST"])
@bp.arguments(OrganisationBody)
@bp.response(201, Written)
def register_organisation(body: dict[str, Any]) -> Response:
    """Register an organisation of the network."""
    if ags := body.get("ags"):
        require_municipality(kit().engine, ags, "/ags")
    organisation_id = uuid4()
    command = RegisterOrganisation(organisation_id=organisation_id, **body)
    return created(
        ORGANISATION,
        organisation_id,
        command,
        ".show_organisation",
        organisation_id=organisation_id,
    )


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(OrganisationView))
def list_organisations(wanted: dict[str, Any]) -> Response:
    """List organisations by their name."""
    return _LIST.answer(sa.select(organisations), OrganisationView, wanted)


@bp.route("/<uuid:organisation_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, OrganisationView)
def show_organisation(when: Moment, organisation_id: UUID) -> Response:
    """Show an organisation."""
    return found_at(_organisation(organisation_id), OrganisationView, _TIMELINE, when)


@bp.route("/<uuid:organisation_id>/archive", methods=["POST"])
@bp.arguments(ArchiveBody)
@bp.response(200, Written)
def archive_organisation(body: dict[str, Any], organisation_id: UUID) -> Response:
    """Take an organisation out of use; what is known of it stays."""
    command = ArchiveOrganisation(organisation_id=organisation_id, **body)
    return changed(ORGANISATION, organisation_id, command)


def _organisation(organisation_id: UUID) -> sa.Select[Any]:
    return sa.select(organisations).where(organisations.c.organisation_id == organisation_id)


_TIMELINE = Timeline(
    aggregate=ORGANISATION, model=ORGANISATIONS, of="organisation_id", withheld=withheld.reasons
)
offer_history(bp, "/<uuid:organisation_id>", _TIMELINE, _organisation)
