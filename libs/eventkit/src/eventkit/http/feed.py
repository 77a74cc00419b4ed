"""The server's side of the feed: `GET /events` (HTTP Feeds, CloudEvents 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from threading import BoundedSemaphore, Condition
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, request
from marshmallow import Schema, fields

from contracts.catalog import event_types
from contracts.envelope import BATCH, to_batch
from contracts.filters import UnknownFilter
from contracts.filters import parse as parse_filter
from contracts.visibility import Ear, ear_of
from eventkit.auth.principal import TIED
from eventkit.conflicts import StoreSuspect
from eventkit.cursors import parse
from eventkit.http.arguments import invalid
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Instant, QueryInteger, Text
from eventkit.http.pages import wanted
from eventkit.http.policy import allow
from eventkit.http.problems import HttpRefusal
from eventkit.http.requests import own_parties, principal
from eventkit.http.schemas import Unversioned
from eventkit.outbox import Ahead, Filters, Outbox, Page, Superseded
from eventkit.unit import Kit

POLICY = {
    "feed.read_events": allow("service", "organiser", "steering_group", "operator", *TIED),
    "feed.list_generations": allow("service", "operator"),
}
LONGEST_MS = 20_000
SOONEST, LATEST = 0.02, 0.2
GATHER_SECONDS = 0.03
_EXTENSION = "eventkit.consuming.feed"
_EVENTS = {"type": "array", "items": {"type": "object", "description": "A CloudEvent 1.0."}}
_EVENT = {
    "specversion": "1.0",
    "id": "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f0",
    "source": "urn:netztreff:meetings",
    "type": "netztreff.meeting.scheduled.v1",
    "subject": "meeting-6c1d8a52-0f3e-4b7a-9c25-1d4e7f8a9b01",
    "time": "2026-11-22T09:30:00Z",
    "datacontenttype": "application/json",
    "data": {
        "meeting_id": "6c1d8a52-0f3e-4b7a-9c25-1d4e7f8a9b01",
        "starts_at": "2027-03-12T09:00:00Z",
        "ends_at": "2027-03-12T14:00:00Z",
    },
}

bp = Blueprint(
    "feed", __name__, url_prefix="/events", description="Everything that happened, in order."
)


class FeedQuery(Schema):
    """What of the feed is wanted; the names are those of the HTTP Feeds convention."""

    lastEventId = Text(  # noqa: N815  (the convention's name)
        metadata={"description": "Only what comes after: an event's id or a cursor of ours."}
    )
    timeout = QueryInteger(
        load_default=0,
        metadata={"description": "Milliseconds to wait for an event when there is none yet."},
    )
    type = fields.List(
        Text(),
        load_default=list,
        metadata={
            "description": "Only these events: `meeting.*` for all of one kind, `meeting.scheduled`"
            " in whatever version, `meeting.scheduled.v1` in this one, `*` for all; also after the"
            " prefix `netztreff.`. What no event is called by is refused."
        },
    )
    subject = Text(metadata={"description": "Only the events of this stream."})
    fromVersion = QueryInteger(  # noqa: N815  (in the style of the others)
        1,
        metadata={"description": "With `subject`: its events from this version on."},
    )


class GenerationView(Schema):
    """One history of the store."""

    generation = fields.UUID(required=True, metadata={"description": "As its events name it."})
    parent = fields.UUID(
        required=True, allow_none=True, metadata={"description": "The one that it continues."}
    )
    forked_at = fields.Integer(
        required=True, metadata={"description": "The last position that it shares with its parent."}
    )
    ended_at = fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "Its events after this position were lost, or are told again in the"
            " generation that follows; 0 for all of them, null for the present one."
        },
    )
    started_at = Instant(required=True)


class GenerationList(Unversioned):
    """All generations that the store knows of."""

    items = fields.List(fields.Nested(GenerationView), required=True)


class Room:
    """Where long polls wait: woken by commits of this process, and by looking again."""

    def __init__(self, kit: Kit, source: str, seats: int) -> None:
        self.outbox = Outbox(kit, source)
        self._seats = BoundedSemaphore(seats)
        self._stored = Condition()
        kit.committed.append(lambda _: self._wake())

    def page(self, after: int, limit: int, filters: Filters, seconds: float) -> Page:
        """The next page; waits while there is none, unless too many wait already."""
        page = self.outbox.page(after, limit, filters)
        if not seconds or not self._seats.acquire(blocking=False):
            return page
        try:
            if not page.messages:
                page = self._await(page, limit, filters, monotonic() + seconds)
            return self._gather(page, after, limit, filters)
        finally:
            self._seats.release()

    def _gather(self, page: Page, after: int, limit: int, filters: Filters) -> Page:
        """Under load a page of a few events costs its reader as much as a full one."""
        if not 0 < len(page.messages) < limit // 4:
            return page
        sleep(GATHER_SECONDS)
        return self.outbox.page(after, limit, filters)

    def _await(self, page: Page, limit: int, filters: Filters, deadline: float) -> Page:
        pause = SOONEST
        while not page.messages and (left := deadline - monotonic()) > 0:
            with self._stored:
                woken = self._stored.wait(min(pause, left))
            pause = SOONEST if woken else min(2 * pause, LATEST)
            page = self.outbox.page(page.seen, limit, filters)
        return page

    def _wake(self) -> None:
        with self._stored:
            self._stored.notify_all()


def open_feed(app: Flask, kit: Kit) -> None:
    """Prepare the feed of an app; waiting requests leave half of the threads to others."""
    seats = max(1, kit.settings.web_threads // 2)
    app.extensions[_EXTENSION] = Room(kit, kit.settings.source, seats)


@bp.route("", methods=["GET"])
@bp.arguments(FeedQuery, location="query")
@bp.doc(responses={200: {"content": {BATCH: {"schema": _EVENTS, "example": [_EVENT]}}}})
@bp.response(200, description="A CloudEvents batch; `Link: rel=next` names the next page.")
def read_events(query: Mapping[str, Any]) -> Response:
    """Events in order, in batches of CloudEvents; `[]` is the end for now.

    Municipalities and districts hear the public facts and what names a party of theirs; the rest
    is left out, and positions and versions of streams have gaps there.
    """
    room: Room = current_app.extensions[_EXTENSION]
    limit = wanted().limit
    if "fromVersion" in query:
        return _stream(room.outbox, query, limit)
    chosen = _chosen(query)
    after = _after(room.outbox, query.get("lastEventId"), chosen.ear)
    seconds = min(query["timeout"], LONGEST_MS) / 1000
    try:
        page = room.page(after, limit, chosen, seconds)
    except Ahead as error:
        raise _unknown_cursor() from error
    answer = _answer(to_batch(page.messages), lastEventId=room.outbox.cursor(page.seen))
    answer.headers["Feed-Head"] = str(page.head)
    return answer


@bp.route("/generations", methods=["GET"])
@bp.response(200, GenerationList)
def list_generations() -> dict[str, Any]:
    """What followed what: a store that is restored from a backup begins another generation.

    The line that leads to the present one comes first, in order; others were never continued.
    """
    room: Room = current_app.extensions[_EXTENSION]
    return {
        "items": [asdict(one) | {"generation": one.id} for one in room.outbox.state().generations]
    }


def _stream(outbox: Outbox, query: Mapping[str, Any], limit: int) -> Response:
    if "subject" not in query:
        fault = {"detail": "Name the subject whose version this is.", "parameter": "fromVersion"}
        raise invalid([fault])
    first = query["fromVersion"]
    found = outbox.stream(query["subject"], first, limit, _ear())
    return _answer(to_batch(found), fromVersion=found[-1].version + 1 if found else first)


def _after(outbox: Outbox, text: str | None, ear: Ear | None) -> int:
    if text is None or text == "null":
        return 0
    try:
        return outbox.after(parse(text), ear)
    except Ahead as error:
        # A municipality must not be able to stop everybody's writing.
        if principal().role != "service":
            raise _unknown_cursor() from error
        reader = f"another service ({principal().subject})"
        why = f"{reader} has read up to {text}, which this store never placed"
        raise StoreSuspect(outbox.suspect(why)) from error
    except ValueError as error:
        raise _unknown_cursor() from error
    except Superseded as error:
        raise HttpRefusal(
            409,
            "other-generation",
            "The store was restored since; read on from the cursor in Link, and mind what is lost.",
            headers={"Link": _link(lastEventId=error.restart)},
        ) from error


def _unknown_cursor() -> HttpRefusal:
    return HttpRefusal(
        400,
        "unknown-cursor",
        "This is no place in this feed.",
        errors=[{"detail": "Not an event or cursor of this feed.", "parameter": "lastEventId"}],
    )


def _chosen(query: Mapping[str, Any]) -> Filters:
    offered = [one for one in event_types() if one.is_published]
    try:
        types = tuple(parse_filter(text, offered) for text in query["type"])
    except UnknownFilter as error:
        raise invalid([{"detail": str(error), "parameter": "type"}]) from error
    return Filters(types=types, subject=query.get("subject"), ear=_ear())


def _ear() -> Ear | None:
    """What the caller hears, as of now."""
    role = principal().role
    return ear_of(role, own_parties() if role in TIED else frozenset())


def _answer(batch: bytes, **moved: object) -> Response:
    return Response(batch, content_type=BATCH, headers={"Link": _link(**moved)})


def _link(**moved: object) -> str:
    """The same question from the next place on."""
    kept = [item for item in request.args.items(multi=True) if item[0] not in moved]
    query = urlencode([*kept, *((name, str(value)) for name, value in moved.items())])
    return f'<{request.path}?{query}>; rel="next"'
