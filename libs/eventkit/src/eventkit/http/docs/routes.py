"""The pages for people and programs who get to know a service; anybody may read them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, current_app, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from marshmallow import fields
from werkzeug.exceptions import NotFound

from eventkit.http.blueprint import Blueprint
from eventkit.http.docs import assets
from eventkit.http.docs.document import document_of
from eventkit.http.policy import PUBLIC, Policy
from eventkit.http.preconditions import is_known
from eventkit.http.problem_kinds import Kind
from eventkit.http.schemas import Unversioned
from eventkit.http.wording import language, say, wording

bp = Blueprint("docs", __name__, url_prefix="", description="This description, for people too.")
POLICY: dict[str, Policy] = {
    "docs.show_index": PUBLIC,
    "docs.read_openapi": PUBLIC,
    "docs.show_docs": PUBLIC,
    "docs.read_asset": PUBLIC,
    "docs.list_problems": PUBLIC,
    "docs.show_problem": PUBLIC,
}
# Nothing from elsewhere, nothing inline; Swagger UI shows its icons from `data:` addresses.
_CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HTML = {"content": {"text/html": {"schema": {"type": "string"}}}}
_FILE = {"content": {media_type: {"schema": {"type": "string"}} for media_type in assets.TYPES}}
_pages = Environment(
    loader=PackageLoader("eventkit.http.docs"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class KindView(Unversioned):
    """What a problem's `code` means."""

    code = fields.String(required=True)
    type = fields.String(required=True, metadata={"description": "The URI of the kind."})
    title = fields.String(required=True)
    remedy = fields.String(required=True, metadata={"description": "What to do about it."})
    statuses = fields.List(fields.Integer(), required=True)


class KindsView(Unversioned):
    items = fields.List(fields.Nested(KindView), required=True)


@bp.route("/", methods=["GET"])
@bp.doc(responses={200: _HTML})
@bp.response(200, description="A page for people.")
def show_index() -> Response:
    """Say what this service is, and where everything else is found."""
    return _page("index.html", root="")


@bp.route("/openapi.json", methods=["GET"])
@bp.doc(responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}})
@bp.response(200, description="An OpenAPI 3.1 document.")
def read_openapi() -> Response:
    """Read this description, for programs."""
    body, etag = document_of(current_app).served()
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if is_known(etag):
        return Response(status=304, headers=headers)
    return Response(body, content_type="application/json", headers=headers)


@bp.route("/docs", methods=["GET"])
@bp.doc(responses={200: _HTML})
@bp.response(200, description="A page for people.")
def show_docs() -> Response:
    """Read this description and try the routes, in a browser."""
    return _page("docs.html", root="")


@bp.route("/docs/assets/<digest>/<name>", methods=["GET"])
@bp.doc(responses={200: _FILE})
@bp.response(200, description="A script or a style sheet.")
def read_asset(digest: str, name: str) -> Response:
    """Read a file of the pages; its address changes with its content."""
    if (found := assets.read(digest, name)) is None:
        raise NotFound
    content, content_type = found
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content, content_type=content_type, headers=kept)


@bp.route("/problems", methods=["GET"])
@bp.response(200, KindsView)
def list_problems() -> Response | dict[str, Any]:
    """List what the `code` of a problem can be, and what it means."""
    kinds = [_told(code, kind) for code, kind in sorted(wording().kinds.items())]
    if _wants_page():
        return _page("problems.html", root="", kinds=kinds)
    return {"items": kinds}


@bp.route("/problems/<code>", methods=["GET"])
@bp.response(200, KindView)
def show_problem(code: str) -> Response | dict[str, Any]:
    """Say what one `code` means: the `type` of a problem leads here."""
    if (kind := wording().kinds.get(code)) is None:
        raise NotFound
    told = _told(code, kind)
    if _wants_page():
        return _page("problems.html", root="../", kinds=[told])
    return told


def _told(code: str, kind: Kind) -> dict[str, Any]:
    return {
        "code": code,
        "type": wording().type_of(code),
        "title": say(kind.title),
        "remedy": say(kind.remedy),
        "statuses": list(kind.statuses),
    }


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _page(template: str, **values: Any) -> Response:
    page = _pages.get_template(template).render(
        title=current_app.config["API_TITLE"],
        about=current_app.config["ABOUT"],
        say=say,
        language=language(),
        asset=assets.address,
        phrase=lambda status: HTTPStatus(status).phrase,
        **values,
    )
    headers = {"Content-Security-Policy": _CONTENT_POLICY, "Referrer-Policy": "no-referrer"}
    headers["Content-Language"] = language()
    return Response(page, content_type="text/html; charset=utf-8", headers=headers)
