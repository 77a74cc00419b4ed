"""Requests that hold a canary in every place that a caller can fill, made from the documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.security.canary import Canaries

Json = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")
ARGUMENT = re.compile(r"{(\w+)}")
# What is sent along with every request, for whoever logs headers.
HEADERS = (
    "User-Agent", "Referer", "Cookie", "X-Request-Id", "X-Correlation-Id", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Original-URL", "X-HTTP-Method-Override", "Forwarded", "From", "Via",
    "Traceparent", "Tracestate", "Baggage", "Accept-Language", "Origin", "X-Api-Key", "Prefer",
    "Proxy-Authorization", "Accept",
)  # fmt: skip


# What some requests say otherwise than all others.
SPECIAL = {
    "credentials": "Authorization",
    "content_type": "Content-Type",
    "encoding": "Content-Encoding",
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request; `token` says whether the caller's token goes with it."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    token: bool = True


@dataclass(frozen=True)
class Spray:
    """All requests that one service's document gives."""

    canaries: Canaries
    document: Json

    def __iter__(self) -> Iterator[Request]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield from self._operation(method.upper(), path, item[method])

    def _operation(self, method: str, path: str, operation: Json) -> Iterator[Request]:
        real = ARGUMENT.sub(lambda _: str(uuid4()), path)
        invented = ARGUMENT.sub(lambda _: self.canaries.word(), path)
        query = self._query(operation)
        yield self._request(method, invented, query=query)
        yield self._request(method, real, query={self.canaries.word(): self.canaries.word()})
        yield self._request(method, real, credentials=f"Bearer {self._secret()}")
        yield self._request(method, real, credentials=f"Basic {self._secret()}")
        yield self._request(f"X{self.canaries.word()}"[:20].upper(), real)
        content = operation.get("requestBody", {}).get("content", {})
        for media_type, described in content.items():
            yield from self._bodies(method, real, media_type, described.get("schema", {}))

    def _bodies(self, method: str, path: str, media_type: str, schema: Json) -> Iterator[Request]:
        word = self.canaries.word
        fitting, wrong = self._value(schema), self._wrong(schema)
        texts = [
            json.dumps(fitting),
            json.dumps(wrong),
            json.dumps({word(): word()}),
            json.dumps([word()]),
            f'{{"{word()}": "{word()}\\n{{\\"level\\": \\"forged\\"}}\\u001b[31m", ',
            f'{{"{word()}": "{word()}", "{word()}": NaN}}',
            "&".join(f"{name}={word()}" for name in ("grant_type", "client_id", word())),
        ]
        for text in texts:
            yield self._request(method, path, content=text, content_type=media_type)
        strange = f"application/{word()}; charset={word()}"
        yield self._request(method, path, content=word(), content_type=strange)
        yield self._request(method, path, content=word(), encoding=word())

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: str | None = None,
        **special: str,
    ) -> Request:
        headers = {name: self.canaries.word() for name in HEADERS}
        headers |= {"Idempotency-Key": f'"{self.canaries.word()}"', "If-Match": "*"}
        headers |= {"If-None-Match": f'"{self.canaries.word()}"'}
        return Request(
            method=method,
            path=path,
            query=query or {},
            headers=headers | {SPECIAL[name]: value for name, value in special.items()},
            content=None if content is None else content.encode(),
            token="credentials" not in special,
        )

    def _secret(self) -> str:
        return self.canaries.word(self.canaries.secret)

    def _query(self, operation: Json) -> dict[str, str]:
        parameters = [self._resolved(one) for one in operation.get("parameters", [])]
        return {one["name"]: self.canaries.word() for one in parameters if one["in"] == "query"}

    def _resolved(self, part: Json) -> Json:
        if "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return self._resolved(found)

    def _value(self, schema: Json) -> Any:
        """What fits as far as this can tell, with a canary where any text fits."""
        schema = self._resolved(schema)
        for name in ("allOf", "anyOf", "oneOf"):
            if name in schema:
                return self._value(schema[name][0])
        if "enum" in schema:
            return schema["enum"][0]
        kinds = schema.get("type", "object")
        kind = kinds[0] if isinstance(kinds, list) else kinds
        if kind == "object":
            return {name: self._value(one) for name, one in schema.get("properties", {}).items()}
        if kind == "array":
            return [self._value(schema.get("items", {"type": "string"}))]
        return self._scalar(kind, schema)

    def _scalar(self, kind: str, schema: Json) -> Any:
        formats = {"uuid": str(uuid4()), "date-time": "2031-03-01T10:00:00Z", "date": "2031-03-01"}
        plain = {"integer": schema.get("minimum", 1), "number": 1, "boolean": True}
        text = formats.get(schema.get("format", "")) or self.canaries.word()
        return plain.get(kind, text)

    def _wrong(self, schema: Json) -> Any:
        """A canary for every member, whatever fits there."""
        schema = self._resolved(schema)
        return {name: self.canaries.word() for name in schema.get("properties", {"x": {}})}
