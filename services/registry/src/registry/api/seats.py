"""HTTP for the steering group of a programme: its seats and who holds them."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Text
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Filter, Listing, alphabetical, same
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import changed, created, kit
from registry.api import withheld
from registry.domain.seat import SEAT, CreateSeat, FillSeat, VacateSeat
from registry.projection.seats import SEATS, seats
from registry.references import (
    party_of_active_contact,
    require_organisation,
    require_programme,
)

bp = Blueprint("seats", __name__, url_prefix="/v1", description="Seats of the steering groups.")


class SeatBody(Schema):
    organisation_id = fields.UUID(required=True)
    role = Text(1, 200, required=True)


class AppointmentBody(Schema):
    contact_id = fields.UUID(required=True)


class VacancyBody(Schema):
    reason = Text(1, 200, required=True)


class SeatView(Schema):
    seat_id = fields.UUID(required=True)
    programme_id = fields.UUID(required=True)
    organisation_id = fields.UUID(required=True)
    role = fields.String(required=True)
    contact_id = fields.UUID(required=True, allow_none=True)


@bp.route("/programmes/<uuid:programme_id>/seats", methods=["POST"])
@bp.arguments(SeatBody)
@bp.response(201, Written)
def create_seat(body: dict[str, Any], programme_id: UUID) -> Response:
    """Create a seat of the steering group for an organisation."""
    require_programme(kit().engine, programme_id)
    require_organisation(kit().engine, str(body["organisation_id"]), "/organisation_id")
    seat_id = uuid4()
    command = CreateSeat(seat_id=seat_id, programme_id=programme_id, **body)
    return created(SEAT, seat_id, command, ".show_seat", seat_id=seat_id)


_LIST = Listing(
    name="SeatQuery",
    key=(seats.c.seat_id,),
    sorts={"role": (alphabetical(seats.c.role),)},
    usual="role",
    filters={
        "organisation_id": same(seats.c.organisation_id, fields.UUID()),
        "vacant": Filter(
            fields.Boolean(), lambda vacant: seats.c.contact_id.is_(None) == sa.literal(vacant)
        ),
    },
)


@bp.route("/programmes/<uuid:programme_id>/seats", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(SeatView))
def list_seats(wanted: dict[str, Any], programme_id: UUID) -> Response:
    """List the seats of a programme's steering group by their role."""
    require_programme(kit().engine, programme_id)
    query = sa.select(seats).where(seats.c.programme_id == programme_id)
    return _LIST.answer(query, SeatView, wanted)


@bp.route("/seats/<uuid:seat_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, SeatView)
def show_seat(when: Moment, seat_id: UUID) -> Response:
    """Show a seat and the contact who holds it."""
    return found_at(_seat(seat_id), SeatView, _TIMELINE, when)


@bp.route("/seats/<uuid:seat_id>/appointment", methods=["POST"])
@bp.arguments(AppointmentBody)
@bp.response(200, Written)
def fill_seat(body: dict[str, Any], seat_id: UUID) -> Response:
    """Give a vacant seat to a contact of its organisation."""
    contact_id = body["contact_id"]
    party = party_of_active_contact(kit().engine, contact_id, "/contact_id")
    return changed(SEAT, seat_id, FillSeat(contact_id=contact_id, party=party))


@bp.route("/seats/<uuid:seat_id>/vacancy", methods=["POST"])
@bp.arguments(VacancyBody)
@bp.response(200, Written)
def vacate_seat(body: dict[str, Any], seat_id: UUID) -> Response:
    """Let whoever holds the seat leave it."""
    return changed(SEAT, seat_id, VacateSeat(**body))


def _seat(seat_id: UUID) -> sa.Select[Any]:
    return sa.select(seats).where(seats.c.seat_id == seat_id)


_TIMELINE = Timeline(aggregate=SEAT, model=SEATS, of="seat_id", withheld=withheld.reasons)
offer_history(bp, "/seats/<uuid:seat_id>", _TIMELINE, _seat)
