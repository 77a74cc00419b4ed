"""What became of an attempt, recorded as an event, and counted."""

from __future__ import annotations

import re
from random import SystemRandom
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter

from contracts.events.notifications import Channel, DeliveryAbandoned
from eventkit.recorded import Context, Recorded
from eventkit.unit import Kit
from notifications.domain.delivery import (
    DELIVERY,
    AbandonDelivery,
    DeliveryCommand,
    RecordFailure,
    RecordSuccess,
)
from notifications.domain.endpoint import ENDPOINT, DisableEndpoint
from notifications.domain.retries import Schedule

ATTEMPTS = Counter(
    "delivery_attempts", "Finished attempts to tell somebody.", ["channel", "outcome", "code"]
)
_NO_CODE = "none"
# What happens sooner or later; other codes are counted from when they come first.
_EXPECTED: dict[Channel, dict[str, tuple[str, ...]]] = {
    Channel.MAIL: {
        "attempted": ("connection_failed", "connection_lost", "tls_failed", "smtp_4xx", "smtp_5xx"),
        "abandoned": ("smtp_5xx", "no_address", "address_refused", "superseded", "meeting_over"),
    },
    Channel.WEBHOOK: {
        "attempted": ("connection_failed", "tls_failed", "deadline", "http_4xx", "http_5xx"),
        "abandoned": ("http_4xx", "http_5xx", "deadline", "endpoint_disabled"),
    },
}
_STATUS = re.compile("(http|smtp)_([0-9])[0-9]{2}")
_chance = SystemRandom()


def count_from_zero(channel: Channel) -> None:
    """Let the counts of a channel exist before its first attempt."""
    ATTEMPTS.labels(channel.value, "succeeded", _NO_CODE)
    for outcome, codes in _EXPECTED[channel].items():
        for code in codes:
            ATTEMPTS.labels(channel.value, outcome, code)


def code_class(code: str) -> str:
    """`http_5xx` for `http_503`, as a peer may think up statuses; words are our own and few."""
    return _STATUS.sub(r"\1_\2xx", code)


def succeeded(row: sa.RowMapping) -> RecordSuccess:
    return RecordSuccess(delivery_id=row["delivery_id"], attempt=row["attempts"] + 1)


def abandoned(row: sa.RowMapping, code: str, *, tried: bool) -> AbandonDelivery:
    attempts = row["attempts"] + int(tried)
    return AbandonDelivery(delivery_id=row["delivery_id"], attempts=attempts, code=code)


def failed(kit: Kit, row: sa.RowMapping, code: str, schedule: Schedule) -> RecordFailure:
    return RecordFailure(
        delivery_id=row["delivery_id"],
        attempt=row["attempts"] + 1,
        code=code,
        failed_at=kit.now(),
        schedule=schedule,
        jitter=_chance.random(),
    )


def record(kit: Kit, row: sa.RowMapping, command: DeliveryCommand) -> None:
    """Store what happened; what somebody recorded before stays as it is."""
    context = Context(
        actor=f"service:{kit.name}",
        correlation_id=str(row["delivery_id"]),
        causation_id=str(row["cause_id"]),
    )
    written = kit.execute(DELIVERY, row["delivery_id"], command, context=context)
    for stored in written.recorded:
        _count(row["channel"], stored)


def record_for_endpoint(
    kit: Kit, row: sa.RowMapping, command: DeliveryCommand, *, gone: bool = False
) -> None:
    """Store what happened; an endpoint that is gone, or failed to the end, is disabled with it."""
    context = Context(
        actor=f"service:{kit.name}",
        correlation_id=str(row["delivery_id"]),
        causation_id=str(row["cause_id"]),
    )
    with kit.unit(context) as unit:
        written = unit.execute(DELIVERY, row["delivery_id"], command)
        for stored in written.recorded:
            _count(row["channel"], stored)
            if isinstance(stored.event, DeliveryAbandoned) and (gone or _was_tried(command)):
                reason = DisableEndpoint(endpoint_id=row["recipient_id"], reason=stored.event.code)
                unit.execute(ENDPOINT, row["recipient_id"], reason)


def _count(channel: str, stored: Recorded[Any]) -> None:
    code = getattr(stored.event, "code", _NO_CODE)
    ATTEMPTS.labels(channel, stored.type.split(".")[1], code_class(code)).inc()


def _was_tried(command: DeliveryCommand) -> bool:
    return isinstance(command, RecordFailure)
