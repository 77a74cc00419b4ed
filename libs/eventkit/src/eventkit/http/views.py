"""What views are made of: run a command and answer, or answer a question.

A view checks nothing that stands here: the policy table has admitted the caller, `arguments`
has checked the body, the kit keeps the caller's idempotency key and compares versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from flask import Response, request, url_for
from marshmallow import Schema

from eventkit.database import session
from eventkit.domain import Aggregate, NotFound
from eventkit.http import pages, preconditions
from eventkit.http.requests import became_true, context, kit, own_parties, principal
from eventkit.recorded import Written

__all__ = [
    "accepted",
    "added",
    "became_true",
    "changed",
    "context",
    "created",
    "done",
    "execute",
    "found",
    "is_repeated",
    "kit",
    "listed",
    "own_parties",
    "page_answer",
    "principal",
    "shown",
]

_JSON = "application/json"


def execute(aggregate: Aggregate[Any, Any, Any], key: object, command: object) -> Written[Any]:
    """Run a command without a precondition; an Idempotency-Key is honoured when it came."""
    known = preconditions.idempotency(required=False)
    return kit().execute(aggregate, key, command, context=context(), idempotency=known)


def is_repeated() -> bool:
    """Whether a call with this request's Idempotency-Key was answered before."""
    known = preconditions.idempotency(required=False)
    return known is not None and kit().earlier(known) is not None


def created(
    aggregate: Aggregate[Any, Any, Any],
    key: object,
    command: object,
    endpoint: str,
    **url: object,
) -> Response:
    """Create a thing with a stream of its own: 201, Location, ETag and `{"id", "version"}`.

    Wants an Idempotency-Key (400 without); a key that comes again gets the first answer again.
    `endpoint` and `url` name where the thing is shown; its last part is the answer's `id`.
    """
    # A random key names a stream that nobody has yet, so there is nothing to load.
    expected = 0 if isinstance(key, UUID) and key.version == 4 else None
    location = url_for(endpoint, **url)  # type: ignore[arg-type]  # converters take any value
    known = preconditions.idempotency(required=True, resource=location)
    written = kit().execute(
        aggregate, key, command, context=context(), expected=expected, idempotency=known
    )
    return _created(written, location)


def added(
    aggregate: Aggregate[Any, Any, Any],
    key: object,
    command: object,
    endpoint: str,
    **url: object,
) -> Response:
    """Create a part inside of a thing that exists: like `created`, without a precondition."""
    location = url_for(endpoint, **url)  # type: ignore[arg-type]  # converters take any value
    known = preconditions.idempotency(required=True, resource=location)
    written = kit().execute(aggregate, key, command, context=context(), idempotency=known)
    return _created(written, location)


def changed(aggregate: Aggregate[Any, Any, Any], key: object, command: object) -> Response:
    """Change a thing: wants If-Match (428 without, 412 stale), 200, ETag, `{"id", "version"}`."""
    expected = preconditions.expected_version()
    known = preconditions.idempotency(required=False, resource=request.path)
    written = kit().execute(
        aggregate, key, command, context=context(), expected=expected, idempotency=known
    )
    return done(key, written)


def done(key: object, written: Written[Any]) -> Response:
    """Answer a change that the view made itself, like `changed`."""
    return _written(200, str(key), written, {})


def accepted(written: Written[Any], location: str) -> Response:
    """Answer what was stored and will be done: 202, with where to see what became of it."""
    location = written.resource or location
    identity = location.rpartition("/")[2]
    return _written(202, identity, written, {"Location": location})


def found(query: sa.Select[Any], schema: type[Schema]) -> Response:
    """Answer the one row of the query, or 404; ETag from its `stream_version`, 304 when known."""
    with session(kit().engine) as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("not-found", "There is no such thing here.")
    return shown(row, schema, version=row["stream_version"])


def shown(thing: object, schema: type[Schema], *, version: int) -> Response:
    """Answer a thing that the view put together itself; like `found` in all else."""
    body = orjson.dumps(_dumper(schema).dump(thing))
    etag = preconditions.tag(version, body)
    if preconditions.is_known(etag):
        return Response(status=304, headers={"ETag": etag})
    return Response(body, content_type=_JSON, headers={"ETag": etag})


def listed(
    query: sa.Select[Any], schema: type[Schema], *, sort: tuple[sa.ColumnElement[Any], ...]
) -> Response:
    """Answer a page of the query's rows: `{"items", "next"}`, and the next page as a Link.

    `limit` (1..200, else 50) and `cursor` come from the request. `sort` must be unique and
    without NULLs; wrap a column with `.desc()` where it falls.
    """
    which = pages.wanted()
    with session(kit().engine) as connection:
        rows = connection.execute(pages.page(query, sort, which)).mappings().all()
    shown_rows = rows[: which.limit]
    more = pages.cursor(shown_rows[-1], sort) if len(rows) > which.limit else None
    return page_answer(shown_rows, schema, more)


def page_answer(items: Sequence[object], schema: type[Schema], more: str | None) -> Response:
    """Answer one page; `more` is the cursor of the next one."""
    body = {"items": _dumper(schema).dump(items, many=True), "next": more}
    headers = {"Link": f'<{_next_page(more)}>; rel="next"'} if more else {}
    return Response(orjson.dumps(body), content_type=_JSON, headers=headers)


def _created(written: Written[Any], location: str) -> Response:
    location = written.resource or location
    identity = location.rpartition("/")[2]
    return _written(201, identity, written, {"Location": location})


def _written(
    status: int, identity: str, written: Written[Any], headers: dict[str, str]
) -> Response:
    body = orjson.dumps({"id": identity, "version": written.version})
    headers |= {"ETag": preconditions.tag(written.version)}
    return Response(body, status, headers, content_type=_JSON)


def _next_page(cursor: str) -> str:
    query = {**request.args.to_dict(flat=False), "cursor": [cursor]}
    values: dict[str, Any] = {**query, **(request.view_args or {})}
    return url_for(str(request.endpoint), **values)


@cache
def _dumper(schema: type[Schema]) -> Schema:
    return schema()
