"""When something happened that an endpoint asked for, request a call to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.catalog import wire
from contracts.codec import encode, published
from contracts.events.notifications import Channel, Notice, RecipientKind
from contracts.visibility import PartyKey, may_hear, named_party
from eventkit.recorded import Recorded
from eventkit.tenants import parties_of
from eventkit.unit import Unit
from notifications.domain.delivery import DELIVERY, RequestDelivery
from notifications.domain.filters import asked_for
from notifications.projection.endpoints import EndpointState, endpoints
from notifications.projection.municipalities import municipalities
from notifications.tables import causes


def call_endpoints(unit: Unit, recorded: Recorded[Any]) -> None:
    """Request one call for every endpoint that asked for the event and may hear of it."""
    hearing = [
        row["endpoint_id"]
        for row in _active(unit.sql)
        if asked_for(row["event_types"], wire(recorded.event))
        and may_hear(row["owner_role"], _parties(unit.sql, row, recorded.event), recorded.event)
    ]
    if hearing:
        _keep(unit.sql, recorded)
        requests = [_request(recorded, endpoint_id) for endpoint_id in hearing]
        unit.execute_all(DELIVERY, [(one.delivery_id, one) for one in requests])


def _active(sql: sa.Connection) -> list[sa.RowMapping]:
    columns = (
        endpoints.c.endpoint_id,
        endpoints.c.owner,
        endpoints.c.owner_role,
        endpoints.c.event_types,
    )
    active = endpoints.c.state == EndpointState.ACTIVE.value
    return list(sql.execute(sa.select(*columns).where(active)).mappings())


def _parties(sql: sa.Connection, row: sa.RowMapping, event: object) -> frozenset[PartyKey]:
    """Whom the endpoint's owner acts for, where the event names anybody."""
    if named_party(event) is None:
        return frozenset()
    return parties_of(sql, municipalities, row["owner_role"], row["owner"])


def _keep(sql: sa.Connection, recorded: Recorded[Any]) -> None:
    """Keep the published form: it has no personal data, and the call may come hours later."""
    name = wire(recorded.event)
    row = {
        "event_id": recorded.event_id,
        "type": name,
        "occurred_at": recorded.occurred_at,
        "data": orjson.loads(published(name, encode(recorded.event))),
        "kept_since": sa.func.now(),
    }
    sql.execute(insert(causes).values(row).on_conflict_do_nothing())


def _request(recorded: Recorded[Any], endpoint_id: UUID) -> RequestDelivery:
    return RequestDelivery(
        delivery_id=uuid5(endpoint_id, str(recorded.event_id)),
        channel=Channel.WEBHOOK,
        notice=Notice.EVENT,
        recipient_kind=RecipientKind.ENDPOINT,
        recipient_id=endpoint_id,
        cause_id=recorded.event_id,
        cause_type=wire(recorded.event),
        meeting_id=getattr(recorded.event, "meeting_id", None),
    )
