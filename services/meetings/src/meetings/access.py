"""Whose registrations a caller may see and change, who reads names, and who may come in."""

from uuid import UUID

import sqlalchemy as sa

from contracts.events.registry import Party, PartyKind
from eventkit.auth.principal import Principal
from eventkit.domain import Forbidden
from meetings.domain.state import Standing
from meetings.projection.registrations import registrations

READS_NAMES = frozenset({"organiser", "moderator", "service"})
_ENTERS_ALL = frozenset({"organiser", "steering_group", "moderator", "service"})
_PLACES = (Standing.REGISTERED.value, Standing.ATTENDED.value)
_BOUND = frozenset({"municipality", "district"})


def party_of(caller: Principal, party: Party | None) -> Party | None:
    """The party that somebody is registered for: a municipality or district registers its own.

    Raises Forbidden for a foreign one.
    """
    if caller.role not in _BOUND:
        return party
    if party is None:
        return Party(kind=PartyKind(caller.role), key=str(caller.tenant))
    if not _is_own(caller, party):
        raise Forbidden("foreign-party", "You register people of your own administration only.")
    return party


def visible_to(caller: Principal) -> sa.ColumnElement[bool]:
    """The registrations that exist for the caller."""
    if caller.role not in _BOUND:
        return sa.true()
    kind, key = registrations.c.party_kind, registrations.c.party_key
    own = sa.and_(kind == caller.role, key == caller.tenant)
    if caller.role == "municipality":
        return own
    inside = sa.and_(
        kind == PartyKind.MUNICIPALITY.value,
        key.startswith(str(caller.tenant), autoescape=True),
    )
    return sa.or_(own, inside)


def may_enter(caller: Principal, meeting_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether the caller is told how to get in: who runs the network, and who has a place."""
    if caller.role in _ENTERS_ALL:
        return sa.true()
    if caller.role not in _BOUND:
        return sa.false()
    has_place = registrations.c.standing.in_(_PLACES)
    return sa.exists().where(
        registrations.c.meeting_id == meeting_id, has_place, visible_to(caller)
    )


def _is_own(caller: Principal, party: Party) -> bool:
    if party == Party(kind=PartyKind(caller.role), key=str(caller.tenant)):
        return True
    is_inside = party.kind is PartyKind.MUNICIPALITY and caller.role == "district"
    return is_inside and party.key.startswith(str(caller.tenant))
