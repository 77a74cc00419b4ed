"""Pages of a list: keyset order, and cursors that are signed and belong to one caller and query."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa
from flask import g, request
from sqlalchemy.sql.operators import desc_op

from eventkit.http.arguments import PAGING, invalid, unknown_parameter
from eventkit.http.problems import HttpRefusal
from eventkit.http.requests import runtime, scope

DEFAULT_LIMIT, MOST = 50, 200
_MAC = 16
_ALIAS = "_sort_{}"


@dataclass(frozen=True)
class Wanted:
    """Which page the request asks for."""

    limit: int
    after: str | None


def wanted() -> Wanted:
    """Read `limit` and `cursor`; raises HttpRefusal for a bad limit or an unknown parameter."""
    known = PAGING | g.get("query_parameters", frozenset())
    errors = [
        {"detail": unknown_parameter(known), "parameter": name}
        for name in request.args
        if name not in known
    ]
    errors += [
        {"detail": "Given more than once.", "parameter": name}
        for name in PAGING
        if len(request.args.getlist(name)) > 1
    ]
    limit = request.args.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= MOST:
        errors.append({"detail": f"A whole number from 1 to {MOST}.", "parameter": "limit"})
    if errors:
        raise invalid(errors)
    return Wanted(int(limit), request.args.get("cursor"))


def page(
    query: sa.Select[Any], sort: Sequence[sa.ColumnElement[Any]], which: Wanted
) -> sa.Select[Any]:
    """The query for one page, with one row more than asked for; raises HttpRefusal (400)."""
    columns = [_column(one) for one in sort]
    labelled = [column.label(_ALIAS.format(i)) for i, column in enumerate(columns)]
    if which.after is not None:
        kinds = tuple(column.type.python_type for column in columns)
        query = query.where(_beyond(sort, columns, opened(which.after, kinds)))
    return query.add_columns(*labelled).order_by(*sort).limit(which.limit + 1)


def cursor(row: sa.RowMapping, sort: Sequence[sa.ColumnElement[Any]]) -> str:
    """The cursor of the page after this row."""
    return sealed([row[_ALIAS.format(i)] for i in range(len(sort))])


def sealed(values: Sequence[Any]) -> str:
    """The cursor of the page after what has these values."""
    payload = msgspec.json.encode(values)
    return urlsafe_b64encode(_mac(payload) + payload).rstrip(b"=").decode()


def opened(text: str, kinds: tuple[type, ...]) -> list[Any]:
    """The values in a cursor that this caller got for this query; raises HttpRefusal (400)."""
    try:
        raw = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        if not hmac.compare_digest(raw[:_MAC], _mac(raw[_MAC:])):
            raise _foreign()
        return list(msgspec.json.decode(raw[_MAC:], type=tuple[kinds]))  # type: ignore[valid-type]  # made at run time
    except (NotBase64, UnicodeError, msgspec.MsgspecError) as error:
        raise _foreign() from error


def _foreign() -> HttpRefusal:
    return HttpRefusal(
        400,
        "bad-cursor",
        "This cursor does not belong to this list, or was not given to you.",
        errors=[{"detail": "Start again without a cursor.", "parameter": "cursor"}],
    )


def _mac(payload: bytes) -> bytes:
    """Binds a cursor to the caller, the route and the filters, but not to `limit`."""
    filters = sorted(item for item in request.args.items(multi=True) if item[0] not in PAGING)
    bound = msgspec.json.encode([scope("cursor"), filters])
    return hmac.digest(runtime().cursor_key, bound + b"\n" + payload, "sha256")[:_MAC]


def _column(one: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return one.element if isinstance(one, sa.UnaryExpression) else one


def _falls(one: sa.ColumnElement[Any]) -> bool:
    return isinstance(one, sa.UnaryExpression) and one.modifier is desc_op


def _beyond(
    sort: Sequence[sa.ColumnElement[Any]],
    columns: Sequence[sa.ColumnElement[Any]],
    values: Sequence[Any],
) -> sa.ColumnElement[bool]:
    """Rows that come after the values: (a, b) > (1, 2), or its long form where one falls."""
    falls = [_falls(one) for one in sort]
    bound = [sa.literal(value, column.type) for column, value in zip(columns, values, strict=True)]
    if len(set(falls)) == 1:
        here, there = sa.tuple_(*columns), sa.tuple_(*bound)
        return here < there if falls[0] else here > there
    return sa.or_(
        *(
            sa.and_(
                *(columns[j] == bound[j] for j in range(i)),
                columns[i] < bound[i] if falls[i] else columns[i] > bound[i],
            )
            for i in range(len(columns))
        )
    )
