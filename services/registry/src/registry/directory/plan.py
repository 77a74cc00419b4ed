"""What a directory would change in the register, decided by the rules of the domain. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contracts.events.registry import DistrictRegistered, MunicipalityRegistered
from eventkit.domain import Aggregate, Refusal
from registry.directory.reading import Directory
from registry.domain.district import DISTRICT, DeactivateDistrict, District
from registry.domain.municipality import (
    MUNICIPALITY,
    DeactivateMunicipality,
    Municipality,
)


@dataclass(frozen=True, kw_only=True)
class Register:
    """What the register holds now, by key."""

    municipalities: Mapping[str, Municipality]
    districts: Mapping[str, District]


@dataclass(kw_only=True)
class Changes:
    """The commands for one aggregate that change something, by what they change."""

    new: list[tuple[str, Any]] = field(default_factory=list)
    changed: list[tuple[str, Any]] = field(default_factory=list)
    gone: list[tuple[str, Any]] = field(default_factory=list)
    unchanged: int = 0

    @property
    def commands(self) -> list[tuple[str, Any]]:
        return [*self.new, *self.changed, *self.gone]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The changes of a directory; `directory` has all refused lines, those of the rules too."""

    municipalities: Changes
    districts: Changes
    directory: Directory

    @property
    def size(self) -> int:
        """How many records it changes."""
        return len(self.districts.commands) + len(self.municipalities.commands)


def plan(directory: Directory, register: Register) -> Plan:
    """Compare; a refusal by the rules is a refused line, and stops nothing else."""
    municipalities = _listed(
        MUNICIPALITY, directory.municipalities, register.municipalities, directory
    )
    districts = _listed(DISTRICT, directory.districts, register.districts, directory)
    municipalities.gone = [
        (key, DeactivateMunicipality(ags=key, valid_on=day))
        for key, day in _gone(directory, directory.municipalities, register.municipalities)
    ]
    districts.gone = [
        (key, DeactivateDistrict(district_key=key, valid_on=day))
        for key, day in _gone(directory, directory.districts, register.districts)
    ]
    return Plan(municipalities=municipalities, districts=districts, directory=directory)


def _listed(
    aggregate: Aggregate[Any, Any, Any],
    listed: Mapping[str, tuple[int, Any]],
    present: Mapping[str, Any],
    directory: Directory,
) -> Changes:
    changes = Changes()
    for key, (number, command) in listed.items():
        try:
            events = aggregate.decide(present.get(key), command)
        except Refusal as refusal:
            directory.refuse(number, refusal.detail)
            continue
        _sort(changes, key, command, events)
    return changes


def _sort(changes: Changes, key: str, command: Any, events: list[Any]) -> None:
    match events:
        case []:
            changes.unchanged += 1
        case [MunicipalityRegistered() | DistrictRegistered()]:
            changes.new.append((key, command))
        case _:
            changes.changed.append((key, command))


def _gone(
    directory: Directory,
    listed: Mapping[str, Any],
    present: Mapping[str, Municipality] | Mapping[str, District],
) -> Iterable[tuple[str, date]]:
    """What the register has active, in a state that the file holds whole, and the file has not."""
    for key, thing in present.items():
        day = directory.states.get(key[:2])
        missing = thing.active and key not in listed and key not in directory.refused_keys
        if day is not None and missing and day >= thing.valid_on:
            yield key, day
