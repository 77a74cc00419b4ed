"""What no API gives, put into the stores: parked and lost events, wishes, a tenant that moves."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

from contracts.events.registry import MunicipalityRevised
from contracts.operations import ParkedAct, ParkedTarget
from eventkit.database import driver, session
from eventkit.domain import Aggregate
from eventkit.parking.actions import PARKED_ACTION, requested
from eventkit.recorded import Context
from registry.domain.municipality import MUNICIPALITY
from tests.security.site import Site

_NUMBERS = count(9_000_000)
_PARK = (
    "INSERT INTO parked (id, source, generation, stream, version, event_id, type, reason, detail,"
    " message) OVERRIDING SYSTEM VALUE VALUES (%s, 'nobody', gen_random_uuid(), %s, 1,"
    " gen_random_uuid(), 'meeting.planned.v1', 'refused', 'detail', '')"
)


_LOSE = (
    "INSERT INTO lost_events (source, event_id, generation, stream, version, had_effect)"
    " VALUES (%s, gen_random_uuid(), gen_random_uuid(), 'thing-1', 1, true)"
)


def lost(site: Site) -> dict[str, str]:
    """By a source of its own in every service, for each has these routes."""
    source = f"nobody-{next(_NUMBERS)}"
    for kit in site.kits.values():
        with session(kit.engine) as connection:
            driver(connection).execute(_LOSE, (source,))
    return {"source": source}


def parked(site: Site) -> dict[str, str]:
    """The same in every service, for each has these routes; no consumer follows such a source."""
    number = next(_NUMBERS)
    for kit in site.kits.values():
        with session(kit.engine) as connection:
            driver(connection).execute(_PARK, (number, f"thing-{number}"))
    return {"parked_id": str(number)}


def parked_action(site: Site) -> dict[str, str]:
    """Asked for in every service under one id."""
    action_id = uuid4()
    target = ParkedTarget(parked_id=1, source="nobody")
    for kit in site.kits.values():
        command = requested(action_id, ParkedAct.RETRY, [target], None)
        kit.execute(PARKED_ACTION, action_id, command, context=Context(actor="test"))
    return {"action_id": str(action_id)}


def moved(site: Site, ags: str, district_key: str) -> None:
    """The registry's event that a municipality belongs to another district now."""
    told: Aggregate[Any, Any, Any] = Aggregate(
        name="municipality", decide=lambda _, event: [event], evolve=MUNICIPALITY.evolve
    )
    event = MunicipalityRevised(
        ags=ags,
        ars=f"{ags[:5]}0000{ags[5:]}",
        name="Neuffen",
        kind="63",
        district_key=district_key,
        valid_on=date(2025, 1, 1),
    )
    context = Context(actor="test", tenant=None, correlation_id=str(uuid4()))
    site.kits["registry"].execute(told, ags, event, context=context)
