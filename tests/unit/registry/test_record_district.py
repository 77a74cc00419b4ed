"""RecordDistrict: districts and cities that are their own district."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.events.registry import DistrictRegistered, DistrictRevised
from eventkit.domain import Conflict
from registry.domain.district import DISTRICT, District, RecordDistrict

DAY = date(2020, 12, 31)
COMMAND = RecordDistrict(district_key="08116", name="Esslingen", kind="44", valid_on=DAY)
PRESENT = District(name="Esslingen", kind="44", valid_on=DAY, active=True)


def test_a_new_district_is_registered() -> None:
    (event,) = DISTRICT.decide(None, COMMAND)
    assert isinstance(event, DistrictRegistered)
    assert DISTRICT.evolve(None, event) == PRESENT


def test_the_same_facts_again_are_no_news() -> None:
    assert DISTRICT.decide(PRESENT, replace(COMMAND, valid_on=date(2021, 3, 31))) == []


def test_a_new_name_revises_the_district() -> None:
    (event,) = DISTRICT.decide(PRESENT, replace(COMMAND, name="Esslingen am Neckar"))
    assert isinstance(event, DistrictRevised)
    assert DISTRICT.evolve(PRESENT, event).name == "Esslingen am Neckar"


def test_a_district_that_is_listed_again_becomes_active_again() -> None:
    (event,) = DISTRICT.decide(replace(PRESENT, active=False), COMMAND)
    assert DISTRICT.evolve(PRESENT, event).active


def test_an_older_directory_is_refused() -> None:
    with pytest.raises(Conflict, match="2020-12-31"):
        DISTRICT.decide(PRESENT, replace(COMMAND, valid_on=date(2019, 12, 31)))
