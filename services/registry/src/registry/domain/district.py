"""Districts, and cities that are their own district, as the official directory lists them.

Pure: no I/O, no clock.
"""

from dataclasses import dataclass
from datetime import date
from typing import assert_never

from contracts.events.registry import (
    DistrictDeactivated,
    DistrictEvent,
    DistrictRegistered,
    DistrictRevised,
)
from eventkit.domain import Aggregate, Conflict, NotFound


@dataclass(frozen=True, kw_only=True)
class RecordDistrict:
    """Take over what the directory of `valid_on` says; the same facts again are no news."""

    district_key: str
    name: str
    kind: str
    valid_on: date


@dataclass(frozen=True, kw_only=True)
class DeactivateDistrict:
    district_key: str
    valid_on: date


DistrictCommand = RecordDistrict | DeactivateDistrict


@dataclass(frozen=True, kw_only=True)
class District:
    name: str
    kind: str
    valid_on: date
    active: bool


def decide(district: District | None, command: DistrictCommand) -> list[DistrictEvent]:
    match command:
        case RecordDistrict():
            return record(district, command)
        case DeactivateDistrict():
            return deactivate(district, command)
    assert_never(command)


def evolve(district: District | None, event: DistrictEvent) -> District:
    match event:
        case DistrictRegistered() | DistrictRevised():
            return District(name=event.name, kind=event.kind, valid_on=event.valid_on, active=True)
        case DistrictDeactivated():
            if district is None:
                raise AssertionError("A district is registered before it is deactivated.")
            return District(
                name=district.name, kind=district.kind, valid_on=event.valid_on, active=False
            )
    assert_never(event)


def record(district: District | None, command: RecordDistrict) -> list[DistrictEvent]:
    if district is None:
        return [_stated(DistrictRegistered, command)]
    _refuse_outdated(district, command.valid_on)
    unchanged = (district.name, district.kind) == (command.name, command.kind)
    if district.active and unchanged:
        return []
    return [_stated(DistrictRevised, command)]


def deactivate(district: District | None, command: DeactivateDistrict) -> list[DistrictEvent]:
    if district is None:
        raise NotFound("unknown-district", "No district has this key.")
    _refuse_outdated(district, command.valid_on)
    if not district.active:
        return []
    return [DistrictDeactivated(district_key=command.district_key, valid_on=command.valid_on)]


def _refuse_outdated(district: District, valid_on: date) -> None:
    if valid_on < district.valid_on:
        raise Conflict(
            "outdated-directory",
            f"The register already follows the directory of {district.valid_on}.",
        )


Stated = DistrictRegistered | DistrictRevised


def _stated(kind: type[Stated], command: RecordDistrict) -> Stated:
    return kind(
        district_key=command.district_key,
        name=command.name,
        kind=command.kind,
        valid_on=command.valid_on,
    )


DISTRICT = Aggregate(name="district", decide=decide, evolve=evolve)
