"""DeactivateDistrict: such as after a reform; its history stays."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.events.registry import DistrictDeactivated
from eventkit.domain import Conflict, NotFound
from registry.domain.district import DISTRICT, DeactivateDistrict, District

PRESENT = District(name="Esslingen", kind="44", valid_on=date(2020, 12, 31), active=True)
COMMAND = DeactivateDistrict(district_key="08116", valid_on=date(2021, 12, 31))


def test_a_district_is_deactivated_and_keeps_its_name() -> None:
    (event,) = DISTRICT.decide(PRESENT, COMMAND)
    assert event == DistrictDeactivated(district_key="08116", valid_on=date(2021, 12, 31))
    after = DISTRICT.evolve(PRESENT, event)
    assert (after.active, after.name) == (False, "Esslingen")


def test_deactivating_twice_changes_nothing() -> None:
    assert DISTRICT.decide(replace(PRESENT, active=False), COMMAND) == []


def test_an_unknown_district_cannot_be_deactivated() -> None:
    with pytest.raises(NotFound):
        DISTRICT.decide(None, COMMAND)


def test_an_older_directory_deactivates_nothing() -> None:
    with pytest.raises(Conflict):
        DISTRICT.decide(PRESENT, replace(COMMAND, valid_on=date(2020, 6, 30)))
