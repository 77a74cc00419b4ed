"""What views are made of: run a command and answer, or answer a question.

A view checks nothing that stands here: the policy table has admitted the caller, `arguments`
has checked the body, the kit keeps the caller's idempotency key and compares versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema

from eventkit.auth.principal import Principal
from eventkit.domain import Aggregate
from eventkit.recorded import Context, Written

if TYPE_CHECKING:
    from eventkit.unit import Kit


def kit() -> Kit:
    """The kit of this process."""
    raise NotImplementedError


def principal() -> Principal:
    """The caller; raises LookupError in a public endpoint that was called without a token."""
    raise NotImplementedError


def context() -> Context:
    """On whose behalf this request runs its commands."""
    raise NotImplementedError


def execute(aggregate: Aggregate[Any, Any, Any], key: object, command: object) -> Written[Any]:
    """Run a command without a precondition; an Idempotency-Key is honoured when it came."""
    raise NotImplementedError


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
    raise NotImplementedError


def added(
    aggregate: Aggregate[Any, Any, Any],
    key: object,
    command: object,
    endpoint: str,
    **url: object,
) -> Response:
    """Create a part inside of a thing that exists: like `created`, without a precondition."""
    raise NotImplementedError


def changed(aggregate: Aggregate[Any, Any, Any], key: object, command: object) -> Response:
    """Change a thing: wants If-Match (428 without, 412 stale), 200, ETag, `{"id", "version"}`."""
    raise NotImplementedError


def found(query: sa.Select[Any], schema: type[Schema]) -> Response:
    """Answer the one row of the query, or 404; ETag from its `stream_version`, 304 when known."""
    raise NotImplementedError


def listed(
    query: sa.Select[Any], schema: type[Schema], *, sort: tuple[sa.ColumnElement[Any], ...]
) -> Response:
    """Answer a page of the query's rows: `{"items", "next"}`, and the next page as a Link.

    `limit` (1..200, else 50) and `cursor` come from the request. `sort` must be unique and
    without NULLs; wrap a column with `.desc()` where it falls.
    """
    raise NotImplementedError
