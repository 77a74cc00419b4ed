"""The OpenAPI 3.1 document: what every route has in common is written down here, once."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Flask

from eventkit.http.policy import Policy
from eventkit.http.problems import MEDIA_TYPE, Problem
from eventkit.http.schemas import Page, Written

_TAG = r'(W/)?"[!#-~]*"'
_ETAG = {"description": "The version to name in If-Match.", "schema": {"type": "string"}}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A new key for a new wish, the same key for a repetition: within 24 hours it "
    'gets the first answer again. A structured-field string, such as "8e03978e-40d5".',
    "schema": {
        "type": "string",
        "pattern": r'^("([ !#-\[\]-~]|\\["\\]){1,255}"|[A-Za-z0-9._:/+=-]{1,255})$',
    },
}
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
    DEFAULT_RESPONSE_CONTENT_TYPE: str = "application/json"

    def _register_error_handlers(self) -> None:
        """The kit's own handlers are registered by create_app."""

    def _register_responses(self) -> None:
        # Errors, which are registered here, have a type of their own.
        usual, self.DEFAULT_RESPONSE_CONTENT_TYPE = self.DEFAULT_RESPONSE_CONTENT_TYPE, MEDIA_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual


def configure(app: Flask, title: str, public_url: str | None) -> None:
    """Set what flask-smorest reads; the document itself is served by the kit's own route."""
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    app.config.update(
        API_TITLE=f"Netztreff {title}",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
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
    kind = _kind(method, responses)
    doc["operationId"] = endpoint.replace(".", "_")
    doc.setdefault("parameters", []).extend(_PARAMETERS[kind])
    for status in _refusals(kind, policy, has_body="requestBody" in doc):
        responses.setdefault(status, HTTPStatus(status).name)
    _document_headers(responses, kind)
    if policy.public:
        doc["security"] = []
    else:
        doc["x-roles"] = sorted(policy.roles)
    return doc


def _kind(method: str, responses: Mapping[Any, Any]) -> str:
    """What a view does, as its method and the schema of its answer tell."""
    schemas = {status: _schema(response) for status, response in responses.items()}
    if method in ("get", "head"):
        return "listed" if isinstance(schemas.get(200), Page) else "found"
    if isinstance(schemas.get(201), Written):
        return "created"
    if isinstance(schemas.get(200), Written):
        return "changed"
    return "executed" if 204 in responses else "other"


def _schema(response: object) -> object:
    if not isinstance(response, Mapping):
        return None
    return response.get("content", {}).get("application/json", {}).get("schema")


def _refusals(kind: str, policy: Policy, *, has_body: bool) -> list[int]:
    statuses = [400, 404, 422, 500, 503]
    statuses += [] if policy.public else [401, 403]
    statuses += [413, 415] if has_body else []
    return statuses + _ALSO[kind]


def _document_headers(responses: dict[Any, Any], kind: str) -> None:
    if kind == "found" and 200 in responses:
        responses[200].setdefault("headers", {})["ETag"] = _ETAG
        responses[304] = {"description": "Nothing changed since the ETag of If-None-Match."}
    if kind in ("created", "changed"):
        status = 201 if kind == "created" else 200
        responses[status].setdefault("headers", {})["ETag"] = _ETAG
    if kind == "created":
        location = {"description": "Where the new thing is shown.", "schema": {"type": "string"}}
        responses[201]["headers"]["Location"] = location


_REQUIRED_KEY = {**_IDEMPOTENCY_KEY, "required": True}
_PARAMETERS: Mapping[str, list[dict[str, Any]]] = {
    "found": [_IF_NONE_MATCH],
    "listed": [_LIMIT, _CURSOR],
    "created": [_REQUIRED_KEY],
    "changed": [_IF_MATCH, _IDEMPOTENCY_KEY],
    "executed": [_IDEMPOTENCY_KEY],
    "other": [],
}
_ALSO: Mapping[str, list[int]] = {
    "found": [],
    "listed": [],
    "created": [409],
    "changed": [409, 412, 428],
    "executed": [409],
    "other": [409],
}
