"""Routes and parameters that will go: told in headers (RFC 9745, RFC 8594), counted, described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from flask import Response, current_app, request
from werkzeug.http import http_date

from eventkit import metrics

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "deprecations"


@dataclass(frozen=True, kw_only=True)
class Deprecation:
    """From when on something is deprecated, when it goes, where that is explained, what follows.

    The times are aware. With `parameter` only requests that use this query parameter are told.
    """

    since: datetime
    sunset: datetime | None = None
    link: str | None = None
    successor: str | None = None
    parameter: str | None = None

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("what is deprecated goes later, not earlier")

    def concerns(self) -> bool:
        return self.parameter is None or self.parameter in request.args

    def tell(self, response: Response) -> None:
        headers = response.headers
        headers["Deprecation"] = f"@{int(self.since.timestamp())}"
        if self.sunset is not None:
            headers["Sunset"] = http_date(self.sunset)
        links = {"deprecation": self.link, "successor-version": self.successor}
        for relation, target in links.items():
            if target:
                headers.add("Link", f'<{target}>; rel="{relation}"')


def mark(view: View, deprecation: Deprecation) -> View:
    """Have answers of this view say so; `Blueprint.deprecated` describes it as well."""
    vars(view)[_MARK] = (*vars(view).get(_MARK, ()), deprecation)
    return view


def tell(response: Response) -> None:
    """Say in the answer what of the request is deprecated, and count the request."""
    view = current_app.view_functions.get(request.endpoint or "")
    marks: tuple[Deprecation, ...] = getattr(view, _MARK, ())
    for deprecation in marks:
        if deprecation.concerns():
            deprecation.tell(response)
            route = request.url_rule.rule if request.url_rule else "none"
            metrics.deprecated(current_app.name, route, deprecation.parameter or "")
