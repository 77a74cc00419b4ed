"""HTTP for imports of the official directory: upload, look at the preview, apply."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response, url_for
from marshmallow import Schema, fields

from eventkit.database import session
from eventkit.domain import NotFound
from eventkit.http.blueprint import Blueprint
from eventkit.http.views import context, kit, principal
from registry.directory.plan import Changes, Plan, plan
from registry.directory.reading import Directory, read, require_usable
from registry.directory.register import carry_out, present
from registry.directory.uploads import Upload, find, keep, lines

bp = Blueprint(
    "imports",
    __name__,
    url_prefix="/v1/municipalities/imports",
    description="Imports of the official directory (GV100AD).",
)
UPLOAD_LIMIT = 5 * 1024 * 1024
# So many keys are named beside their number.
SHOWN_KEYS = 200


class ChangesView(Schema):
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    gone = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    changed_keys = fields.List(fields.String(), required=True)
    gone_keys = fields.List(fields.String(), required=True)


class RefusedLineView(Schema):
    line = fields.Integer(attribute="number", required=True)
    reason = fields.String(required=True)


class ImportView(Schema):
    """What an upload changes, or has just changed."""

    id = fields.UUID(required=True)
    expires_at = fields.AwareDateTime(required=True)
    applied = fields.Boolean(required=True)
    states = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The states that the file holds whole."},
    )
    municipalities = fields.Nested(ChangesView, required=True)
    districts = fields.Nested(ChangesView, required=True)
    refused_count = fields.Integer(required=True)
    refused = fields.List(fields.Nested(RefusedLineView), required=True)


@bp.route("", methods=["POST"])
@bp.upload("text/plain", limit=UPLOAD_LIMIT)
@bp.response(201, ImportView)
def preview_import(content: bytes) -> Response:
    """Keep a GV100AD file for a day and answer what it would change.

    The same file again is the same import, so no Idempotency-Key is needed.
    """
    directory = read(lines(content))
    require_usable(directory)
    with session(kit().engine) as connection:
        upload = keep(connection, content, principal().subject, kit().now())
    answer = _answer(upload, _plan(directory), applied=False)
    answer.status_code = 201
    answer.headers["Location"] = url_for(".show_import", upload_id=upload.upload_id)
    return answer


@bp.route("/<uuid:upload_id>", methods=["GET"])
@bp.response(200, ImportView)
def show_import(upload_id: UUID) -> Response:
    """Compare the kept file with the register as it is now."""
    upload = _kept(upload_id)
    return _answer(upload, _plan(read(lines(upload.content))), applied=False)


@bp.route("/<uuid:upload_id>/apply", methods=["POST"])
@bp.response(200, ImportView)
def apply_import(upload_id: UUID) -> Response:
    """Change the register as the preview says; a second time finds nothing left to change."""
    upload = _kept(upload_id)
    planned = _plan(read(lines(upload.content)))
    for _ in carry_out(kit(), planned, context()):
        pass
    return _answer(upload, planned, applied=True)


def _kept(upload_id: UUID) -> Upload:
    with session(kit().engine) as connection:
        upload = find(connection, upload_id, kit().now())
    if upload is None:
        raise NotFound("not-found", "There is no such thing here.")
    return upload


def _plan(directory: Directory) -> Plan:
    with session(kit().engine) as connection:
        register = present(connection)
    return plan(directory, register)


def _answer(upload: Upload, planned: Plan, *, applied: bool) -> Response:
    directory = planned.directory
    shown = {
        "id": upload.upload_id,
        "expires_at": upload.expires_at,
        "applied": applied,
        "states": sorted(directory.states),
        "municipalities": _numbers(planned.municipalities),
        "districts": _numbers(planned.districts),
        "refused_count": directory.refused_count,
        "refused": directory.refused,
    }
    return Response(orjson.dumps(ImportView().dump(shown)), content_type="application/json")


def _numbers(changes: Changes) -> dict[str, Any]:
    return {
        "new": len(changes.new),
        "changed": len(changes.changed),
        "gone": len(changes.gone),
        "unchanged": changes.unchanged,
        "changed_keys": [key for key, _ in changes.changed[:SHOWN_KEYS]],
        "gone_keys": [key for key, _ in changes.gone[:SHOWN_KEYS]],
    }
