"""HTTP for erasures: what an owner offers for its people, and what other services tell it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Regexp

from contracts.erasure import ErasurePart, ErasureReason
from eventkit.erasure.certificate import COMPLETE, PENDING, UNKNOWN_HERE, certificate
from eventkit.erasure.eraser import Eraser, Judge, Request
from eventkit.erasure.export import export, readable
from eventkit.http import preconditions
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Integer, Text
from eventkit.http.policy import Policy, allow
from eventkit.http.schemas import Unversioned
from eventkit.http.views import context, done, kit

bp = Blueprint(
    "erasures",
    __name__,
    url_prefix="/v1/erasures",
    description="What other services say about people whose data was erased here.",
)
POLICY: dict[str, Policy] = {"erasures.acknowledge": allow("service")}
_JSON = "application/json"


class ErasureBody(Schema):
    reason = fields.Enum(ErasureReason, by_value=True, required=True)


class NoParameters(Schema):
    """The query of what takes none."""

    is_paged = False


class PartBody(Schema):
    service = Text(1, 50, required=True)
    cleared = Integer(required=True, metadata={"description": "Rows emptied or removed."})
    remaining = Integer(required=True, metadata={"description": "Rows that still name the id."})
    # No Text: whoever says a digest has no blanks at its ends.
    remains = fields.String(required=True, validate=[Length(64, 64), Regexp("^[0-9a-f]{64}$")])


class PartView(Schema):
    service = fields.String(required=True)
    cleared = fields.Integer(required=True, metadata={"description": "Rows emptied or removed."})
    remaining = fields.Integer(
        required=True, metadata={"description": "Rows that still name the id, and no person."}
    )
    remains = fields.String(
        required=True, metadata={"description": "The SHA-256 of these rows, without versions."}
    )
    acknowledged_at = fields.AwareDateTime(required=True)


class CertificateView(Unversioned):
    """Complete when every service that held a part has cleared it."""

    person = fields.UUID(required=True)
    service = fields.String(required=True, metadata={"description": "Whose people these are."})
    state = fields.String(
        required=True,
        validate=OneOf([PENDING, COMPLETE, UNKNOWN_HERE]),
        metadata={
            "description": "`unknown-here`: the key is gone, but since a restore this store has no"
            " event of the person, so it cannot certify anything."
        },
    )
    erased_at = fields.AwareDateTime(required=True)
    reason = fields.Enum(ErasureReason, by_value=True, required=True)
    parts = fields.List(fields.Nested(PartView), required=True)
    missing = fields.List(
        fields.String(), required=True, metadata={"description": "Services still to answer."}
    )


class ExportedEvent(Schema):
    stream = fields.String(required=True)
    version = fields.Integer(required=True)
    type = fields.String(required=True)
    occurred_at = fields.AwareDateTime(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    data = fields.Dict(keys=fields.String(), required=True)


class ExportedRow(Schema):
    table = fields.String(required=True)
    known_from = fields.String(required=True, metadata={"description": "Whose people these are."})
    data = fields.Dict(keys=fields.String(), required=True)


class ExportView(Unversioned):
    """Everything that this service holds of a person; null where it was withheld or erased."""

    person = fields.UUID(required=True)
    service = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)
    erased = fields.Boolean(required=True)
    events = fields.List(fields.Nested(ExportedEvent), required=True)
    rows = fields.List(fields.Nested(ExportedRow), required=True)
    others = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Services that may know the person by this id; among them the one that"
            " owns name and addresses, where this one does not."
        },
    )


def erase(person: UUID, reason: ErasureReason, judge: Judge) -> Response:
    """Erase for the caller whom `judge` lets pass; wants If-Match, answers like `changed`."""
    wish = Request(
        context=context(),
        expected=preconditions.expected_version(),
        idempotency=preconditions.idempotency(required=False, resource=request.path),
        judge=judge,
    )
    return done(person, Eraser(kit()).erase(person, reason, wish))


def show_certificate(person: UUID) -> Response:
    """Answer how far the erasure is; raises NotFound for who was not erased."""
    body = orjson.dumps(CertificateView().dump(certificate(kit(), person)))
    return Response(body, content_type=_JSON)


def show_export(person: UUID) -> Response:
    """Answer all that this service holds of a person, as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{kit().name}-{person}.json"'}
    return Response(readable(export(kit(), person)), content_type=_JSON, headers=headers)


@bp.route("/<uuid:person>/acknowledgements", methods=["POST"])
@bp.arguments(PartBody)
@bp.response(200, CertificateView)
def acknowledge(body: dict[str, Any], person: UUID) -> Response:
    """Say what a service cleared of a person; when the last one has, the erasure is certified.

    What is said again takes the place of what was said before.
    """
    Eraser(kit()).take_in(person, ErasurePart(**body))
    return show_certificate(person)
