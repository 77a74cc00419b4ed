"""Read models against the fold of their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import orjson
from msgspec import DecodeError

from contracts.catalog import UnknownEvent
from contracts.codec import read
from eventkit.consuming.effects import recorded_message
from eventkit.projection import folded
from eventkit.publication import messages
from eventkit.readmodel import ReadModel
from eventkit.recorded import Recorded
from eventkit.stored import Stored, recorded
from tests.faults.dump import plain
from tests.faults.history import History, meta
from tests.faults.oracle.findings import BROKEN, INVENTED, LOST, Finding
from tests.faults.oracle.streams import digest, stored_rows
from tests.faults.site import SERVICE_OF

Rows = dict[str, bytes]


def judge_models(history: History) -> Iterator[Finding]:
    """Every read model of every service, own and followed."""
    present = set(history.names())
    for name, service in SERVICE_OF.items():
        own = {f"model/{name}/{model.name}": model for model in service.read_models}
        yield from _judge(history, name, _chosen(own, present), foreign=False)
        for subscription in service.subscriptions:
            source = subscription.source
            foreign = {
                f"model/{name}/{source}/{model.name}": model for model in subscription.read_models
            }
            yield from _judge(history, source, _chosen(foreign, present), foreign=True)


def _chosen(models: dict[str, ReadModel], present: set[str]) -> dict[str, ReadModel]:
    return {part: model for part, model in models.items() if part in present}


def _judge(
    history: History, source: str, models: dict[str, ReadModel], *, foreign: bool
) -> Iterator[Finding]:
    """One pass over the source's events for all of these models, a stream at a time."""
    if not models:
        return
    expected: dict[str, Rows] = {part: {} for part in models}
    for facts in streams(history, source, foreign=foreign):
        for part, model in models.items():
            expected[part] |= folded_rows(model, facts)
    for part, model in models.items():
        yield from compare(part, expected[part], live_rows(model, history.rows(part)))


def streams(history: History, source: str, *, foreign: bool) -> Iterator[list[Recorded[Any]]]:
    uri = meta(history)["services"][source]["source"]
    present: list[Recorded[Any]] = []
    for one in stored_rows(history, source):
        if present and present[0].stream != one.stream:
            yield present
            present = []
        with suppress(UnknownEvent, DecodeError):
            # What can't be read was found by the hash chain, and is seen in the rows.
            present += heard(one, source, uri) if foreign else [recorded(one)]
    if present:
        yield present


def heard(one: Stored, source: str, uri: str) -> list[Recorded[Any]]:
    """The event as another service is told of it."""
    return [
        recorded_message(message, read(message.type, message.data), source)
        for message in messages([one], uri)
    ]


def folded_rows(model: ReadModel, facts: list[Recorded[Any]]) -> Rows:
    names = [column.name for column in model.table.columns]
    keys = [column.name for column in model.table.primary_key.columns]
    found = {}
    for row in folded(model, facts).values():
        if row is not None:
            whole = {name: row.get(name) for name in names}
            found[_key(whole, keys)] = _digest(whole)
    return found


def live_rows(model: ReadModel, rows: Iterable[dict[str, Any]]) -> Rows:
    keys = [column.name for column in model.table.primary_key.columns]
    return {_key(row, keys): _digest(row) for row in rows}


def compare(where: str, expected: Rows, live: Rows) -> Iterator[Finding]:
    """Row by row, by their keys."""
    for key in expected.keys() - live.keys():
        yield Finding(LOST, where, f"row {key}")
    for key in live.keys() - expected.keys():
        yield Finding(INVENTED, where, f"row {key}")
    for key in expected.keys() & live.keys():
        if expected[key] != live[key]:
            yield Finding(BROKEN, where, f"row {key} is not the fold of its events")


def _key(row: dict[str, Any], keys: list[str]) -> str:
    return " ".join(str(plain(row[name])) for name in keys)


def _digest(row: dict[str, Any]) -> bytes:
    return digest(orjson.dumps(plain(row), option=orjson.OPT_SORT_KEYS))
