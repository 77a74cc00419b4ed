"""Whose registrations a caller may see and change, who reads names, and who may come in.

A municipality sees its own, a district its own and those of its municipalities as the registry
has told; both learn of a move when its event is applied here (decision 0009). Who has a personal
link sees the one registration that it names, as long as it stands, the person is not erased, and
a contact has not left as far as the registry has told.
"""

from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from contracts.events.registry import Party, PartyKind
from eventkit.auth.links import Link
from eventkit.auth.principal import TIED, Principal
from eventkit.database import session
from eventkit.domain import Forbidden, NotFound
from eventkit.http.requests import personal_link
from eventkit.http.views import kit, own_parties
from eventkit.tenants import is_one_of
from meetings.domain.state import Meeting, Standing
from meetings.projection.network import contacts
from meetings.projection.registrations import WITHDRAWN, registrations

PARTICIPANT = "participant"
READS_NAMES = frozenset({"organiser", "moderator", "service", PARTICIPANT})
SEES_ALL = frozenset({"organiser", "steering_group", "moderator", "service"})
PLACES = (Standing.REGISTERED.value, Standing.ATTENDED.value)


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
    if caller.role in SEES_ALL:
        return sa.true()
    if caller.role == PARTICIPANT:
        return _named_by_link()
    return is_one_of(own_parties(), registrations.c.party_kind, registrations.c.party_key)


def given_back() -> sa.ColumnElement[bool]:
    """The registration that the caller's link names, once it was withdrawn; nobody's who is erased.

    A link has nothing more to show then, but can say why.
    """
    if (link := _live_link()) is None:
        return sa.false()
    return sa.and_(_is_named(link), registrations.c.standing == WITHDRAWN)


def exists_for(caller: Principal, meeting_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether there is such a meeting for the caller; for participants there is one."""
    if caller.role != PARTICIPANT:
        return sa.true()
    return sa.exists().where(registrations.c.meeting_id == meeting_id, _named_by_link())


def may_enter(caller: Principal, meeting_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether the caller is told how to get in: who runs the network, and who has a place."""
    if caller.role in SEES_ALL:
        return sa.true()
    has_place = registrations.c.standing.in_(PLACES)
    return sa.exists().where(
        registrations.c.meeting_id == meeting_id, has_place, visible_to(caller)
    )


def judge_place(
    caller: Principal, meeting_id: UUID, participant_id: UUID
) -> Callable[[Meeting | None], None]:
    """Raises NotFound for a place that is not there, or not for the caller: both look the same."""
    own, link = own_parties(), _live_link()
    is_named = link is not None and (link.about, link.person) == (meeting_id, participant_id)

    def judge(meeting: Meeting | None) -> None:
        place = meeting.places.get(participant_id) if meeting else None
        party = place.party if place else None
        is_own = party is not None and (party.kind.value, party.key) in own
        if place is None or not (caller.role in SEES_ALL or is_own or is_named):
            raise NotFound("not-found", "There is no such thing here.")

    return judge


def judge_person(caller: Principal, participant_id: UUID) -> Callable[[Meeting | None], None]:
    """The same for who had a place at any time: personal data outlasts the place."""
    link = _live_link()

    def judge(meeting: Meeting | None) -> None:
        is_there = meeting is not None and participant_id in {**meeting.places, **meeting.former}
        is_named = link is not None and link.person == participant_id
        if not is_there or not (caller.role in SEES_ALL or is_named):
            raise NotFound("not-found", "There is no such thing here.")

    return judge


def names(caller: Principal, participant_id: UUID) -> sa.ColumnElement[bool]:
    """The registration of a person whose data the caller may have given out, also a former one."""
    if caller.role in SEES_ALL:
        return registrations.c.participant_id == participant_id
    link = _live_link()
    return _is_named(link) if link and link.person == participant_id else sa.false()


def _named_by_link() -> sa.ColumnElement[bool]:
    if (link := _live_link()) is None:
        return sa.false()
    return sa.and_(_is_named(link), registrations.c.standing != WITHDRAWN)


def _is_named(link: Link) -> sa.ColumnElement[bool]:
    """Who withdrew and registered again has another number, and needs the link of that one."""
    return sa.and_(
        registrations.c.meeting_id == link.about,
        registrations.c.participant_id == link.person,
        registrations.c.number == link.turn,
    )


def _live_link() -> Link | None:
    """The caller's link, unless the person was erased or has left, or registered anew since."""
    if (link := personal_link()) is None:
        return None
    is_theirs = contacts.c.contact_id == registrations.c.contact_id
    query = sa.select(registrations.c.email, contacts.c.active).outerjoin(contacts, is_theirs)
    with session(kit().engine) as connection:
        row = connection.execute(query.where(_is_named(link))).one_or_none()
    # Contacts have their address at the registry, guests have it here.
    is_known = row is not None and (row.active or kit().vault.open(row.email) is not None)
    return link if is_known else None
