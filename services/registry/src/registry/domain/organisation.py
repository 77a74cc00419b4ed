"""Organisations that the network works with. Pure: no I/O, no clock."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never
from uuid import UUID

from contracts.events.registry import (
    OrganisationArchived,
    OrganisationEvent,
    OrganisationKind,
    OrganisationRegistered,
)
from eventkit.domain import Aggregate, Conflict, NotFound


@dataclass(frozen=True, kw_only=True)
class RegisterOrganisation:
    organisation_id: UUID
    name: str
    kind: OrganisationKind
    ags: str | None = None


@dataclass(frozen=True, kw_only=True)
class ArchiveOrganisation:
    organisation_id: UUID
    reason: str


OrganisationCommand = RegisterOrganisation | ArchiveOrganisation


class Organisation(Enum):
    REGISTERED = auto()
    ARCHIVED = auto()


def decide(
    organisation: Organisation | None, command: OrganisationCommand
) -> list[OrganisationEvent]:
    match command:
        case RegisterOrganisation():
            return register(organisation, command)
        case ArchiveOrganisation():
            return archive(organisation, command)
    assert_never(command)


def evolve(_: Organisation | None, event: OrganisationEvent) -> Organisation:
    match event:
        case OrganisationRegistered():
            return Organisation.REGISTERED
        case OrganisationArchived():
            return Organisation.ARCHIVED
    assert_never(event)


def register(
    organisation: Organisation | None, command: RegisterOrganisation
) -> list[OrganisationEvent]:
    if organisation is not None:
        raise Conflict("already-registered", "This organisation is already in the register.")
    return [
        OrganisationRegistered(
            organisation_id=command.organisation_id,
            name=command.name,
            kind=command.kind,
            ags=command.ags,
        )
    ]


def archive(
    organisation: Organisation | None, command: ArchiveOrganisation
) -> list[OrganisationEvent]:
    if organisation is None:
        raise NotFound("unknown-organisation", "There is no such organisation.")
    if organisation is Organisation.ARCHIVED:
        raise Conflict("already-archived", "This organisation is already archived.")
    return [OrganisationArchived(organisation_id=command.organisation_id, reason=command.reason)]


ORGANISATION = Aggregate(name="organisation", decide=decide, evolve=evolve)
