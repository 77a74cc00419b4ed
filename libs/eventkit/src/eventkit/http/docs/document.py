"""The OpenAPI document as it is served: what apispec collected, with examples and problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from http import HTTPStatus
from typing import Any, cast

import orjson
from flask import Flask

from eventkit.http.docs.examples import Examples, Words
from eventkit.http.openapi import ServiceApi
from eventkit.http.problem_kinds import KINDS
from eventkit.http.problems import MEDIA_TYPE
from eventkit.http.wording import Wording, wording_of

Json = dict[str, Any]
_EXTENSION = "eventkit.document"
_OURS = frozenset({"application/json", "application/x-www-form-urlencoded"})
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_INSTANCE = "urn:uuid:0a4f2a55-3a2d-4a0b-9a7e-5d8f3c1b2e60"
_FAULT = {"detail": "Missing data for required field.", "pointer": "#/title"}


class Document:
    """The document of one app, built when it is first asked for."""

    def __init__(self, api: ServiceApi, words: Words, wording: Wording) -> None:
        self._api = api
        self._words = words
        self._wording = wording
        self._built: tuple[bytes, str] | None = None

    def served(self) -> tuple[bytes, str]:
        """The document as JSON, and its ETag."""
        if self._built is None:
            body = orjson.dumps(complete(self._api.spec.to_dict(), self._words, self._wording))
            self._built = body, f'"{blake2b(body, digest_size=12).hexdigest()}"'
        return self._built


def add_document(app: Flask, api: ServiceApi, words: Words) -> None:
    """Let an app serve what its Api collects."""
    app.extensions[_EXTENSION] = Document(api, words, wording_of(app))


def document_of(app: Flask) -> Document:
    return cast(Document, app.extensions[_EXTENSION])


def complete(document: Json, words: Words, wording: Wording) -> Json:
    """Add examples to all bodies, arguments and problems."""
    components = document["components"]
    # flask-smorest's own pages, which no route of ours has.
    components["schemas"].pop("PaginationMetadata", None)
    examples = Examples(components["schemas"], words)
    for operation in _operations(document):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            _exemplify(part.get("content", {}), examples)
    for parameter in _parameters(document):
        _exemplify_parameter(parameter, examples)
    for name, response in components.get("responses", {}).items():
        _explain(name, response, wording)
    return document


def _operations(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from (operation for method, operation in item.items() if method in _METHODS)


def _parameters(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from item.get("parameters", [])
    for operation in _operations(document):
        yield from operation.get("parameters", [])


def _exemplify(content: Json, examples: Examples) -> None:
    for media_type, body in content.items():
        # What other standards describe brings its own examples.
        if media_type in _OURS and not {"example", "examples"} & set(body):
            body["example"] = examples.of(body["schema"])


def _exemplify_parameter(parameter: Json, examples: Examples) -> None:
    if parameter.get("required") and "example" not in parameter:
        parameter["example"] = examples.of(parameter["schema"], "", parameter["name"])


def _explain(name: str, response: Json, wording: Wording) -> None:
    """Say which codes come with a status, each with an example of the problem."""
    status = HTTPStatus[name].value
    codes = [code for code, kind in sorted(wording.kinds.items()) if status in kind.statuses]
    listed = ", ".join(f"[`{code}`]({wording.type_of(code)})" for code in codes)
    response["description"] = f"{HTTPStatus(status).phrase}. Codes: {listed}."
    # Those that every route can answer; the others are explained where their links lead.
    shown = [code for code in codes if code in KINDS] or codes
    response["content"][MEDIA_TYPE]["examples"] = {
        code: {
            "summary": wording.kinds[code].title,
            "value": problem_example(code, status, wording),
        }
        for code in shown
    }


def problem_example(code: str, status: int, wording: Wording) -> Mapping[str, Any]:
    """A problem of this kind, as it is answered in English."""
    kind = wording.kinds[code]
    problem = {
        "type": wording.type_of(code),
        "title": kind.title,
        "status": status,
        "code": code,
        "detail": kind.remedy,
        "instance": _INSTANCE,
    }
    return problem | ({"errors": [_FAULT]} if code == "invalid" else {})
