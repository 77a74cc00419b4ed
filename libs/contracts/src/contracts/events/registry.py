"""Facts about who belongs to the network, published by the registry."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow.validate import Range, Regexp

from contracts.catalog import LongText, Personal, Text, event, value

Ags = Annotated[str, Regexp(r"^[0-9]{8}$")]
Ars = Annotated[str, Regexp(r"^[0-9]{12}$")]
DistrictKey = Annotated[str, Regexp(r"^[0-9]{5}$")]
Email = Annotated[str, Regexp(r"^[^@\s]+@[^@\s]+$")]
Count = Annotated[int, Range(min=0)]


class PartyKind(StrEnum):
    """What a contact, a participation or a seat stands for."""

    MUNICIPALITY = "municipality"
    DISTRICT = "district"
    ORGANISATION = "organisation"


class OrganisationKind(StrEnum):
    """Kinds of organisations that the programme's documents name (REG-12, REG-13)."""

    MINISTRY = "ministry"
    AUTHORITY = "authority"
    LOCAL_AUTHORITY_ASSOCIATION = "local_authority_association"
    MIGRANT_ORGANISATION = "migrant_organisation"
    ASSOCIATION = "association"
    WELFARE = "welfare"
    CHURCH = "church"
    SCHOOL = "school"
    CHAMBER = "chamber"
    COMPANY = "company"
    ACADEMY = "academy"
    OTHER = "other"


@value
class Party:
    """A municipality by AGS, a district by its 5 digits, or an organisation by id."""

    kind: PartyKind
    key: Text


@event("municipality.registered", version=1)
class MunicipalityRegistered:
    """A municipality entered the register (REG-01)."""

    ags: Ags
    ars: Ars
    name: Text
    kind: Annotated[str, Regexp(r"^[0-9]{2}$")]
    district_key: DistrictKey
    valid_on: date
    population: Count | None = None
    area_hectares: Count | None = None
    postcode: Annotated[str, Regexp(r"^[0-9]{5}$")] | None = None


@event("municipality.revised", version=1)
class MunicipalityRevised:
    """The official directory says something new of a municipality; all facts as they are."""

    ags: Ags
    ars: Ars
    name: Text
    kind: Annotated[str, Regexp(r"^[0-9]{2}$")]
    district_key: DistrictKey
    valid_on: date
    population: Count | None = None
    area_hectares: Count | None = None
    postcode: Annotated[str, Regexp(r"^[0-9]{5}$")] | None = None


@event("municipality.deactivated", version=1)
class MunicipalityDeactivated:
    """The official directory no longer lists the municipality."""

    ags: Ags
    valid_on: date


@event("district.registered", version=1)
class DistrictRegistered:
    """A district, or a city that is its own district, entered the register."""

    district_key: DistrictKey
    name: Text
    kind: Annotated[str, Regexp(r"^[0-9]{2}$")]
    valid_on: date


@event("district.revised", version=1)
class DistrictRevised:
    """The official directory says something new about a district."""

    district_key: DistrictKey
    name: Text
    kind: Annotated[str, Regexp(r"^[0-9]{2}$")]
    valid_on: date


@event("district.deactivated", version=1)
class DistrictDeactivated:
    """The official directory no longer lists the district."""

    district_key: DistrictKey
    valid_on: date


@event("programme.decided", version=1)
class ProgrammeDecided:
    """A funding programme was decided (REG-02, REG-08)."""

    programme_id: UUID
    title: Text
    goal: LongText | None = None
    lead: Text | None = None
    funder: Text | None = None
    funding_source: Text | None = None
    decided: Text | None = None


@event("cohort.planned", version=1)
class CohortPlanned:
    """One round of participants was planned; its target is no limit of nature (REG-03)."""

    cohort_id: UUID
    programme_id: UUID
    label: Text
    starts_year: int
    ends_year: int
    participants_target: Count | None = None
    funding_cap_cents: Count | None = None
    predecessor_id: UUID | None = None


@event("participation.accepted", version=1)
class ParticipationAccepted:
    """A municipality or district takes part in a cohort (REG-05)."""

    participation_id: UUID
    cohort_id: UUID
    party: Party
    challenge: LongText | None = None
    over_target_reason: Text | None = None


@event("participation.left", version=1)
class ParticipationLeft:
    """A participant left its cohort before the end."""

    participation_id: UUID
    cohort_id: UUID
    party: Party
    reason: Text


@event("organisation.registered", version=1)
class OrganisationRegistered:
    """An organisation became known to the network (REG-12)."""

    organisation_id: UUID
    name: Text
    kind: OrganisationKind
    ags: Ags | None = None


@event("organisation.archived", version=1)
class OrganisationArchived:
    """An organisation is no longer part of the network; its history stays."""

    organisation_id: UUID
    reason: Text


@event("seat.created", version=1)
class SeatCreated:
    """The programme's steering group got a seat for an organisation (REG-10)."""

    seat_id: UUID
    programme_id: UUID
    organisation_id: UUID
    role: Text


@event("seat.filled", version=1)
class SeatFilled:
    """A contact took a seat of the steering group."""

    seat_id: UUID
    programme_id: UUID
    contact_id: UUID


@event("seat.vacated", version=1)
class SeatVacated:
    """The contact gave the seat back; the seat stays."""

    seat_id: UUID
    programme_id: UUID
    contact_id: UUID
    reason: Text


@event("contact.appointed", version=1)
class ContactAppointed:
    """A party named a contact with an official role (REG-14); no event tells an address."""

    contact_id: UUID
    party: Party
    role: Text
    purpose: Text
    name: Annotated[Text | None, Personal("contact_id")] = None
    email: Annotated[Email | None, Personal("contact_id")] = None
    phone: Annotated[Text | None, Personal("contact_id")] = None


@event("contact.changed", version=1)
class ContactChanged:
    """Role or address of a contact changed; all facts as they are now."""

    contact_id: UUID
    party: Party
    role: Text
    purpose: Text
    name: Annotated[Text | None, Personal("contact_id")] = None
    email: Annotated[Email | None, Personal("contact_id")] = None
    phone: Annotated[Text | None, Personal("contact_id")] = None


@event("contact.left", version=1)
class ContactLeft:
    """A contact gave up the role, with or without a successor (REG-15)."""

    contact_id: UUID
    party: Party
    successor_id: UUID | None = None


@event("client.registered", version=1, published=False)
class ClientRegistered:
    """A machine client may ask for tokens; only the digest of its secret is kept."""

    client_id: Text
    name: Text
    role: Text
    secret_digest: Text
    tenant: Text | None = None
    secret_id: Text | None = None
    scopes: tuple[Text, ...] | None = None


@event("client.secret_issued", version=1, published=False)
class ClientSecretIssued:
    """A machine client has a further secret; its older ones end then at the latest."""

    client_id: Text
    secret_id: Text
    secret_digest: Text
    older_end_at: datetime


@event("client.secret_ended", version=1, published=False)
class ClientSecretEnded:
    """A secret of a machine client ended before its time."""

    client_id: Text
    secret_id: Text


@event("client.revoked", version=1, published=False)
class ClientRevoked:
    """A machine client may no longer ask for tokens."""

    client_id: Text
    reason: Text


MunicipalityEvent = MunicipalityRegistered | MunicipalityRevised | MunicipalityDeactivated
DistrictEvent = DistrictRegistered | DistrictRevised | DistrictDeactivated
ProgrammeEvent = ProgrammeDecided
CohortEvent = CohortPlanned | ParticipationAccepted | ParticipationLeft
OrganisationEvent = OrganisationRegistered | OrganisationArchived
SeatEvent = SeatCreated | SeatFilled | SeatVacated
ClientEvent = ClientRegistered | ClientSecretIssued | ClientSecretEnded | ClientRevoked
