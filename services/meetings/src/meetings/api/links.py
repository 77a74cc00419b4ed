"""The page behind a personal link: for people, in their browser, without an account.

Looking at it changes nothing, for mail programs fetch links; only its button does. It has no
script, and tells no other page where its reader came from.
"""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from flask import Response, render_template_string, request

from contracts.erasure import ErasureReason
from eventkit.auth.links import Link
from eventkit.database import session
from eventkit.domain import Conflict, NotFound
from eventkit.http import erasures
from eventkit.http.blueprint import Blueprint
from eventkit.http.problems import MEDIA_TYPE
from eventkit.http.requests import enter, personal_link, runtime
from eventkit.http.views import execute, kit, principal
from meetings.access import PLACES, given_back, judge_place, visible_to
from meetings.api.pages import (
    DATA,
    ERASED,
    GIVEN_BACK,
    GONE,
    KEPT,
    MODES,
    NOT_ERASED,
    PAGE,
    STANDINGS,
    TOO_LATE,
    when,
)
from meetings.api.personal_data import erase as erase_person
from meetings.domain.meeting import MEETING
from meetings.domain.phases import PERMISSIONS, Action, Phase
from meetings.domain.registration import WithdrawParticipant
from meetings.projection.calendar import calendar
from meetings.projection.registrations import registrations

bp = Blueprint(
    "links", __name__, url_prefix="/r", description="What a participant's personal link shows."
)
# So long after the meeting's end, a link still shows what was.
GOOD_FOR = timedelta(days=14)
_TEXT = {"text/html": {"schema": {"type": "string"}}}
_HTML = {"content": _TEXT}
# What is no address at all is refused before any page is made.
_EITHER = {"content": {**_TEXT, MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_PAGES = {
    HTTPStatus.OK: _HTML,
    HTTPStatus.NOT_FOUND: {"description": "The link is not good, or no more.", **_EITHER},
    HTTPStatus.CONFLICT: {"description": "It is too late to withdraw.", **_EITHER},
}
_FACTS = (
    "title",
    "state",
    "starts_at",
    "ends_at",
    "mode",
    "venue",
    "online_platform",
    "join_url",
    "access_hint",
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}


def link_to(registration: Any, over_at: datetime | None) -> str:
    """The address that one participant gets by mail; good until two weeks after the end."""
    shared = runtime()
    if shared.links is None:
        raise LookupError("this service takes no personal links")
    link = Link(
        about=registration.meeting_id,
        person=registration.participant_id,
        turn=registration.number,
        expires_at=(over_at or datetime.now(UTC)) + GOOD_FOR,
    )
    return f"{kit().settings.source}/r/{shared.links.make(link)}"


@bp.route("/<token>", methods=["GET"])
@bp.doc(responses=_PAGES)
@bp.response(200, description="The registration, as a page for people.")
def show_page(token: str) -> Response:
    """Show the registration that a personal link names, or that it was withdrawn."""
    if enter(token) is None or (row := _registered()) is None:
        return _nothing_left()
    return _page(KEPT + DATA, HTTPStatus.OK, **_shown(row), **_data(row))


@bp.route("/<token>", methods=["POST"])
@bp.doc(responses=_PAGES)
@bp.response(200, description="That the place was given back, as a page for people.")
def withdraw(token: str) -> Response:
    """Give the place back, as the button of the page does; once is enough."""
    if enter(token) is None or (row := _registered()) is None:
        return _nothing_left()
    meeting_id, who = row["meeting_id"], row["participant_id"]
    command = WithdrawParticipant(meeting_id=meeting_id, participant_id=who)
    try:
        execute(MEETING.judged(judge_place(principal(), meeting_id, who)), meeting_id, command)
    except NotFound:
        return _nothing_left()
    except Conflict:
        return _page(TOO_LATE, HTTPStatus.CONFLICT, **_shown(row))
    return _page(GIVEN_BACK + DATA, HTTPStatus.OK, title=row["title"], **_data(row))


@bp.route("/<token>/erasure", methods=["POST"])
@bp.doc(responses=_PAGES)
@bp.response(200, description="That name and address are erased, as a page for people.")
def erase(token: str) -> Response:
    """Erase name and address for good, as the button of the page does; a place is given back."""
    if enter(token) is None or (row := _own()) is None:
        return _nothing_left()
    try:
        erase_person(row["participant_id"], ErasureReason.REQUEST)
    except NotFound:
        return _nothing_left()
    except Conflict:
        return _page(NOT_ERASED, HTTPStatus.CONFLICT)
    return _page(ERASED, HTTPStatus.OK)


@bp.route("/<token>/export", methods=["GET"])
@bp.doc(responses={HTTPStatus.NOT_FOUND: _PAGES[HTTPStatus.NOT_FOUND]})
@bp.response(200, erasures.ExportView)
def download(token: str) -> Response:
    """Give out all that is held of the person whom a personal link names, as a file."""
    if enter(token) is None or (row := _own()) is None:
        return _nothing_left()
    return erasures.show_export(row["participant_id"])


def _own() -> sa.RowMapping | None:
    """The registration that the link names, also one that was withdrawn."""
    return _registered() or _one(given_back())


def _data(row: sa.RowMapping) -> dict[str, Any]:
    token = (request.view_args or {})["token"]
    return {"token": token, "is_guest": row["contact_id"] is None}


def _nothing_left() -> Response:
    """Who withdrew is told so again; whatever else makes a link no good looks all the same."""
    row = _one(given_back()) if personal_link() else None
    if row is None:
        return _page(GONE, HTTPStatus.NOT_FOUND)
    return _page(GIVEN_BACK + DATA, HTTPStatus.OK, title=row["title"], **_data(row))


def _registered() -> sa.RowMapping | None:
    return _one(visible_to(principal()))


def _one(which: sa.ColumnElement[bool]) -> sa.RowMapping | None:
    query = (
        sa.select(registrations, *(calendar.c[name] for name in _FACTS))
        .join(calendar, calendar.c.meeting_id == registrations.c.meeting_id)
        .where(which)
    )
    with session(kit().engine) as connection:
        return connection.execute(query).mappings().one_or_none()


def _shown(row: sa.RowMapping) -> dict[str, Any]:
    phase, enters = Phase(row["state"]), row["standing"] in PLACES
    facts = {
        "Wann": when(row["starts_at"], row["ends_at"]),
        "Wie": MODES.get(row["mode"]),
        "Wo": row["venue"],
        "Online": row["online_platform"],
        "Zugang": row["join_url"] if enters else None,
        "Hinweis": row["access_hint"] if enters else None,
    }
    return {
        "title": row["title"],
        "name": kit().vault.open(row["name"]),
        "standing": STANDINGS[row["standing"]],
        "facts": {label: fact for label, fact in facts.items() if fact},
        "is_off": phase is Phase.CANCELLED,
        "can_withdraw": phase in PERMISSIONS[Action.WITHDRAW].phases,
    }


def _page(template: str, status: HTTPStatus, **shown: Any) -> Response:
    body = render_template_string(PAGE + template, **shown)
    return Response(body, status, _HEADERS, content_type="text/html; charset=utf-8")
