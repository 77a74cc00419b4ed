"""The delivery log: who was told what, when, and how it went. Also what the workers take from."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from contracts.events.notifications import (
    DeliveryAbandoned,
    DeliveryAttempted,
    DeliveryRequested,
    DeliverySucceeded,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from notifications.projection.schema import METADATA


class DeliveryState(StrEnum):
    """The life of a delivery."""

    QUEUED = "queued"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    ABANDONED = "abandoned"


deliveries = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("delivery_id", sa.Uuid, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("recipient_kind", sa.Text, nullable=False),
    sa.Column("recipient_id", sa.Uuid, nullable=False),
    sa.Column("cause_id", sa.Uuid, nullable=False),
    sa.Column("cause_type", sa.Text),
    sa.Column("meeting_id", sa.Uuid),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("due_at", sa.DateTime(timezone=True)),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("ix_deliveries_meeting", "meeting_id", "requested_at", "delivery_id"),
    sa.Index("ix_deliveries_recipient", "recipient_id", "requested_at", "delivery_id"),
    sa.Index("ix_deliveries_requested", "requested_at", "delivery_id"),
    sa.Index(
        "ix_deliveries_due",
        "channel",
        "due_at",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    ),
)


def keys(recorded: Recorded[Any]) -> Iterable[Key]:
    match recorded.event:
        case DeliveryRequested() | DeliveryAttempted() | DeliverySucceeded() | DeliveryAbandoned():
            return [(recorded.event.delivery_id,)]
    return []


def change(_key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    match recorded.event:
        case DeliveryRequested() as fact:
            return _requested(fact, recorded)
        case DeliveryAttempted() as fact if row is not None:
            return row | {
                "state": DeliveryState.RETRYING.value,
                "attempts": fact.attempt,
                "code": fact.code,
                "due_at": fact.next_attempt_at,
            }
        case DeliverySucceeded() as fact if row is not None:
            return _over(row, recorded, DeliveryState.DELIVERED, fact.attempt, None)
        case DeliveryAbandoned() as fact if row is not None:
            return _over(row, recorded, DeliveryState.ABANDONED, fact.attempt, fact.code)
    return row


def _requested(fact: DeliveryRequested, recorded: Recorded[Any]) -> Row:
    return {
        "delivery_id": fact.delivery_id,
        "channel": fact.channel.value,
        "notice": fact.notice.value,
        "recipient_kind": fact.recipient_kind.value,
        "recipient_id": fact.recipient_id,
        "cause_id": fact.cause_id,
        "cause_type": fact.cause_type,
        "meeting_id": fact.meeting_id,
        "sequence": fact.sequence,
        "state": DeliveryState.QUEUED.value,
        "attempts": 0,
        "code": None,
        "requested_at": recorded.recorded_at,
        "due_at": recorded.recorded_at,
        "finished_at": None,
    }


def _over(
    row: Row, recorded: Recorded[Any], state: DeliveryState, attempts: int, code: str | None
) -> Row:
    return row | {
        "state": state.value,
        "attempts": attempts,
        "code": code,
        "due_at": None,
        "finished_at": recorded.recorded_at,
    }


DELIVERIES = ReadModel(
    name="deliveries", table=deliveries, keys=keys, change=change, needs_place=True
)
