"""Everything that the oracle asks of a history."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.history import History, of_kind
from tests.faults.oracle.deliveries import judge_deliveries
from tests.faults.oracle.findings import Finding
from tests.faults.oracle.models import judge_models
from tests.faults.oracle.operations import judge_operations
from tests.faults.oracle.streams import facts_of
from tests.faults.oracle.wires import judge_wires


def judge(history: History) -> Iterator[Finding]:
    """Every finding; nothing but the history is read."""
    facts = {service: facts_of(history, service) for service in of_kind(history, "events")}
    for found in facts.values():
        yield from found.findings
    yield from judge_operations(history, facts)
    yield from judge_wires(history, facts)
    yield from judge_models(history)
    yield from judge_deliveries(history, facts)
