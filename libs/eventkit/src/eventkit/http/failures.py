"""Which answer each exception gets; the only table from refusals to HTTP statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog
from flask import Flask, Response, request
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, MethodNotAllowed

from contracts.catalog import UnknownEvent
from eventkit.auth.keys import KeysUnavailable
from eventkit.chain import BrokenStream
from eventkit.conflicts import StoreSuspect, VersionConflict
from eventkit.database import Unavailable
from eventkit.domain import Conflict, Forbidden, Invalid, NotFound, Refusal
from eventkit.http import preconditions
from eventkit.http.problems import HttpRefusal, problem
from eventkit.idempotency import KeyBusy, KeyTaken
from eventkit.unit import KeyReused, StaleVersion

_log = structlog.get_logger(component="http")
STATUS: Mapping[type[Refusal], int] = {Invalid: 422, NotFound: 404, Conflict: 409, Forbidden: 403}
_SOON = {"Retry-After": "1"}
_LATER = {"Retry-After": "5"}
# Somebody has to look at it first.
_MUCH_LATER = {"Retry-After": "60"}
# Sentences for what werkzeug raises; its own repeat parts of the request.
ROUTING: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "The request cannot be read."),
    404: ("not-found", "There is no such thing here."),
    405: ("method-not-allowed", "This method is not for this address."),
    413: ("too-large", "The body is larger than this address takes."),
    415: ("unsupported-media-type", "The body has a type that this address does not take."),
}


def register(app: Flask) -> None:
    """Answer every refusal, failure and crash as problem+json."""
    handlers: list[tuple[type[Exception], Callable[[Any], Response]]] = [
        (Refusal, _refused),
        (HttpRefusal, HttpRefusal.answer),
        (StaleVersion, lambda _: preconditions.stale().answer()),
        (VersionConflict, _overtaken),
        (StoreSuspect, _suspect),
        (KeyBusy, _busy),
        (KeyTaken, _busy),
        (KeyReused, _reused),
        (Unavailable, _unavailable),
        (KeysUnavailable, _unavailable),
        # Newer software wrote to the stream, beside which this one still runs for a moment.
        (UnknownEvent, _unavailable),
        (BrokenStream, _changed_past_us),
        (psycopg.OperationalError, _unavailable),
        (sa.exc.OperationalError, _unavailable),
        (sa.exc.TimeoutError, _unavailable),
        (psycopg.DataError, _unstorable),
        (sa.exc.DataError, _unstorable),
        (ParseException, _broken),
        (NoMoreData, _broken),
        (BlockingIOError, _broken),
        (InternalServerError, _crashed),
        (HTTPException, _http),
    ]
    for kind, handler in handlers:
        app.register_error_handler(kind, handler)


def _refused(error: Refusal) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    errors = (
        [{"detail": error.detail, "pointer": f"#{error.pointer}"}]
        if error.pointer is not None
        else []
    )
    return problem(status, error.code, error.detail, errors=errors)


def _overtaken(_: VersionConflict) -> Response:
    return problem(
        409, "overtaken", "Others changed the same thing meanwhile; try again.", headers=_SOON
    )


def _busy(_: KeyBusy | KeyTaken) -> Response:
    return problem(
        409,
        "idempotency-key-busy",
        "The first request with this Idempotency-Key still runs.",
        headers=_SOON,
    )


def _reused(_: KeyReused) -> Response:
    return problem(
        422,
        "idempotency-key-reused",
        "This Idempotency-Key was sent with another request before.",
        errors=[{"detail": "Take a new key for a new wish.", "parameter": "Idempotency-Key"}],
    )


def _suspect(error: StoreSuspect) -> Response:
    _log.error("store_suspect", cause=str(error))
    return problem(
        503,
        "store-suspect",
        "The store may have lost its last events, so it takes no new ones for now.",
        headers=_MUCH_LATER,
    )


def _changed_past_us(_: BrokenStream) -> Response:
    return problem(
        503,
        "broken-stream",
        "The history of this thing was changed from outside, so it takes nothing new for now.",
        headers=_MUCH_LATER,
    )


def _unavailable(error: Exception) -> Response:
    _log.warning("unavailable", cause=type(error).__name__)
    return problem(503, "unavailable", "The service cannot answer at the moment.", headers=_LATER)


def _unstorable(error: Exception) -> Response:
    # The schemas should have caught it: a value that no column takes.
    _log.warning("unstorable", cause=type(error).__name__, endpoint=request.endpoint)
    return problem(422, "out-of-range", "A value is outside of what can be stored.")


def _broken(_: ParseException | OSError) -> Response:
    """The server reads bodies only when asked to, so only now it finds one broken off."""
    return _http(BadRequest())


def _crashed(_: InternalServerError) -> Response:
    return problem(500, "internal-error", "Something went wrong here; it has been logged.")


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        # Redirects of the router: we have one address for a thing, and no other spellings.
        status = 404
    code, detail = ROUTING.get(status, ("refused", "The request was refused."))
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    headers = {"Allow": ", ".join(sorted({*allowed, "OPTIONS"}))} if allowed else {}
    return problem(status, code, detail, headers=headers)
