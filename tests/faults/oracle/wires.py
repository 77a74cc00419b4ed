"""Topics, feeds and inboxes against the stores behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import orjson

from tests.faults.history import History, Line, of_kind
from tests.faults.oracle.findings import (
    BROKEN,
    DOUBLED,
    INVENTED,
    LOST,
    REORDERED,
    Finding,
)
from tests.faults.oracle.streams import Facts, Published, digest

# A record with this header was put there by a case, as a forgery or poison.
PLANTED = "x-planted"


def judge_wires(history: History, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    """All of them."""
    for service in of_kind(history, "topic"):
        yield from judge_topic(service, history.rows(f"topic/{service}"), facts[service])
    for service in of_kind(history, "feed"):
        yield from judge_feed(service, history.rows(f"feed/{service}"), facts[service])
    for name in of_kind(history, "inbox"):
        source = name.partition("/")[2]
        yield from judge_inbox(name, history.rows(f"inbox/{name}"), facts[source])
    for service in of_kind(history, "parked"):
        for row in history.rows(f"parked/{service}"):
            told = f"{row['source']} {row['s']} {row['v']}: {row['reason']}, {row['detail']}"
            yield Finding(BROKEN, f"parked/{service}", told)


def judge_topic(service: str, records: Iterable[Line], facts: Facts) -> Iterator[Finding]:
    """Every event; more than once is allowed, other bytes or another order is not."""

    def told(record: Line) -> tuple[str, bytes]:
        headers = dict(record["h"])
        content = [record["k"], record["h"], record["b"]]
        return str(headers.get("ce_id")), digest(orjson.dumps(content))

    genuine = (one for one in records if PLANTED not in dict(one["h"]))
    order = _Order(f"topic/{service}", facts.published, may_repeat=True)
    yield from order.judge(genuine, told, lambda one: one.record)


def judge_feed(service: str, entries: Iterable[Line], facts: Facts) -> Iterator[Finding]:
    """Every event once, with the same bytes, and positions that rise."""
    where, behind = f"feed/{service}", list[Finding]()

    def told(entry: Line) -> tuple[str, bytes]:
        body = entry["b"].encode()
        return str(orjson.loads(body)["id"]), digest(body)

    def rising() -> Iterator[Line]:
        last = -1
        for entry in entries:
            position = int(orjson.loads(entry["b"])["sequence"])
            if position <= last:
                behind.append(Finding(REORDERED, where, f"position {position} after {last}"))
            last = position
            yield entry

    order = _Order(where, facts.published, may_repeat=False)
    yield from order.judge(rising(), told, lambda one: one.feed)
    yield from behind


def judge_inbox(name: str, rows: Iterable[Line], facts: Facts) -> Iterator[Finding]:
    """The source's published events, each once."""
    where, seen = f"inbox/{name}", set()
    for row in rows:
        known = facts.published.get(row["id"])
        at = f"{row['s']} version {row['v']}"
        if known is None:
            yield Finding(INVENTED, where, f"{at}, event {row['id']}")
        elif (known.stream, known.version) != (row["s"], row["v"]):
            yield Finding(BROKEN, where, f"{at} is {known.stream} version {known.version}")
        if row["id"] in seen:
            yield Finding(DOUBLED, where, at)
        seen.add(row["id"])
    yield from missing(where, facts.published, seen)


class _Order:
    """What arrived, in its order, against what must arrive."""

    def __init__(self, where: str, published: Mapping[str, Published], *, may_repeat: bool) -> None:
        self._where = where
        self._published = published
        self._may_repeat = may_repeat
        self._heads: dict[str, int] = {}
        self._seen: set[str] = set()

    def judge(
        self,
        arrived: Iterable[Line],
        told: Callable[[Line], tuple[str, bytes]],
        expected: Callable[[Published], bytes],
    ) -> Iterator[Finding]:
        for one in arrived:
            identity, content = told(one)
            known = self._published.get(identity)
            if known is None:
                yield Finding(INVENTED, self._where, f"event {identity}")
                continue
            if expected(known) != content:
                yield Finding(BROKEN, self._where, f"event {identity} has other bytes")
            yield from self._place(identity, known)
        yield from missing(self._where, self._published, self._seen)

    def _place(self, identity: str, known: Published) -> Iterator[Finding]:
        at = f"{known.stream} version {known.version}"
        if identity in self._seen:
            if not self._may_repeat:
                yield Finding(DOUBLED, self._where, at)
            return
        self._seen.add(identity)
        head = self._heads.get(known.stream, 0)
        if known.version <= head:
            yield Finding(REORDERED, self._where, f"{at} after {head}")
        self._heads[known.stream] = max(head, known.version)


def missing(where: str, published: Mapping[str, Published], seen: set[str]) -> Iterator[Finding]:
    for identity, known in published.items():
        if identity not in seen:
            at = f"{known.stream} version {known.version}"
            yield Finding(LOST, where, f"{at}, event {identity}")
