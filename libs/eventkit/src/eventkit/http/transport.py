"""What surrounds every request whatever its route: hosts, OPTIONS, origins, encodings, headers."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, g, request
from flask.globals import request_ctx

from eventkit.http import deprecation
from eventkit.http.preconditions import CODED
from eventkit.http.problems import HttpRefusal
from eventkit.settings import Settings

# Smaller answers would hardly shrink, and a feed's page of a few events should not wait.
_SMALLEST = 1024
_LEVEL = 5
_GZIP = "gzip"
_COMPRESSIBLE = re.compile(r"text/|application/(.*\+)?(json|javascript|xml|yaml)\Z")
_VARY = "Authorization, Accept-Language, Accept-Encoding"
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?\Z", re.IGNORECASE | re.ASCII)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EXTENSION = "eventkit.transport"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ASKED_ACROSS = (
    "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match, If-None-Match, "
    "X-Correlation-Id, Traceparent"
)
_TOLD_ACROSS = (
    "ETag, Location, Link, Retry-After, RateLimit, RateLimit-Policy, X-Correlation-Id, "
    "Deprecation, Sunset, Feed-Head, WWW-Authenticate, Allow"
)
_PREFLIGHT_SECONDS = "600"


@dataclass(frozen=True)
class Transport:
    """Which hosts and origins an app knows; no hosts means any, no origins none."""

    hosts: frozenset[str]
    origins: frozenset[str]
    is_secure: bool

    @classmethod
    def from_settings(cls, settings: Settings) -> Transport:
        """Without ALLOWED_HOSTS, the hosts of the addresses that services are told to use."""
        public = settings.public_url
        urls = (public, settings.registry_url, settings.meetings_url, settings.notifications_url)
        derived = {urlsplit(url).hostname or "" for url in urls if url} if public else set()
        if derived & _LOOPBACK:
            derived |= _LOOPBACK
        return cls(
            hosts=frozenset(settings.allowed_hosts or derived),
            origins=frozenset(settings.cors_origins),
            is_secure=bool(public and public.startswith("https:")),
        )


def open_transport(settings: Settings, extensions: dict[str, object]) -> None:
    """Keep for an app what `begin` and `finish` go by."""
    extensions[_EXTENSION] = Transport.from_settings(settings)


def begin() -> Response | None:
    """Refuse unknown hosts (HttpRefusal, 400); answer OPTIONS, which asks for no credentials."""
    hosts = _transport().hosts
    if hosts and _host() not in hosts:
        raise HttpRefusal(400, "unknown-host", "This service has another name.")
    if request.method != "OPTIONS" or request.url_rule is not None:
        return None
    return _options()


def finish(response: Response) -> None:
    """Add the headers that every answer has, and compress what is worth it."""
    transport, headers = _transport(), response.headers
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if transport.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers["Vary"] = f"{_VARY}, Origin" if transport.origins else _VARY
    deprecation.tell(response)
    _say_who_may_keep(response)
    _share(response, transport)
    _compress(response)


def _transport() -> Transport:
    return cast(Transport, current_app.extensions[_EXTENSION])


def _host() -> str:
    """The name in Host, without its port; nothing that a forwarding header says counts."""
    named = _HOST.match(request.headers.get("Host", ""))
    return named[1].strip("[]").lower() if named else ""


def _options() -> Response | None:
    """What may be done at this address; None where there is none, which is answered with 404."""
    adapter = request_ctx.url_adapter
    allowed = sorted({*adapter.allowed_methods(), "OPTIONS"}) if adapter else []
    if len(allowed) < 2:
        return None
    response = Response(status=204, headers={"Allow": ", ".join(allowed)})
    del response.headers["Content-Type"]
    if "Access-Control-Request-Method" in request.headers and _is_known_origin(_transport()):
        response.headers["Access-Control-Allow-Methods"] = ", ".join(allowed)
        response.headers["Access-Control-Allow-Headers"] = _ASKED_ACROSS
        response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    return response


def _is_known_origin(transport: Transport) -> bool:
    return request.headers.get("Origin") in transport.origins


def _share(response: Response, transport: Transport) -> None:
    """Let pages of listed origins read the answer; never with cookies, which we do not have."""
    if _is_known_origin(transport):
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = _TOLD_ACROSS
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def _say_who_may_keep(response: Response) -> None:
    """What has an entity tag may be kept by its reader and asked for again each time."""
    if "principal" in g and response.status_code in (200, 304) and "ETag" in response.headers:
        may = "private, no-cache" if request.method in ("GET", "HEAD") else "no-store"
        response.headers.setdefault("Cache-Control", may)
    elif "principal" in g or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"


def _compress(response: Response) -> None:
    """Compress an answer to GET. Secrets stand in answers to POST alone, so nobody can guess at
    them by an answer's length (BREACH).
    """
    if response.status_code == 304:
        _name_coded(response, only=request.headers.get("If-None-Match", ""))
    if _is_worth_it(response) and _is_wanted():
        zipped = (
            _zipped_once if "immutable" in response.headers.get("Cache-Control", "") else _zipped
        )
        response.set_data(zipped(response.get_data()))
        response.headers["Content-Encoding"] = _GZIP
        _name_coded(response)


def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


# The documentation's script alone takes 25 ms, and never changes.
_zipped_once = lru_cache(maxsize=32)(_zipped)


def _name_coded(response: Response, *, only: str | None = None) -> None:
    """Give the tag of the compressed form; `only` where the reader has that one."""
    tag = response.headers.get("ETag", "").removesuffix('"') + f'{CODED}"'
    if "ETag" in response.headers and (only is None or tag in only):
        response.headers["ETag"] = tag


def _is_worth_it(response: Response) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and response.status_code == 200
        and not response.is_streamed
        and "Content-Encoding" not in response.headers
        and _COMPRESSIBLE.match(response.mimetype or "") is not None
        and (response.calculate_content_length() or 0) > _SMALLEST
    )


def _is_wanted() -> bool:
    return request.accept_encodings.best_match([_GZIP, "identity"]) == _GZIP
