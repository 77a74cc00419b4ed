"""Deliveries: one message to one recipient, from the request to its arrival or the end of trying.

Pure: no I/O, no clock. `decide` names every command, `evolve` every fact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from contracts.events.notifications import (
    Channel,
    DeliveryAbandoned,
    DeliveryAttempted,
    DeliveryEvent,
    DeliveryRequested,
    DeliverySucceeded,
    Notice,
    RecipientKind,
)
from eventkit.domain import Aggregate, NotFound
from notifications.domain.retries import Schedule, wait_after


@dataclass(frozen=True, kw_only=True)
class RequestDelivery:
    delivery_id: UUID
    channel: Channel
    notice: Notice
    recipient_kind: RecipientKind
    recipient_id: UUID
    cause_id: UUID
    cause_type: str
    meeting_id: UUID | None = None
    sequence: int = 0


@dataclass(frozen=True, kw_only=True)
class RecordSuccess:
    """The attempt with this number, from 1, arrived."""

    delivery_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class RecordFailure:
    """The attempt with this number, from 1, failed in a way that may pass."""

    delivery_id: UUID
    attempt: int
    code: str
    failed_at: datetime
    schedule: Schedule
    jitter: float
    asked: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class AbandonDelivery:
    """Another attempt makes no sense; `attempts` were made."""

    delivery_id: UUID
    attempts: int
    code: str


DeliveryCommand = RequestDelivery | RecordSuccess | RecordFailure | AbandonDelivery


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How often it was tried, and whether it is over."""

    attempts: int = 0
    over: bool = False


def decide(delivery: Delivery | None, command: DeliveryCommand) -> list[DeliveryEvent]:
    match command:
        case RequestDelivery():
            return request(delivery, command)
        case RecordSuccess():
            return record_success(delivery, command)
        case RecordFailure():
            return record_failure(delivery, command)
        case AbandonDelivery():
            return abandon(delivery, command)
    assert_never(command)


def evolve(delivery: Delivery | None, event: DeliveryEvent) -> Delivery:
    known = delivery or Delivery()
    match event:
        case DeliveryRequested():
            return known
        case DeliveryAttempted(attempt=attempt):
            return replace(known, attempts=attempt)
        case DeliverySucceeded(attempt=attempt) | DeliveryAbandoned(attempt=attempt):
            return replace(known, attempts=attempt, over=True)
    assert_never(event)


def request(delivery: Delivery | None, command: RequestDelivery) -> list[DeliveryEvent]:
    """The id says who is told what, so that a second request changes nothing."""
    if delivery is not None:
        return []
    return [
        DeliveryRequested(
            delivery_id=command.delivery_id,
            channel=command.channel,
            notice=command.notice,
            recipient_kind=command.recipient_kind,
            recipient_id=command.recipient_id,
            cause_id=command.cause_id,
            cause_type=command.cause_type,
            meeting_id=command.meeting_id,
            sequence=command.sequence,
        )
    ]


def record_success(delivery: Delivery | None, command: RecordSuccess) -> list[DeliveryEvent]:
    if _is_known(delivery, command.attempt):
        return []
    return [DeliverySucceeded(delivery_id=command.delivery_id, attempt=command.attempt)]


def record_failure(delivery: Delivery | None, command: RecordFailure) -> list[DeliveryEvent]:
    if _is_known(delivery, command.attempt):
        return []
    wait = wait_after(command.schedule, command.attempt, jitter=command.jitter, asked=command.asked)
    if wait is None:
        return _abandoned(command.delivery_id, command.attempt, command.code)
    return [
        DeliveryAttempted(
            delivery_id=command.delivery_id,
            attempt=command.attempt,
            code=command.code,
            next_attempt_at=command.failed_at + wait,
        )
    ]


def abandon(delivery: Delivery | None, command: AbandonDelivery) -> list[DeliveryEvent]:
    if _present(delivery).over:
        return []
    return _abandoned(command.delivery_id, command.attempts, command.code)


def _is_known(delivery: Delivery | None, attempt: int) -> bool:
    """Whether somebody recorded this attempt before; a worker that lost its lease comes late."""
    present = _present(delivery)
    return present.over or attempt <= present.attempts


def _present(delivery: Delivery | None) -> Delivery:
    if delivery is None:
        raise NotFound("unknown-delivery", "There is no such delivery.")
    return delivery


def _abandoned(delivery_id: UUID, attempts: int, code: str) -> list[DeliveryEvent]:
    return [DeliveryAbandoned(delivery_id=delivery_id, attempt=attempts, code=code)]


DELIVERY = Aggregate(name="delivery", decide=decide, evolve=evolve)
