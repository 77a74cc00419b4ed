"""What a meeting may refer to, judged by what the registry has told so far.

The registry's facts arrive a moment after they were stored there; until then they are unknown here.
"""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from contracts.events.meetings import TargetGroup, TargetKind
from contracts.events.registry import Party, PartyKind
from eventkit.database import session
from eventkit.domain import Invalid, NotFound
from meetings.projection.calendar import calendar
from meetings.projection.network import cohorts, contacts, municipalities, programmes


def require_host(engine: sa.Engine, ags: str | None, *, also_former: bool = False) -> None:
    """Refuse a municipality that the registry doesn't list; history may name a former one."""
    if ags is None:
        return
    query = sa.select(municipalities.c.ags).where(municipalities.c.ags == ags)
    if not also_former:
        query = query.where(municipalities.c.active)
    if not _exists(engine, query):
        raise Invalid(
            "unknown-municipality",
            "The registry has no active municipality with this key.",
            pointer="/host_ags",
        )


def require_programme(engine: sa.Engine, programme_id: UUID | None, pointer: str) -> None:
    if programme_id is None:
        return
    query = sa.select(programmes).where(programmes.c.programme_id == programme_id)
    if not _exists(engine, query):
        raise Invalid("unknown-programme", "The registry has no such programme.", pointer=pointer)


def require_cohort(
    engine: sa.Engine, cohort_id: UUID | None, pointer: str, programme_id: UUID | None = None
) -> None:
    """Refuse an unknown cohort, or one of another programme where a programme is named."""
    if cohort_id is None:
        return
    query = sa.select(cohorts).where(cohorts.c.cohort_id == cohort_id)
    if programme_id is not None:
        query = query.where(cohorts.c.programme_id == programme_id)
    if not _exists(engine, query):
        anywhere = "The registry has no such cohort."
        here = "The registry has no such cohort in this programme."
        detail = anywhere if programme_id is None else here
        raise Invalid("unknown-cohort", detail, pointer=pointer)


def require_audience(engine: sa.Engine, audience: Iterable[TargetGroup]) -> None:
    for number, group in enumerate(audience):
        pointer = f"/audience/{number}/id"
        if group.kind is TargetKind.COHORT:
            require_cohort(engine, group.id, pointer)
        else:
            require_programme(engine, group.id, pointer)


def party_of_contact(engine: sa.Engine, contact_id: UUID) -> Party:
    """Whom an active contact stands for; Invalid where there is none."""
    query = sa.select(contacts).where(contacts.c.contact_id == contact_id, contacts.c.active)
    with session(engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise unknown_contact()
    return Party(kind=PartyKind(row.party_kind), key=row.party_key)


def unknown_contact() -> Invalid:
    return Invalid(
        "unknown-contact",
        "The registry has no active contact with this id whom you could register.",
        pointer="/contact_id",
    )


def require_party(engine: sa.Engine, party: Party | None) -> None:
    """Refuse an unknown municipality; districts and organisations are not kept here."""
    if party is None or party.kind is not PartyKind.MUNICIPALITY:
        return
    query = sa.select(municipalities).where(
        municipalities.c.ags == party.key, municipalities.c.active
    )
    if not _exists(engine, query):
        raise Invalid(
            "unknown-municipality",
            "The registry has no active municipality with this key.",
            pointer="/party/key",
        )


def require_next_meeting(engine: sa.Engine, meeting_id: UUID | None) -> None:
    if meeting_id is not None and not _exists(engine, _meeting(meeting_id)):
        raise Invalid("unknown-meeting", "There is no such meeting.", pointer="/next_meeting_id")


def require_meeting(engine: sa.Engine, meeting_id: UUID) -> None:
    """Raise NotFound; for a meeting that stands in the address."""
    if not _exists(engine, _meeting(meeting_id)):
        raise NotFound("unknown-meeting", "There is no such meeting.")


def _meeting(meeting_id: UUID) -> sa.Select[tuple[UUID]]:
    return sa.select(calendar.c.meeting_id).where(calendar.c.meeting_id == meeting_id)


def _exists(engine: sa.Engine, query: sa.Select[tuple[object, ...]]) -> bool:
    with session(engine) as connection:
        return connection.execute(query).first() is not None
