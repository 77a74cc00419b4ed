"""Whose registrations a caller may see and change, who reads names, and who may come in.

A municipality sees its own, a district its own and those of its municipalities as the registry
has told; both learn of a move when its event is applied here (decision 0009).
"""

from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from contracts.events.registry import Party, PartyKind
from eventkit.auth.principal import Principal
from eventkit.domain import Forbidden, NotFound
from eventkit.http.views import own_parties
from eventkit.tenants import TIED, is_one_of
from meetings.domain.state import Meeting, Standing
from meetings.projection.registrations import registrations

READS_NAMES = frozenset({"organiser", "moderator", "service"})
_SEES_ALL = frozenset({"organiser", "steering_group", "moderator", "service"})
_PLACES = (Standing.REGISTERED.value, Standing.ATTENDED.value)


def party_of(caller: Principal, party: Party | None) -> Party | None:
    """The party that somebody is registered for: a municipality or district registers its own.

    Raises Forbidden for any other, whether the register knows it or not.
    """
    if caller.role not in TIED:
        return party
    if party is None:
        return Party(kind=PartyKind(caller.role), key=str(caller.tenant))
    if not is_own(party):
        raise Forbidden("foreign-party", "You register people of your own administration only.")
    return party


def is_own(party: Party | None) -> bool:
    """Whether the caller acts for this party."""
    return party is not None and (party.kind.value, party.key) in own_parties()


def visible_to(caller: Principal) -> sa.ColumnElement[bool]:
    """The registrations that exist for the caller."""
    if caller.role in _SEES_ALL:
        return sa.true()
    return is_one_of(own_parties(), registrations.c.party_kind, registrations.c.party_key)


def may_enter(caller: Principal, meeting_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether the caller is told how to get in: who runs the network, and who has a place."""
    if caller.role in _SEES_ALL:
        return sa.true()
    has_place = registrations.c.standing.in_(_PLACES)
    return sa.exists().where(
        registrations.c.meeting_id == meeting_id, has_place, visible_to(caller)
    )


def judge_place(caller: Principal, participant_id: UUID) -> Callable[[Meeting | None], None]:
    """Raises NotFound for a place that is not there, or not for the caller: both look the same."""
    own = own_parties()

    def judge(meeting: Meeting | None) -> None:
        place = meeting.places.get(participant_id) if meeting else None
        party = place.party if place else None
        is_visible = caller.role in _SEES_ALL or (
            party is not None and (party.kind.value, party.key) in own
        )
        if place is None or not is_visible:
            raise NotFound("not-found", "There is no such thing here.")

    return judge
