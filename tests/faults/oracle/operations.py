"""The ledger against the stores: ok once, fail never, info once or never, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.faults.history import History
from tests.faults.ledger import FAIL, OK, Wish, wishes
from tests.faults.oracle.findings import BROKEN, DOUBLED, INVENTED, LOST, Finding
from tests.faults.oracle.streams import Facts, Group

WHERE = "operations"


def judge_operations(history: History, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    """Every operation of the ledger, and every event of the load."""
    known: set[str] = set()
    for wish in wishes(history.rows("ledger")):
        known.add(wish.op)
        if wish.service in facts:
            yield from _judge(wish, facts[wish.service].groups.get(wish.op))
        if 500 in wish.statuses:
            yield Finding(BROKEN, WHERE, f"{wish.what} {wish.op} was answered with 500")
    for service, found in facts.items():
        for op, group in found.groups.items():
            if op not in known:
                told = ", ".join(sorted(group.types))
                yield Finding(INVENTED, WHERE, f"{service}: {told} of {op}, which nobody asked for")


def _judge(wish: Wish, group: Group | None) -> Iterator[Finding]:
    name = f"{wish.what} {wish.op}"
    made = sum(group.types[one] for one in wish.types) if group else 0
    if group is not None and len(group.streams) > 1:
        yield Finding(DOUBLED, WHERE, f"{name} made {len(group.streams)} streams")
    elif made > max(1, wish.count):
        yield Finding(DOUBLED, WHERE, f"{name} has {made} events, not {wish.count}")
    if wish.state == FAIL and group is not None:
        yield Finding(INVENTED, WHERE, f"{name} was refused, and is stored")
    elif wish.state == OK:
        yield from _judge_ok(wish, group, made)
    elif group is not None and 0 < made < wish.count:
        yield Finding(LOST, WHERE, f"{name} is stored by half: {made} of {wish.count}")


def _judge_ok(wish: Wish, group: Group | None, made: int) -> Iterator[Finding]:
    name = f"{wish.what} {wish.op}"
    if wish.count > 0 and made < wish.count:
        yield Finding(LOST, WHERE, f"{name} was acknowledged: {made} of {wish.count} are stored")
    elif group is not None and wish.version not in (None, group.version):
        told = f"version {wish.version} was answered, {group.version} is stored"
        yield Finding(BROKEN, WHERE, f"{name}: {told}")
