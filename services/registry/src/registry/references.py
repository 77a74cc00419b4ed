"""What a command may refer to: things that the register knows and that are still active.

Own read models change in the append's transaction, so they are as current as the streams.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

import sqlalchemy as sa

from contracts.events.registry import Party, PartyKind
from eventkit.auth.principal import TENANT_FORMS
from eventkit.database import session
from eventkit.domain import Invalid, NotFound
from registry.access import unknown_contact
from registry.projection.cohorts import cohorts
from registry.projection.contacts import contacts
from registry.projection.districts import districts
from registry.projection.municipalities import municipalities
from registry.projection.organisations import organisations
from registry.projection.programmes import programmes


def require_municipality(engine: sa.Engine, ags: str, pointer: str) -> None:
    query = sa.select(municipalities.c.ags).where(
        municipalities.c.ags == ags, municipalities.c.active
    )
    if not _exists(engine, query):
        raise Invalid(
            "unknown-municipality",
            "The register has no active municipality with this key.",
            pointer=pointer,
        )


def require_district(engine: sa.Engine, key: str, pointer: str) -> None:
    query = sa.select(districts.c.district_key).where(
        districts.c.district_key == key, districts.c.active
    )
    if not _exists(engine, query):
        raise Invalid(
            "unknown-district",
            "The register has no active district with this key.",
            pointer=pointer,
        )


def require_organisation(engine: sa.Engine, key: str, pointer: str) -> None:
    query = sa.select(organisations.c.organisation_id).where(
        organisations.c.organisation_id == UUID(key), organisations.c.active
    )
    if not _exists(engine, query):
        raise Invalid(
            "unknown-organisation",
            "The register has no active organisation with this id.",
            pointer=pointer,
        )


_PARTIES: Mapping[PartyKind, Callable[[sa.Engine, str, str], None]] = {
    PartyKind.MUNICIPALITY: require_municipality,
    PartyKind.DISTRICT: require_district,
    PartyKind.ORGANISATION: require_organisation,
}


def require_party(engine: sa.Engine, party: Party) -> None:
    """Raise Invalid, pointing at the party's key, unless the register knows the party."""
    _PARTIES[party.kind](engine, party.key, "/party/key")


def require_tenant(engine: sa.Engine, role: str, tenant: str | None) -> None:
    """Raise Invalid for a client of an administration that the register lacks.

    Before the first import it lacks all, and takes any; the form of a key is the domain's matter.
    """
    form = TENANT_FORMS.get(role)
    if form is None or tenant is None or not form.match(tenant):
        return
    if _exists(engine, sa.select(municipalities.c.ags).limit(1)):
        _PARTIES[PartyKind(role)](engine, tenant, "/tenant")


def require_programme(engine: sa.Engine, programme_id: UUID) -> None:
    """Raise NotFound; for a programme that stands in the address."""
    query = sa.select(programmes.c.programme_id).where(programmes.c.programme_id == programme_id)
    if not _exists(engine, query):
        raise NotFound("not-found", "There is no such thing here.")


def require_cohort(engine: sa.Engine, cohort_id: UUID) -> None:
    """Raise NotFound; for a cohort that stands in the address."""
    if not _exists(engine, sa.select(cohorts.c.cohort_id).where(cohorts.c.cohort_id == cohort_id)):
        raise NotFound("not-found", "There is no such thing here.")


def require_predecessor(engine: sa.Engine, cohort_id: UUID, programme_id: UUID) -> None:
    query = sa.select(cohorts.c.cohort_id).where(
        cohorts.c.cohort_id == cohort_id, cohorts.c.programme_id == programme_id
    )
    if not _exists(engine, query):
        raise Invalid(
            "unknown-cohort",
            "The programme has no such cohort.",
            pointer="/predecessor_id",
        )


def party_of_active_contact(engine: sa.Engine, contact_id: UUID, pointer: str) -> Party:
    query = sa.select(contacts).where(contacts.c.contact_id == contact_id, contacts.c.active)
    party = _party(engine, query)
    if party is None:
        raise unknown_contact(pointer)
    return party


def _party(engine: sa.Engine, query: sa.Select[tuple[object, ...]]) -> Party | None:
    with session(engine) as connection:
        row = connection.execute(query).one_or_none()
    return Party(kind=PartyKind(row.party_kind), key=row.party_key) if row else None


def _exists(engine: sa.Engine, query: sa.Select[tuple[object, ...]]) -> bool:
    with session(engine) as connection:
        return connection.execute(query).first() is not None
