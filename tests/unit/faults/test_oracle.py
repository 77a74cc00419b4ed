"""The oracle names what is lost, doubled, invented, reordered or changed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.faults.history import Line
from tests.faults.oracle.deliveries import judge_calls, judge_mails, judge_rows
from tests.faults.oracle.findings import BROKEN, DOUBLED, INVENTED, LOST, REORDERED, shortened
from tests.faults.oracle.judge import judge
from tests.unit.faults.told import SERVICE, Told

EVENTS, TOPIC, FEED = f"events/{SERVICE}", f"topic/{SERVICE}", f"feed/{SERVICE}"
INBOX, MODEL = f"inbox/meetings/{SERVICE}", f"model/{SERVICE}/organisations"
Break = Callable[[Told], None]


@pytest.fixture
def told() -> Told:
    told = Told()
    for _ in range(3):
        told.tell()
    return told


def kinds(told: Told) -> set[tuple[str, str]]:
    return {(one.kind, one.where) for one in judge(told.history)}


def drop(part: str, number: int) -> Break:
    return lambda told: told.part(part).__delitem__(number)


def repeat(part: str, number: int) -> Break:
    return lambda told: told.part(part).append(dict(told.part(part)[number]))


def swap(part: str, one: int, other: int) -> Break:
    def swapped(told: Told) -> None:
        rows = told.part(part)
        rows[one], rows[other] = rows[other], rows[one]

    return swapped


def change(part: str, number: int, **values: object) -> Break:
    return lambda told: told.part(part)[number].update(values)


def invent_record(told: Told) -> None:
    told.part(TOPIC).append({"p": 0, "o": 9, "k": "x", "h": [["ce_id", str(uuid4())]], "b": "{}"})


def invent_event(told: Told) -> None:
    """Somebody of the load is in the metadata, and no operation of the ledger."""
    op = next(line["op"] for line in told.part("ledger") if line["state"] == "invoked")
    told.history.parts["ledger"] = [line for line in told.part("ledger") if line["op"] != op]


def refuse_what_is_stored(told: Told) -> None:
    told.part("ledger")[1].update(state="fail", status=409)


def acknowledge_what_is_not_stored(told: Told) -> None:
    told.wish("ok", status=201)


def store_twice(told: Told) -> None:
    """Two things by one operation: the second stream has the first one's correlation id."""
    first, third = told.part(EVENTS)[0], told.part(EVENTS)[2]
    op = next(line["op"] for line in told.part("ledger") if line["state"] == "invoked")
    assert op in first["metadata"]
    metadata = third["metadata"]
    third["metadata"] = metadata.replace(metadata.split('"')[7], op)


def twice(told: Told) -> None:
    told.part(EVENTS).insert(1, dict(told.part(EVENTS)[0]))


def stray(told: Told) -> None:
    """The second version, and then all of them in order."""
    told.part(TOPIC).insert(0, dict(told.part(TOPIC)[1]))


def park(told: Told) -> None:
    row = {"source": SERVICE, "s": "x", "v": 1, "reason": "handler", "detail": "KeyError"}
    told.history.parts["parked/meetings"] = [row]


CASES: dict[str, tuple[Break, tuple[str, str]]] = {
    "an acknowledged operation is not stored": (
        acknowledge_what_is_not_stored,
        (LOST, "operations"),
    ),
    "the middle of a stream is gone": (drop(EVENTS, 0), (LOST, EVENTS)),
    "a version stands there twice": (twice, (DOUBLED, EVENTS)),
    "an operation was carried out twice": (store_twice, (DOUBLED, "operations")),
    "a refused operation is stored": (refuse_what_is_stored, (INVENTED, "operations")),
    "nobody asked for an event": (invent_event, (INVENTED, "operations")),
    "an event was changed": (change(EVENTS, 0, data='{"name":"x"}'), (BROKEN, EVENTS)),
    "an answer names another version": (
        change("ledger", 1, version=7),
        (BROKEN, "operations"),
    ),
    "a record is missing": (drop(TOPIC, 2), (LOST, TOPIC)),
    "a record has other bytes": (change(TOPIC, 2, b="{}"), (BROKEN, TOPIC)),
    "a topic made anew began with the events at hand": (stray, (REORDERED, TOPIC)),
    "a topic made anew began with the events after those at hand": (
        drop(TOPIC, 0),
        (LOST, TOPIC),
    ),
    "records of a stream are swapped": (swap(TOPIC, 0, 1), (REORDERED, TOPIC)),
    "a record is nobody's": (invent_record, (INVENTED, TOPIC)),
    "an entry of the feed is missing": (drop(FEED, 3), (LOST, FEED)),
    "an entry of the feed is repeated": (repeat(FEED, 3), (DOUBLED, FEED)),
    "entries of the feed are swapped": (swap(FEED, 0, 2), (REORDERED, FEED)),
    "a consumer missed an event": (drop(INBOX, 1), (LOST, INBOX)),
    "a consumer handled an event twice": (repeat(INBOX, 1), (DOUBLED, INBOX)),
    "a consumer handled what nobody sent": (
        change(INBOX, 1, id=str(uuid4())),
        (INVENTED, INBOX),
    ),
    "a row is missing": (drop(MODEL, 1), (LOST, MODEL)),
    "a row has no events": (change(MODEL, 1, organisation_id=str(uuid4())), (INVENTED, MODEL)),
    "a row is not the fold": (change(MODEL, 1, active=True), (BROKEN, MODEL)),
    "a stream is parked": (park, (BROKEN, "parked/meetings")),
}


def test_a_history_in_which_all_is_well_has_no_finding(told: Told) -> None:
    assert list(judge(told.history)) == []


@pytest.mark.parametrize("case", CASES)
def test_the_oracle_says_when(case: str, told: Told) -> None:
    break_it, expected = CASES[case]
    break_it(told)
    assert expected in kinds(told)


def test_what_was_never_answered_may_be_stored_once_or_not_at_all(told: Told) -> None:
    told.part("ledger")[1].update(state="info")
    told.wish("info")
    told.wish("fail", status=409)
    assert list(judge(told.history)) == []


def test_a_record_may_come_again_with_the_same_bytes_alone(told: Told) -> None:
    repeat(TOPIC, 0)(told)
    assert list(judge(told.history)) == []


def test_a_mail_that_is_called_delivered_must_have_arrived_at_one_address() -> None:
    deliveries = {name: {"state": "delivered"} for name in ("one", "two", "three")}
    mails = [
        {"to": "a@example.org", "id": "<one@example.org>", "answer": "250 Kept"},
        {"to": "a@example.org", "id": "<one@example.org>", "answer": "250 Kept"},
        {"to": "b@example.org", "id": "<two@example.org>", "answer": "250 Kept"},
        {"to": "c@example.org", "id": "<two@example.org>", "answer": "250 Kept"},
        {"to": "d@example.org", "id": "<three@example.org>", "answer": "451 Later"},
        {"to": "e@example.org", "id": "<four@example.org>", "answer": "250 Kept"},
    ]
    found = {(one.kind, one.what.partition(" ")[0]) for one in judge_mails(deliveries, mails)}
    assert found == {(BROKEN, "two"), (LOST, "three"), (INVENTED, "Message-ID")}


def test_a_webhook_that_repeats_has_the_same_body() -> None:
    deliveries = {name: {"state": "delivered"} for name in ("one", "two")}
    calls = [
        {"id": "one", "answer": "500", "body": "{}"},
        {"id": "one", "answer": "204", "body": "{}"},
        {"id": "two", "answer": "204", "body": "{}"},
        {"id": "two", "answer": "204", "body": "[]"},
        {"id": "three", "answer": "204", "body": "{}"},
    ]
    found = {(one.kind, one.what.partition(" ")[0]) for one in judge_calls(deliveries, calls)}
    assert found == {(BROKEN, "two"), (INVENTED, "webhook-id")}


def test_a_webhook_arrived_where_a_status_of_success_was_answered() -> None:
    answers = ("204", "endless", "drip", "500")
    deliveries = {how: {"state": "delivered"} for how in answers}
    calls = [{"id": how, "answer": how, "body": "{}"} for how in answers]
    found = [(one.kind, one.what.partition(" ")[0]) for one in judge_calls(deliveries, calls)]
    assert found == [(LOST, "drip"), (LOST, "500")]


def test_many_findings_of_one_kind_are_told_as_a_number(told: Told) -> None:
    told.part(INBOX).clear()
    for _ in range(20):
        told.tell()
    told.part(INBOX).clear()
    found = [one.what for one in shortened(judge(told.history)) if one.where == INBOX]
    assert len(found) == 21
    assert found[-1] == "… and 26 more"


@pytest.mark.parametrize(
    ("state", "code", "kind"),
    [
        ("queued", None, LOST),
        ("abandoned", "no_address", LOST),
        ("abandoned", "superseded", None),
        ("delivered", None, None),
    ],
)
def test_a_mail_is_sent_unless_nobody_needs_it(
    state: str, code: str | None, kind: str | None
) -> None:
    row: Line = {"delivery_id": "one", "channel": "mail", "recipient_kind": "participant"}
    row |= {"state": state, "code": code, "notice": "confirmation"}
    assert [one.kind for one in judge_rows([row])] == ([kind] if kind else [])


def test_the_same_notice_to_the_same_person_is_doubled() -> None:
    row: Line = {"delivery_id": "one", "channel": "mail", "meeting_id": "m", "recipient_id": "r"}
    row |= {"state": "delivered", "notice": "invitation", "sequence": 1}
    assert [one.kind for one in judge_rows([row, row | {"delivery_id": "two"}])] == [DOUBLED]
