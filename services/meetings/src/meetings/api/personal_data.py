"""HTTP for the end of a guest's personal data, and for all that is held of somebody."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, request

from contracts.erasure import ErasureReason
from eventkit.database import session
from eventkit.domain import NotFound
from eventkit.erasure.eraser import Eraser, Request
from eventkit.http import erasures, preconditions
from eventkit.http.blueprint import Blueprint
from eventkit.http.openapi import IDEMPOTENCY_KEY
from eventkit.http.requests import context
from eventkit.http.views import kit, principal
from meetings.access import judge_person, names
from meetings.projection.registrations import registrations

bp = Blueprint(
    "participant_data",
    __name__,
    url_prefix="/v1/participants",
    description="What is held of a participant, and its end.",
)


@bp.route("/<uuid:participant_id>/erasure", methods=["POST"])
@bp.doc(parameters=[IDEMPOTENCY_KEY])
@bp.arguments(erasures.ErasureBody)
@bp.response(200, erasures.CertificateView)
def erase_participant(body: dict[str, Any], participant_id: UUID) -> Response:
    """Erase a guest's name and address for good, wherever they are; once is enough.

    A place that can still be given back is. It cannot be undone. The answer is the certificate,
    which the same address shows: it is complete when every service has cleared its part.
    """
    erase(participant_id, body["reason"])
    return erasures.show_certificate(participant_id)


@bp.route("/<uuid:participant_id>/erasure", methods=["GET"])
@bp.arguments(erasures.NoParameters, location="query")
@bp.response(200, erasures.CertificateView)
def show_erasure(_: dict[str, Any], participant_id: UUID) -> Response:
    """Show the certificate of an erasure: what each service cleared, and which are missing."""
    return erasures.show_certificate(participant_id)


@bp.route("/<uuid:participant_id>/export", methods=["GET"])
@bp.arguments(erasures.NoParameters, location="query")
@bp.response(200, erasures.ExportView)
def export_participant(_: dict[str, Any], participant_id: UUID) -> Response:
    """Give out all that this service holds of a participant, with where it came from."""
    query = sa.select(registrations.c.participant_id).where(names(principal(), participant_id))
    with session(kit().engine) as connection:
        if connection.scalar(query) is None:
            raise NotFound("not-found", "There is no such thing here.")
    return erasures.show_export(participant_id)


def erase(participant_id: UUID, reason: ErasureReason) -> None:
    """Erase a guest for the caller; raises NotFound for whom the caller may not, and Conflict."""
    wish = Request(
        context=context(),
        idempotency=preconditions.idempotency(required=False, resource=request.path),
        judge=judge_person(principal(), participant_id),
    )
    Eraser(kit()).erase(participant_id, reason, wish)
