"""The two times that a question can name: what was true then, and what was known of it when."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError, post_load

from eventkit.http.fields import Instant
from eventkit.http.problems import HttpRefusal
from eventkit.recorded import Recorded

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_NAMES = ("as_of", "known_at")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What had become true by `as_of`, as far as it was stored by `known_at`; None means now."""

    as_of: datetime | None = None
    known_at: datetime | None = None

    @property
    def is_now(self) -> bool:
        return self.as_of is None and self.known_at is None

    def holds(self, fact: Recorded[Any]) -> bool:
        """Whether the fact was true, and known, at this moment."""
        was_true = self.as_of is None or fact.occurred_at <= self.as_of
        return was_true and (self.known_at is None or fact.recorded_at <= self.known_at)


class Time(Instant):
    """A time in a query: what is none is 400, and says how to write one."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        try:
            if not _RFC3339.fullmatch(value):
                raise self.make_error("invalid", input=value, obj_type="datetime")
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError as error:
            raise _bad_time(str(attr), value) from error


class MomentQuery(Schema):
    """Loads a Moment."""

    is_paged = False

    as_of = Time(
        metadata={
            "description": "What had become true by this time. A time to come means now."
            " Today's rights decide who sees it."
        }
    )
    known_at = Time(
        metadata={"description": "Only what was stored by this time. A time to come means now."}
    )

    @post_load
    def _moment(self, data: dict[str, Any], **_: object) -> Moment:
        return Moment(**data)


def require_support(view: Callable[..., Any]) -> None:
    """Refuse a moment where the view does not take one; raises HttpRefusal (400)."""
    taken: frozenset[str] = getattr(view, "query_names", frozenset())
    asked = [name for name in _NAMES if name in request.args and name not in taken]
    if asked:
        raise HttpRefusal(
            400,
            "as-of-not-supported",
            "Only a thing that one stream tells of can be shown as it was.",
            errors=[{"detail": "Not supported here.", "parameter": name} for name in asked],
        )


def _bad_time(parameter: str, value: str) -> HttpRefusal:
    detail = "A time with its zone, as RFC 3339 has it: 2021-03-18T09:00:00Z."
    if " " in value:
        detail = f"{detail} A + in an address means a blank: write %2B, or the time in UTC with Z."
    fault = {"detail": detail, "parameter": parameter}
    return HttpRefusal(400, "bad-time", "This is no time.", errors=[fault])
