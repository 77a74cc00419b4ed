"""The sample with routes: what a service's api.py looks like, for the tests of the HTTP kit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields, validate

from contracts.events.meetings import Mode
from eventkit.domain import Invalid
from eventkit.http.blueprint import Blueprint
from eventkit.http.deprecation import Deprecation
from eventkit.http.fields import Instant, Integer, LongText, Text
from eventkit.http.limits import token_endpoint
from eventkit.http.policy import ANYONE_SIGNED_IN, PUBLIC, allow
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import added, changed, created, found, kit, listed, principal, shown
from eventkit.service import Service
from tests.integration.eventkit.sample import SAMPLE, TITLES, cancel, plan, titles

LIMIT = 2_000_000
bp = Blueprint("things", __name__, url_prefix="/v1/things", description="Things.")


class Part(Schema):
    name = Text()
    mode = fields.Enum(Mode, by_value=True)
    seats = Integer(1, 500)


class PlanBody(Schema):
    title = Text(1, 200, required=True)
    note = LongText()
    starts_at = Instant()
    kind = fields.String(validate=validate.OneOf(["a", "b"]))
    parts = fields.List(fields.Nested(Part), validate=validate.Length(max=50))


class Reason(Schema):
    reason = Text(required=True)


class Title(Schema):
    meeting_id = fields.UUID()
    title = fields.String()
    state = fields.String()


class Filter(Schema):
    state = Text()


class OldFilter(Schema):
    name = Text(metadata={"deprecated": True})


class Echo(Schema):
    subject = fields.String()
    size = fields.Integer()


@bp.route("", methods=["POST"])
@bp.arguments(PlanBody)
@bp.response(201, Written)
def plan_thing(body: dict[str, Any]) -> Response:
    """Plan a thing."""
    if body["title"] == "refused":
        raise Invalid("bad-title", "This title is not for things.", pointer="/title")
    key = uuid4()
    return created(SAMPLE, key, plan(key, body["title"]), ".show_thing", thing_id=key)


@bp.route("", methods=["GET"])
@bp.arguments(Filter, location="query")
@bp.response(200, page_of(Title))
def list_things(query: dict[str, Any]) -> Response:
    """List things by title."""
    select = sa.select(titles)
    if "state" in query:
        select = select.where(titles.c.state == query["state"])
    return listed(select, Title, sort=(titles.c.title.desc(), titles.c.meeting_id))


@bp.route("/<uuid:thing_id>", methods=["GET"])
@bp.response(200, Title)
def show_thing(thing_id: UUID) -> Response:
    """Show a thing."""
    return found(sa.select(titles).where(titles.c.meeting_id == thing_id), Title)


@bp.route("/<uuid:thing_id>/cancellation", methods=["POST"])
@bp.arguments(Reason)
@bp.response(200, Written)
def cancel_thing(_: dict[str, Any], thing_id: UUID) -> Response:
    """Cancel a thing."""
    return changed(SAMPLE, thing_id, cancel(thing_id))


@bp.route("/<uuid:thing_id>/parts", methods=["POST"])
@bp.arguments(Reason)
@bp.response(201, Written)
def add_part(body: dict[str, Any], thing_id: UUID) -> Response:
    """Add a part, which is here the same as planning again."""
    return added(SAMPLE, thing_id, plan(thing_id, body["reason"]), ".show_thing", thing_id=thing_id)


@bp.route("/uploads", methods=["POST"])
@bp.upload("text/plain", limit=LIMIT)
@bp.response(200, Echo)
def upload(content: bytes) -> dict[str, Any]:
    """Take a file."""
    return {"subject": principal().subject, "size": len(content)}


@bp.route("/crash", methods=["GET"])
@bp.response(200, Echo)
def crash() -> Response:
    """Fail with something that must not be told."""
    raise KeyError("a secret")


@bp.route("/slow/<int:milliseconds>", methods=["GET"])
@bp.response(200, Echo)
def slow(milliseconds: int) -> dict[str, Any]:
    """Let the database wait."""
    with_time = sa.select(sa.func.pg_sleep(milliseconds / 1000))
    with kit().engine.connect() as connection:
        connection.execute(with_time)
    return {"subject": principal().subject, "size": milliseconds}


@bp.route("/open", methods=["GET"])
@bp.response(200, Echo)
def public() -> dict[str, Any]:
    """Answer anybody."""
    return {"subject": "anybody", "size": 0}


@bp.route("/large", methods=["GET"])
@bp.response(200, Title)
def show_large() -> Response:
    """Show a thing that is worth compressing."""
    return shown({"title": "Treffen " * 500}, Title, version=3)


@bp.route("/old", methods=["GET"])
@bp.deprecated(
    Deprecation(
        since=datetime(2026, 3, 1, tzinfo=UTC),
        sunset=datetime(2027, 3, 1, 12, tzinfo=UTC),
        link="https://netz.example.org/news/old",
        successor="/v1/things",
    )
)
@bp.response(200, Echo)
def old() -> dict[str, Any]:
    """Answer for a while yet."""
    return {"subject": "anybody", "size": 0}


@bp.route("/older", methods=["GET"])
@bp.deprecated(Deprecation(since=datetime(2026, 3, 1, tzinfo=UTC), parameter="name"))
@bp.arguments(OldFilter, location="query")
@bp.response(200, Echo)
def with_old_parameter(_: dict[str, Any]) -> dict[str, Any]:
    """Answer as before, with a parameter that goes."""
    return {"subject": "anybody", "size": 0}


@bp.route("/token", methods=["POST"])
@bp.response(200, Echo)
@token_endpoint
def token() -> dict[str, Any]:
    """Stand for the token endpoint."""
    return {"subject": "token", "size": 0}


POLICY = {
    "things.plan_thing": allow("organiser", "steering_group"),
    "things.list_things": ANYONE_SIGNED_IN,
    "things.show_thing": ANYONE_SIGNED_IN,
    "things.cancel_thing": allow("organiser"),
    "things.add_part": allow("organiser"),
    "things.upload": allow("operator", "organiser"),
    "things.crash": ANYONE_SIGNED_IN,
    "things.slow": ANYONE_SIGNED_IN,
    "things.public": PUBLIC,
    "things.show_large": ANYONE_SIGNED_IN,
    "things.token": PUBLIC,
    "things.old": PUBLIC,
    "things.with_old_parameter": PUBLIC,
}

SERVICE = Service(
    name="things",
    aggregates=(SAMPLE,),
    read_models=(TITLES,),
    blueprints=(bp,),
    policy=POLICY,
    migrations=Path(__file__).parent / "http_sample_migrations",
    issues_tokens=True,
)
