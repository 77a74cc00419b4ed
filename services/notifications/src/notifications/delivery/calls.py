"""One call of one endpoint: sign, send, and judge the answer."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from eventkit.database import session
from eventkit.unit import Kit
from notifications.delivery.outcomes import abandoned, failed, record_for_endpoint, succeeded
from notifications.domain.delivery import DeliveryCommand
from notifications.domain.retries import Schedule
from notifications.projection.endpoints import EndpointState, endpoints
from notifications.tables import causes
from notifications.webhook.http import Answer, Caller, Failed
from notifications.webhook.payload import body
from notifications.webhook.signature import headers

GONE = 410


def call(kit: Kit, caller: Caller, row: sa.RowMapping) -> None:
    """Attempt one delivery and record what became of it."""
    endpoint, cause = _read(kit, row["recipient_id"], row["cause_id"])
    if endpoint is None or endpoint["state"] != EndpointState.ACTIVE.value:
        record_for_endpoint(kit, row, abandoned(row, "endpoint_disabled", tried=False))
        return
    keys = _secrets(kit, endpoint)
    if cause is None or not keys:
        record_for_endpoint(kit, row, abandoned(row, "nothing_to_send", tried=False))
        return
    content = body(cause["type"], cause["occurred_at"], cause["data"])
    signed = headers(row["delivery_id"], content, keys, kit.now())
    try:
        answer = caller.post(endpoint["url"], signed, content)
    except Failed as error:
        record_for_endpoint(kit, row, failed(kit, row, error.code, Schedule.WEBHOOK))
        return
    record_for_endpoint(kit, row, _judged(kit, row, answer), gone=answer.status == GONE)


def _judged(kit: Kit, row: sa.RowMapping, answer: Answer) -> DeliveryCommand:
    code = f"http_{answer.status}"
    if 200 <= answer.status < 300:
        return succeeded(row)
    if answer.status == GONE:
        return abandoned(row, code, tried=True)
    later = failed(kit, row, code, Schedule.WEBHOOK)
    return replace(later, asked=answer.asked_wait(kit.now()))


def _read(
    kit: Kit, endpoint_id: UUID, event_id: UUID
) -> tuple[sa.RowMapping | None, sa.RowMapping | None]:
    endpoint = sa.select(endpoints).where(endpoints.c.endpoint_id == endpoint_id)
    cause = sa.select(causes).where(causes.c.event_id == event_id)
    with session(kit.engine) as connection:
        return (
            connection.execute(endpoint).mappings().one_or_none(),
            connection.execute(cause).mappings().one_or_none(),
        )


def _secrets(kit: Kit, endpoint: sa.RowMapping) -> list[str]:
    """The secret, and for a while after a rotation the one before."""
    tokens = [endpoint["secret"]]
    if endpoint["previous_until"] and kit.now() < endpoint["previous_until"]:
        tokens.append(endpoint["previous_secret"])
    return [secret for token in tokens if (secret := kit.vault.open(token))]
