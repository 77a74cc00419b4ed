"""What a thing was, and what happened to it: questions that its stream answers.

Who may see the thing today sees its past as well, with the same fields; nobody else does.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import msgspec
import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from contracts.catalog import UnknownEvent, event_type
from contracts.topics import cloud_type
from eventkit.database import Unavailable, driver, session
from eventkit.domain import Aggregate, NotFound
from eventkit.http import pages
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Erased, Sealed
from eventkit.http.moments import Moment
from eventkit.http.requests import kit, principal
from eventkit.http.schemas import page_of
from eventkit.http.views import page_answer, shown
from eventkit.projection import VERSION, folded
from eventkit.publication import is_known
from eventkit.readmodel import ReadModel
from eventkit.recorded import Recorded
from eventkit.stored import Stored, recorded

Row = Mapping[str, Any]
Withheld = Callable[[Row, Any], Iterable[str]]
_WHOLE = 2**31 - 1
_KNOWS_CLIENTS = frozenset({"organiser", "operator"})


def _nothing(_: Row, __: Any) -> Iterable[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """How rows that people see come from streams.

    `of` is the column that holds the key of the row's stream. `withheld` names the fields of an
    event that its reader may not see, given the thing's row of today.
    """

    aggregate: Aggregate[Any, Any, Any]
    model: ReadModel
    of: str
    withheld: Withheld = _nothing

    def stream(self, today: Row) -> str:
        """The stream that feeds the row."""
        return self.aggregate.stream(today[self.of])

    def past(self, today: Row, facts: Iterable[Recorded[Any]], kept: Container[str]) -> Row | None:
        """The row as these facts leave it; `kept`, and what is no column of it, stay as today."""
        table = self.model.table
        key = tuple(today[column.name] for column in table.primary_key.columns)
        row = folded(self.model, facts).get(key)
        names = [column.name for column in table.columns if column.name not in kept]
        return row and {**today} | {name: row.get(name) for name in names}


class ActorView(Schema):
    kind = fields.String(
        required=True,
        metadata={
            "description": "`client`, `service`, `participant` (by a personal link) or the like."
        },
    )
    id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of the client or service; null but for organiser and operator."},
    )


class HistoryEntry(Schema):
    """One event of a thing's stream, in the newest version of its schema."""

    version = fields.Integer(
        required=True, metadata={"description": "Of the thing, after this event."}
    )
    type = fields.String(required=True, metadata={"description": "As in the feed."})
    occurred_at = fields.AwareDateTime(
        required=True, metadata={"description": "When it became true."}
    )
    recorded_at = fields.AwareDateTime(
        required=True, metadata={"description": "When it was stored."}
    )
    data = fields.Dict(keys=fields.String(), required=True)
    withheld = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Fields that the event has, and this answer has not."},
    )
    erased = fields.Boolean(
        required=True,
        metadata={"description": "Whether what it told of a person was erased."},
    )
    actor = fields.Nested(ActorView, required=True)
    correlation_id = fields.String(required=True)


def found_at(
    query: sa.Select[Any], schema: type[Schema], timeline: Timeline, when: Moment
) -> Response:
    """Like `found`, for the thing as it was at the moment; 404 also where it was not yet.

    The query decides, today, whether the thing exists for the caller and what it shows. Personal
    data is that of today: what a person had corrected or taken back is shown at no time.
    """
    with session(kit().engine) as connection:
        today = _today(connection, query)
        whole = [] if when.is_now else _stored(connection, timeline.stream(today), 1, _WHOLE)
    row = today if when.is_now else timeline.past(today, _facts(whole, when), _personal(schema))
    if row is None:
        raise _absent()
    return shown(row, schema, version=row[VERSION])


def offer_history(
    bp: Blueprint, rule: str, timeline: Timeline, today: Callable[..., sa.Select[Any]]
) -> None:
    """Add `GET <rule>/history`, with the endpoint `show_<aggregate>_history`.

    `today` gives the query of the thing's row from the rule's arguments, as for the thing itself.
    """

    def show_history(**key: Any) -> Response:
        """What happened, event by event, the first one first."""
        return _listed(today(**key), timeline)

    show_history.__name__ = f"show_{timeline.aggregate.name}_history"
    answering = bp.response(200, page_of(HistoryEntry))(show_history)
    bp.route(f"{rule}/history", methods=["GET"])(answering)


def _listed(query: sa.Select[Any], timeline: Timeline) -> Response:
    which = pages.wanted()
    (after,) = pages.opened(which.after, (int,)) if which.after is not None else (0,)
    with session(kit().engine) as connection:
        today = _today(connection, query)
        stored = _stored(connection, timeline.stream(today), after + 1, which.limit + 1)
    facts = [recorded(one) for one in takewhile(is_known, stored[: which.limit])]
    more = pages.sealed([facts[-1].version]) if facts and len(stored) > len(facts) else None
    erased = _erased(facts)
    entries = [_entry(fact, set(timeline.withheld(today, fact.event)), erased) for fact in facts]
    return page_answer(entries, HistoryEntry, more)


def _today(connection: sa.Connection, query: sa.Select[Any]) -> Row:
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise _absent()
    return dict(row)


def _personal(schema: type[Schema]) -> frozenset[str]:
    """What the schema opens: nothing sealed can be shown but by such a field."""
    opened = schema().fields.items()
    kinds = Sealed | Erased
    return frozenset(one.attribute or name for name, one in opened if isinstance(one, kinds))


def _absent() -> NotFound:
    return NotFound("not-found", "There is no such thing here.")


def _facts(whole: Iterable[Stored], when: Moment) -> list[Recorded[Any]]:
    """All that held then, by version. Raises Unavailable where newer software wrote some of it."""
    try:
        return [fact for fact in map(recorded, whole) if when.holds(fact)]
    except UnknownEvent as error:
        raise Unavailable(f"written by newer software: {error}") from error


def _stored(connection: sa.Connection, stream: str, first: int, limit: int) -> list[Stored]:
    return kit().store.read_stream(driver(connection), stream, first, limit)


def _erased(facts: Iterable[Recorded[Any]]) -> set[str]:
    """Those of the people in these events who were erased."""
    people = {person for fact in facts for person in _people(fact)}
    return kit().vault.erased(people) if people else set()


def _people(fact: Recorded[Any]) -> set[str]:
    """Whose personal fields the event has."""
    return {str(getattr(fact.event, of)) for of in event_type(fact.event).personal.values()}


def _entry(fact: Recorded[Any], withheld: set[str], erased: set[str]) -> dict[str, Any]:
    declared = event_type(fact.event)
    told = msgspec.to_builtins(fact.event)
    hidden = {*declared.personal, *withheld} & told.keys()
    kind, _, identity = fact.metadata.actor.partition(":")
    return {
        "version": fact.version,
        "type": cloud_type(declared.wire),
        "occurred_at": fact.occurred_at,
        "recorded_at": fact.recorded_at,
        "data": {name: value for name, value in told.items() if name not in hidden},
        "withheld": sorted(hidden),
        "erased": not erased.isdisjoint(_people(fact)),
        "actor": {"kind": kind, "id": _shown_identity(kind, identity)},
        "correlation_id": fact.metadata.correlation_id,
    }


def _shown_identity(kind: str, identity: str) -> str | None:
    """Who of the participants acted is said by the event's own fields, to whom they are shown."""
    is_shown = principal().role in _KNOWS_CLIENTS and kind != "participant"
    return identity if identity and is_shown else None
