"""The OpenAPI 3.1 document: what every route has in common is written down here, once."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Flask
from marshmallow import Schema

from eventkit.http.policy import Policy
from eventkit.http.problems import MEDIA_TYPE, Problem
from eventkit.http.schemas import Page, Unversioned, Written

_TAG = r'(W/)?"[!#-~]*"'
Json = dict[str, Any]


def _header(description: str, example: str) -> Json:
    return {"description": description, "schema": {"type": "string"}, "example": example}


_ETAG = _header("The version to name in If-Match, the answer to name in If-None-Match.", '"4.81f0"')
_LOCATION = _header("Where the new thing is shown.", "/v1/meetings/6c1d8a52")
_LINK = _header("The next page, where there is one.", '</v1/meetings?cursor=AZx>; rel="next"')
_LIMITS = {
    "RateLimit-Policy": _header("The quotas that count this request.", '"client";q=600;w=60'),
    "RateLimit": _header("What is left of them, and for how many seconds.", '"client";r=599;t=60'),
}
_LAST_DAYS = {
    "Deprecation": _header("Since when this route is deprecated (RFC 9745).", "@1772323200"),
    "Sunset": _header("When it goes (RFC 8594).", "Sun, 28 Feb 2027 23:00:00 GMT"),
    "Link": _header("What follows it, and why.", '</v2/things>; rel="successor-version"'),
}
_AFTER = {"Retry-After": _header("Wait as many seconds before the next try.", "5")}
_CHALLENGE = {
    "WWW-Authenticate": _header("What a token is needed for (RFC 6750).", 'Bearer error="…"')
}
# By the name that flask-smorest gives to the answer of a status.
_HEADERS_OF_REFUSALS: Mapping[str, Json] = {
    "UNAUTHORIZED": _CHALLENGE,
    "FORBIDDEN": _CHALLENGE,
    "CONFLICT": _AFTER,
    "UNSUPPORTED_MEDIA_TYPE": {"Accept": _header("The type to send.", "application/json")},
    "TOO_MANY_REQUESTS": {**_AFTER, **_LIMITS},
    "SERVICE_UNAVAILABLE": _AFTER,
}
ABOUT_REQUESTS = """

**Tokens.** Send `Authorization: Bearer …`; the registry's token endpoint gives tokens to clients.
Each route says which roles may call it and which scope the token needs.

**Errors** are `application/problem+json` (RFC 9457). `code` is stable; `type` leads to what it
means and what to do. `Accept-Language: de` gives titles and sentences in German.

**Safe repetition.** Send an `Idempotency-Key` with whatever creates or changes something, and the
same key again when no answer came.

**Versions.** A thing's `ETag` goes into `If-Match` when you change it, and into `If-None-Match`
when you read it again.

**Lists** are pages: follow `Link: rel="next"`, or put `next` into `cursor`.

**Tracing.** `X-Correlation-Id` (a UUID) and `traceparent` (W3C) are taken over; every answer names
its `X-Correlation-Id`.
"""
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A new key for a new wish, the same key for a repetition: within 24 hours it "
    'gets the first answer again. A structured-field string, such as "8e03978e-40d5".',
    "schema": {
        "type": "string",
        "pattern": r'^("([ !#-\[\]-~]|\\["\\]){1,255}"|[A-Za-z0-9._:/+=-]{1,255})$',
    },
}
REQUIRED_KEY = {**IDEMPOTENCY_KEY, "required": True}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the thing as you know it; an older one is refused with 412.",
    "schema": {"type": "string", "pattern": rf"^(\*|{_TAG}([ \t]*,[ \t]*{_TAG})*)$"},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer that you have; 304 when it is still the same.",
    "schema": {"type": "string"},
}
_LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "How many items at most.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
}
_CURSOR = {
    "name": "cursor",
    "in": "query",
    "description": "The `next` of the page before; only good for the same caller and query.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
}


class ServiceApi(flask_smorest.Api):  # type: ignore[misc]  # published without types
    """flask-smorest's Api, with errors as problem+json and handled by the kit."""

    ERROR_SCHEMA = Problem
    # Every answer of a route is named, so none stands for "all others".
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """The kit's own handlers are registered by create_app."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            if status >= HTTPStatus.BAD_REQUEST:
                self.spec.components.response(status.name, _refusal(status), lazy=True)


def _refusal(status: HTTPStatus) -> Json:
    return {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": Problem}},
        "headers": _HEADERS_OF_REFUSALS.get(status.name, {}),
    }


def configure(app: Flask, title: str, about: str, public_url: str | None) -> None:
    """Set what flask-smorest reads; the document itself is served by the kit's own route."""
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    app.config.update(
        API_TITLE=f"Netztreff {title}",
        API_VERSION="1",
        ABOUT=about,
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {
                "description": about + ABOUT_REQUESTS,
                "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
            },
            "components": {"securitySchemes": {"bearer": bearer}},
            "security": [{"bearer": []}],
            "servers": [{"url": public_url or "/"}],
        },
    )


def describe(
    doc: dict[str, Any], info: dict[str, Any], *, app: Flask, method: str, **_: Any
) -> dict[str, Any]:
    """Add to one operation what follows from its method, its schemas and its policy."""
    endpoint = info["endpoint"]
    policy: Policy = app.extensions["eventkit"].policy[endpoint]
    responses = doc.setdefault("responses", {})
    body = doc.get("requestBody") or info.get("manual_doc", {}).get("requestBody", {})
    kind = _kind(method, responses, body)
    doc["operationId"] = endpoint.replace(".", "_")
    doc.setdefault("parameters", []).extend(_PARAMETERS[kind])
    for status in _refusals(kind, policy, has_body=bool(body)):
        responses.setdefault(status, HTTPStatus(status).name)
    _document_headers(responses, kind)
    if info.get("manual_doc", {}).get("deprecated"):
        _document_everywhere(responses, _LAST_DAYS)
    _say(doc, info, _callers(policy, method))
    if policy.public:
        doc["security"] = []
    else:
        doc["security"] = [{"bearer": [policy.scope_for(method)]}]
        doc["x-roles"] = sorted(policy.roles)
        _document_everywhere(responses, _LIMITS)
    return doc


def _say(doc: Json, info: Json, callers: str) -> None:
    """Name the operation as its view is named, and describe it by the whole of its docstring."""
    # flask-smorest has cut it in two, and would put the parts in the place of what stands here.
    parts = info.pop("docstring", {})
    said = info.setdefault("said", "\n\n".join(parts.get(part, "") for part in _DOCSTRING).strip())
    name = str(info["endpoint"]).rpartition(".")[2]
    info["docstring"] = {}
    doc["summary"] = name.replace("_", " ").capitalize()
    doc["description"] = f"{said}\n\n{callers}"


def _callers(policy: Policy, method: str) -> str:
    if policy.public:
        return "For anybody, without a token."
    roles = ", ".join(sorted(policy.roles))
    return f"Roles: {roles}. Scope: {policy.scope_for(method)}."


def _kind(method: str, responses: Mapping[Any, Any], body: Mapping[str, Any]) -> str:
    """What a view does, as its method and the schemas of body and answer tell."""
    schemas = {status: _schema(response) for status, response in responses.items()}
    if method in ("get", "head"):
        return _kind_of_question(schemas.get(200))
    for status, kind in _WRITTEN.items():
        if isinstance(schemas.get(status), Written):
            return kind
    if 201 in schemas and "text/plain" not in body.get("content", {}):
        return "registered"
    return "executed" if 204 in schemas else "other"


def _kind_of_question(schema: object) -> str:
    if isinstance(schema, Page):
        return "listed"
    is_versioned = isinstance(schema, Schema) and not isinstance(schema, Unversioned)
    return "found" if is_versioned else "read"


def _schema(response: object) -> object:
    if not isinstance(response, Mapping):
        return None
    return response.get("content", {}).get("application/json", {}).get("schema")


def _refusals(kind: str, policy: Policy, *, has_body: bool) -> list[int]:
    statuses = [400, 404, 422, 429, 500, 503]
    statuses += [] if policy.public else [401, 403]
    statuses += [413, 415] if has_body else []
    return statuses + _ALSO[kind]


def _document_headers(responses: dict[Any, Any], kind: str) -> None:
    for status, name, header in _HEADERS.get(kind, ()):
        if status in responses:
            responses[status].setdefault("headers", {})[name] = header
    if kind == "found":
        responses[304] = {"description": "Nothing changed since the ETag of If-None-Match."}


def _document_everywhere(responses: dict[Any, Any], headers: Json) -> None:
    """Add headers to every answer of an operation; those to refusals stand beside all routes."""
    for response in responses.values():
        if isinstance(response, dict):
            response.setdefault("headers", {}).update(headers)


_DOCSTRING = ("summary", "description")
_WRITTEN: Mapping[int, str] = {201: "created", 200: "changed", 202: "accepted"}
_PARAMETERS: Mapping[str, list[Json]] = {
    "found": [_IF_NONE_MATCH],
    "listed": [_LIMIT, _CURSOR],
    "created": [REQUIRED_KEY],
    "registered": [REQUIRED_KEY],
    "changed": [_IF_MATCH, IDEMPOTENCY_KEY],
    "accepted": [_IF_MATCH, IDEMPOTENCY_KEY],
    "executed": [IDEMPOTENCY_KEY],
    "read": [],
    "other": [],
}
_HEADERS: Mapping[str, list[tuple[int, str, Json]]] = {
    "found": [(200, "ETag", _ETAG)],
    "listed": [(200, "Link", _LINK)],
    "created": [(201, "ETag", _ETAG), (201, "Location", _LOCATION)],
    "registered": [(201, "Location", _LOCATION)],
    "changed": [(200, "ETag", _ETAG)],
    "accepted": [(202, "Location", _LOCATION)],
}
_ALSO: Mapping[str, list[int]] = {
    "found": [],
    "listed": [],
    "read": [],
    "created": [409],
    "registered": [409],
    "changed": [409, 412, 428],
    "accepted": [409, 412, 428],
    "executed": [409],
    "other": [409],
}
