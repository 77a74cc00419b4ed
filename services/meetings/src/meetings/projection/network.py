"""What meetings must know of the registry: which municipalities, cohorts and contacts there are."""

from collections.abc import Iterable

import sqlalchemy as sa

from contracts.events.contacts import ContactErased, ContactErasureCertified, ContactEvent
from contracts.events.registry import (
    CohortEvent,
    CohortPlanned,
    ContactAppointed,
    ContactChanged,
    ContactLeft,
    MunicipalityDeactivated,
    MunicipalityEvent,
    MunicipalityRegistered,
    MunicipalityRevised,
    ProgrammeDecided,
    ProgrammeEvent,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from meetings.tables import metadata

municipalities = sa.Table(
    "known_municipalities",
    metadata,
    sa.Column("ags", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Column("district_key", sa.Text, nullable=False),
    sa.Index("municipalities_by_district", "district_key"),
)
programmes = sa.Table(
    "known_programmes",
    metadata,
    sa.Column("programme_id", sa.Uuid, primary_key=True),
    sa.Column("stream_version", sa.Integer, nullable=False),
)
cohorts = sa.Table(
    "known_cohorts",
    metadata,
    sa.Column("cohort_id", sa.Uuid, primary_key=True),
    sa.Column("programme_id", sa.Uuid, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)
contacts = sa.Table(
    "known_contacts",
    metadata,
    sa.Column("contact_id", sa.Uuid, primary_key=True),
    sa.Column("party_kind", sa.Text, nullable=False),
    sa.Column("party_key", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def municipality_keys(recorded: Recorded[MunicipalityEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            MunicipalityRegistered(ags=ags)
            | MunicipalityRevised(ags=ags)
            | MunicipalityDeactivated(ags=ags)
        ):
            return [(ags,)]
    return []


def change_municipality(
    _: Key, row: Row | None, recorded: Recorded[MunicipalityEvent]
) -> Row | None:
    match recorded.event:
        case MunicipalityRegistered() | MunicipalityRevised() as event:
            return {
                "ags": event.ags,
                "name": event.name,
                "district_key": event.district_key,
                "active": True,
            }
        case MunicipalityDeactivated():
            return row and row | {"active": False}
    return row


def programme_keys(recorded: Recorded[ProgrammeEvent]) -> Iterable[Key]:
    match recorded.event:
        case ProgrammeDecided(programme_id=programme_id):
            return [(programme_id,)]
    return []


def change_programme(key: Key, _: Row | None, __: Recorded[ProgrammeEvent]) -> Row | None:
    return {"programme_id": key[0]}


def cohort_keys(recorded: Recorded[CohortEvent]) -> Iterable[Key]:
    match recorded.event:
        case CohortPlanned(cohort_id=cohort_id):
            return [(cohort_id,)]
    return []


def change_cohort(_: Key, row: Row | None, recorded: Recorded[CohortEvent]) -> Row | None:
    match recorded.event:
        case CohortPlanned(cohort_id=cohort_id, programme_id=programme_id):
            return {"cohort_id": cohort_id, "programme_id": programme_id}
    return row


def contact_keys(recorded: Recorded[ContactEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            ContactAppointed(contact_id=contact_id)
            | ContactChanged(contact_id=contact_id)
            | ContactLeft(contact_id=contact_id)
            | ContactErased(contact_id=contact_id)
            | ContactErasureCertified(contact_id=contact_id)
        ):
            return [(contact_id,)]
    return []


def change_contact(_: Key, row: Row | None, recorded: Recorded[ContactEvent]) -> Row | None:
    match recorded.event:
        case ContactAppointed() | ContactChanged() as event:
            return {
                "contact_id": event.contact_id,
                "party_kind": event.party.kind.value,
                "party_key": event.party.key,
                "active": True,
            }
        case ContactLeft() | ContactErased():
            return row and row | {"active": False}
    return row


MUNICIPALITIES = ReadModel(
    name="known_municipalities",
    table=municipalities,
    keys=municipality_keys,
    change=change_municipality,
)
PROGRAMMES = ReadModel(
    name="known_programmes", table=programmes, keys=programme_keys, change=change_programme
)
COHORTS = ReadModel(name="known_cohorts", table=cohorts, keys=cohort_keys, change=change_cohort)
CONTACTS = ReadModel(
    name="known_contacts", table=contacts, keys=contact_keys, change=change_contact
)
