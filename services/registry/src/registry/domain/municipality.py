"""Municipalities as the official directory lists them.

Pure: no I/O, no clock. Keys are strings everywhere, for leading zeros carry meaning.
"""

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from contracts.events.registry import (
    MunicipalityDeactivated,
    MunicipalityEvent,
    MunicipalityRegistered,
    MunicipalityRevised,
)
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound


@dataclass(frozen=True, kw_only=True)
class MunicipalityFacts:
    """What the directory says of a municipality, apart from the day it speaks of."""

    ars: str
    name: str
    kind: str
    district_key: str
    population: int | None = None
    area_hectares: int | None = None
    postcode: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordMunicipality:
    """Take over what the directory of `valid_on` says; the same facts again are no news."""

    ags: str
    valid_on: date
    facts: MunicipalityFacts


@dataclass(frozen=True, kw_only=True)
class DeactivateMunicipality:
    ags: str
    valid_on: date


MunicipalityCommand = RecordMunicipality | DeactivateMunicipality


@dataclass(frozen=True, kw_only=True)
class Municipality:
    valid_on: date
    active: bool
    facts: MunicipalityFacts


def decide(
    municipality: Municipality | None, command: MunicipalityCommand
) -> list[MunicipalityEvent]:
    match command:
        case RecordMunicipality():
            return record(municipality, command)
        case DeactivateMunicipality():
            return deactivate(municipality, command)
    assert_never(command)


def evolve(municipality: Municipality | None, event: MunicipalityEvent) -> Municipality:
    match event:
        case MunicipalityRegistered() | MunicipalityRevised():
            return Municipality(valid_on=event.valid_on, active=True, facts=facts_of(event))
        case MunicipalityDeactivated():
            if municipality is None:
                raise AssertionError("A municipality is registered before it is deactivated.")
            return Municipality(valid_on=event.valid_on, active=False, facts=municipality.facts)
    assert_never(event)


def record(
    municipality: Municipality | None, command: RecordMunicipality
) -> list[MunicipalityEvent]:
    _refuse_contradicting_keys(command)
    if municipality is None:
        return [_stated(MunicipalityRegistered, command)]
    if command.valid_on < municipality.valid_on:
        raise Conflict(
            "outdated-directory",
            f"The register already follows the directory of {municipality.valid_on}.",
        )
    if municipality.active and municipality.facts == command.facts:
        return []
    return [_stated(MunicipalityRevised, command)]


def deactivate(
    municipality: Municipality | None, command: DeactivateMunicipality
) -> list[MunicipalityEvent]:
    if municipality is None:
        raise NotFound("unknown-municipality", "No municipality has this key.")
    if command.valid_on < municipality.valid_on:
        raise Conflict(
            "outdated-directory",
            f"The register already follows the directory of {municipality.valid_on}.",
        )
    if not municipality.active:
        return []
    return [MunicipalityDeactivated(ags=command.ags, valid_on=command.valid_on)]


def facts_of(event: MunicipalityRegistered | MunicipalityRevised) -> MunicipalityFacts:
    return MunicipalityFacts(
        ars=event.ars,
        name=event.name,
        kind=event.kind,
        district_key=event.district_key,
        population=event.population,
        area_hectares=event.area_hectares,
        postcode=event.postcode,
    )


def _refuse_contradicting_keys(command: RecordMunicipality) -> None:
    ars, ags = command.facts.ars, command.ags
    if ars[:5] + ars[9:] != ags or command.facts.district_key != ags[:5]:
        raise Invalid(
            "contradicting-keys", "The regional key and the district key begin as the AGS does."
        )


Stated = MunicipalityRegistered | MunicipalityRevised


def _stated(kind: type[Stated], command: RecordMunicipality) -> Stated:
    facts = command.facts
    return kind(
        ags=command.ags,
        ars=facts.ars,
        name=facts.name,
        kind=facts.kind,
        district_key=facts.district_key,
        valid_on=command.valid_on,
        population=facts.population,
        area_hectares=facts.area_hectares,
        postcode=facts.postcode,
    )


MUNICIPALITY = Aggregate(name="municipality", decide=decide, evolve=evolve)
