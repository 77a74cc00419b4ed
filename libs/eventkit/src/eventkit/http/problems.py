"""Refusals and failures as RFC 9457 problem details; the one place that knows HTTP statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask import Response, g
from marshmallow import Schema, fields

from eventkit.http.wording import language, say, wording

MEDIA_TYPE = "application/problem+json"
# A body of a mebibyte can be wrong in a hundred thousand places, under names as long as itself.
MOST_FAULTS = 100
_LONGEST_NAME = 200


class Fault(Schema):
    """One thing that is wrong with a request."""

    detail = fields.String(required=True, metadata={"description": "A sentence for people."})
    pointer = fields.String(
        metadata={"description": "Where in the body, as a JSON pointer: `#/agenda/0/title`."}
    )
    parameter = fields.String(metadata={"description": "The query parameter or header."})


class Problem(Schema):
    """Every answer of 400 and above (RFC 9457)."""

    type = fields.String(
        required=True,
        metadata={"description": "The URI of the `code`, which leads to what it means."},
    )
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(metadata={"description": "A sentence for people."})
    instance = fields.String(
        metadata={"description": "Names this one answer; the logs know it by the same id."}
    )
    code = fields.String(required=True, metadata={"description": "Stable, for programs."})
    errors = fields.List(fields.Nested(Fault))


class HttpRefusal(Exception):
    """A request that is refused before or beside the domain's rules."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        return problem(
            self.status, self.code, self.detail, errors=self.errors, headers=self.headers
        )


def problem(
    status: int,
    code: str,
    detail: str | None = None,
    *,
    errors: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer of 400 or above."""
    words = wording()
    body: dict[str, Any] = {
        "type": words.type_of(code),
        "title": words.title(code, status),
        "status": status,
        "code": code,
    }
    if detail:
        body["detail"] = say(detail)
    if correlation_id := g.get("correlation_id"):
        body["instance"] = f"urn:uuid:{correlation_id}"
    if listed := list(errors):
        body["errors"] = [
            {**fault, "detail": say(fault["detail"])} for fault in listed[:MOST_FAULTS]
        ]
    told = {**(headers or {}), "Content-Language": language()}
    return Response(orjson.dumps(body), status, told, content_type=MEDIA_TYPE)


def pointer(*parts: str | int) -> str:
    """A JSON pointer as URI fragment (RFC 6901): `#/agenda/0/title`."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def faults(messages: object, at: tuple[str | int, ...] = ()) -> list[dict[str, str]]:
    """What marshmallow says, flattened: a fault a sentence, each with its pointer."""
    if isinstance(messages, Mapping):
        return [
            fault
            for name, inner in messages.items()
            for fault in faults(inner, at if _is_no_place(name) else (*at, name))
        ]
    if isinstance(messages, list):
        return [fault for inner in messages for fault in faults(inner, at)]
    return [{"detail": str(messages), "pointer": pointer(*at)}]


def _is_no_place(name: str | int) -> bool:
    """What is wrong there is told at the object that holds it."""
    return name == "_schema" or len(str(name)) > _LONGEST_NAME
