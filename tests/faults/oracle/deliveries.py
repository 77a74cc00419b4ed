"""Mails and webhooks: every due one was sent, and repeats have the same id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from tests.faults.history import History, Line, meta
from tests.faults.oracle.findings import BROKEN, DOUBLED, INVENTED, LOST, Finding
from tests.faults.oracle.streams import Facts, stored_rows

DELIVERIES = "model/notifications/deliveries"
SOURCES = ("registry", "meetings")
# Why a mail needn't be sent any more.
POINTLESS = ("superseded", "meeting_over", "person_erased")
# Somebody hears of these once for each version of the meeting's calendar entry.
ONCE = ("invitation", "update", "cancellation")
# An answer without an end begins with 200, and that is all the sender needs.
TAKEN = ("2", "endless")


def judge_deliveries(history: History, facts: Mapping[str, Facts]) -> Iterator[Finding]:
    """The delivery log against the causes on one side, and what arrived on the other."""
    rows = list(history.rows(DELIVERIES))
    if not rows:
        return
    mails = {row["delivery_id"]: row for row in rows if row["channel"] == "mail"}
    calls = {row["delivery_id"]: row for row in rows if row["channel"] == "webhook"}
    yield from judge_rows(rows)
    yield from judge_mails(mails, history.rows("mails"))
    yield from judge_calls(calls, history.rows("webhooks"))
    yield from judge_causes(history, calls.values(), facts)
    yield from judge_confirmations(history, mails.values())


def judge_rows(rows: Iterable[Line]) -> Iterator[Finding]:
    told: set[tuple[Any, ...]] = set()
    for row in rows:
        if row["state"] in ("queued", "retrying"):
            yield Finding(LOST, "deliveries", f"{row['delivery_id']} was never sent")
        elif row["channel"] == "mail" and row["state"] == "abandoned" and not is_over(row):
            told_why = f"{row['delivery_id']} was given up: {row['code']}"
            yield Finding(LOST, "deliveries", told_why)
        if row["notice"] not in ONCE:
            continue
        key = tuple(row[name] for name in ("meeting_id", "recipient_id", "notice", "sequence"))
        if key in told:
            yield Finding(DOUBLED, "deliveries", f"{row['notice']} of {row['delivery_id']}")
        told.add(key)


def is_over(row: Line) -> bool:
    """Whether a mail was rightly given up: nobody needs it, or the mail server refused it."""
    code = str(row["code"])
    gone = code == "no_address" and row["recipient_kind"] == "contact"
    return gone or code in POINTLESS or code.startswith("smtp_5")


def judge_mails(deliveries: Mapping[str, Line], mails: Iterable[Line]) -> Iterator[Finding]:
    """The mailbox: known ids, one address an id, and every delivered one."""
    accepted: dict[str, set[str]] = {}
    for mail in mails:
        if str(mail["answer"]).startswith("250") and "id" in mail:
            name = mail["id"].strip("<>").partition("@")[0]
            accepted.setdefault(name, set()).add(mail["to"])
    for name, recipients in accepted.items():
        if name not in deliveries:
            yield Finding(INVENTED, "mails", f"Message-ID {name}")
        if len(recipients) > 1:
            yield Finding(BROKEN, "mails", f"{name} went to {len(recipients)} addresses")
    yield from _undelivered("mails", deliveries, accepted)


def judge_calls(deliveries: Mapping[str, Line], calls: Iterable[Line]) -> Iterator[Finding]:
    """The receiver's ledger: known ids, the same body under one id, and every delivered one."""
    accepted, bodies = set(), dict[str, str]()
    for call in calls:
        name, body = str(call["id"]), call["body"]
        if name not in deliveries:
            yield Finding(INVENTED, "webhooks", f"webhook-id {name}")
        if bodies.setdefault(name, body) != body:
            yield Finding(BROKEN, "webhooks", f"{name} came with another body")
        if str(call["answer"]).startswith(TAKEN):
            accepted.add(name)
    yield from _undelivered("webhooks", deliveries, accepted)


def _undelivered(
    where: str, deliveries: Mapping[str, Line], accepted: Iterable[str]
) -> Iterator[Finding]:
    arrived = set(accepted)
    for name, row in deliveries.items():
        if row["state"] == "delivered" and name not in arrived:
            yield Finding(LOST, where, f"{name} is called delivered, and never arrived")


def judge_causes(
    history: History, calls: Iterable[Line], facts: Mapping[str, Facts]
) -> Iterator[Finding]:
    """The load's endpoint hears of each event that the load's writers made, once."""
    told = meta(history)
    if "endpoint" not in told:
        return
    after = {line["op"] for line in history.rows("ledger") if line.get("writer") is not None}
    causes = Counter(row["cause_id"] for row in calls if row["recipient_id"] == told["endpoint"])
    published = [one for source in SOURCES for one in facts[source].published.items()]
    for identity, known in published:
        at = f"{known.stream} version {known.version}"
        heard = known.name.partition(".")[0] in told["heard"]
        if heard and known.op in after and not causes[identity]:
            yield Finding(LOST, "webhooks", f"nobody was called about {at}")
        if causes[identity] > 1:
            yield Finding(DOUBLED, "webhooks", f"{causes[identity]} deliveries about {at}")


def judge_confirmations(history: History, mails: Iterable[Line]) -> Iterator[Finding]:
    """Who has a place at a meeting that is not cancelled was told so."""
    told = {
        (row["meeting_id"], row["recipient_id"]) for row in mails if row["notice"] == "confirmation"
    }
    for who in placed(history) - told:
        yield Finding(LOST, "mails", f"{who[1]} was never told of the place at {who[0]}")


def placed(history: History) -> set[tuple[str, str]]:
    """Meeting and participant of every place, as the events leave it."""
    found: set[tuple[str, str]] = set()
    for one in stored_rows(history, "meetings"):
        if one.name == "meeting.cancelled":
            meeting = orjson.loads(one.data)["meeting_id"]
            found = {who for who in found if who[0] != meeting}
        if one.name in ("participant.registered", "participant.promoted", "participant.withdrawn"):
            data = orjson.loads(one.data)
            who = data["meeting_id"], data["participant_id"]
            if one.name == "participant.withdrawn":
                found.discard(who)
            else:
                found.add(who)
    return found
