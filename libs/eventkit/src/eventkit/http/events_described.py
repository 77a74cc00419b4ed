"""What a service tells about its events, to everybody: AsyncAPI, JSON Schemas, a catalogue page."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b, sha256
from typing import Any

import orjson
from flask import Flask, Response, current_app
from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.exceptions import NotFound

from contracts.asyncapi import document
from contracts.catalog import published_by
from contracts.descriptions import descriptions
from contracts.examples import example
from contracts.schemas import json_schema
from contracts.topics import schema_uri, topic
from eventkit.http.blueprint import Blueprint
from eventkit.http.policy import PUBLIC, Policy
from eventkit.http.preconditions import is_known
from eventkit.service import Service
from eventkit.settings import Settings

ASYNCAPI = "application/vnd.aai.asyncapi+json;version=3.1.0"
SCHEMA = "application/schema+json"
POLICY: dict[str, Policy] = {
    "event_docs.show_asyncapi": PUBLIC,
    "event_docs.show_schema": PUBLIC,
    "event_docs.show_catalogue": PUBLIC,
}
# A version may get an optional field; whoever validates with yesterday's schema still does well.
_SCHEMA_LIFETIME = "public, max-age=86400, immutable"
_PAGE_LIFETIME = "public, max-age=300"
_EXTENSION = "eventkit.event_docs"

bp = Blueprint("event_docs", __name__, url_prefix="", description="What the events mean and hold.")

_files = Environment(
    loader=PackageLoader("eventkit.http", "catalogue"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Told:
    """What the descriptions of one service depend on."""

    service: str
    source: str
    hears: tuple[str, ...]
    on_kafka: bool


def describe_events(app: Flask, service: Service, settings: Settings) -> None:
    """Prepare the routes; what they answer is made when it is first asked for."""
    app.extensions[_EXTENSION] = Told(
        service=service.name,
        source=settings.source,
        hears=tuple(subscription.source for subscription in service.subscriptions),
        on_kafka=bool(settings.kafka_bootstrap_servers),
    )


def _told_as(content_type: str, kind: str) -> dict[int, Any]:
    """How the answers of a route are described: with a tag, and 304 for who has it."""
    etag = {"description": "Changes with the content.", "schema": {"type": "string"}}
    content = {content_type: {"schema": {"type": kind}}}
    return {
        200: {"content": content, "headers": {"ETag": etag}},
        304: {"description": "Nothing changed since the ETag of If-None-Match."},
    }


@bp.route("/asyncapi.json", methods=["GET"])
@bp.doc(responses=_told_as(ASYNCAPI, "object"))
@bp.response(200, description="An AsyncAPI 3.1 document.")
def show_asyncapi() -> Response:
    """Describe topic, feed and every event of this service."""
    return _answer(_asyncapi(_told()), ASYNCAPI, _PAGE_LIFETIME)


@bp.route("/schemas/<name>", methods=["GET"])
@bp.doc(responses=_told_as(SCHEMA, "object"))
@bp.response(200, description="A JSON Schema, 2020-12.")
def show_schema(name: str) -> Response:
    """Show the JSON Schema of an event's data: what its `dataschema` leads to.

    The name is that of the event with its version, such as `meeting.scheduled.v1`.
    """
    return _answer(_schema(_told(), name), SCHEMA, _SCHEMA_LIFETIME)


@bp.route("/catalogue", methods=["GET"])
@bp.doc(responses=_told_as("text/html", "string"))
@bp.response(200, description="A page for people.")
def show_catalogue() -> Response:
    """Show people what each event of this service means and holds."""
    body, style_hash = _catalogue(_told())
    answer = _answer(body, "text/html; charset=utf-8", _PAGE_LIFETIME)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src '{style_hash}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return answer


def _told() -> Told:
    told: Told = current_app.extensions[_EXTENSION]
    return told


def _answer(body: bytes, content_type: str, lifetime: str) -> Response:
    headers = {
        "ETag": f'"{blake2b(body, digest_size=9).hexdigest()}"',
        "Cache-Control": lifetime,
    }
    if is_known(headers["ETag"]):
        return Response(status=304, headers=headers)
    return Response(body, content_type=content_type, headers=headers)


@cache
def _asyncapi(told: Told) -> bytes:
    return orjson.dumps(
        document(told.service, told.source, hears=told.hears, on_kafka=told.on_kafka)
    )


def _schema(told: Told, name: str) -> bytes:
    """Raises NotFound."""
    for declared in published_by(told.service):
        if declared.wire == name:
            schema = json_schema(declared, "published") | {"examples": [example(declared)]}
            return orjson.dumps(schema | {"$id": schema_uri(told.source, name)})
    raise NotFound


@cache
def _catalogue(told: Told) -> tuple[bytes, str]:
    """The page, and the hash of the one style that its policy lets pass."""
    style = _files.get_template("catalogue.css").render()
    page = _files.get_template("catalogue.html").render(
        told=told,
        style=style,
        topic=topic(told.service) if told.on_kafka else None,
        events=descriptions(told.service),
    )
    return page.encode(), f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"
