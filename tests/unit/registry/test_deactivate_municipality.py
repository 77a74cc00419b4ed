"""DeactivateMunicipality: the directory lists it no longer; its history stays."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.events.registry import MunicipalityDeactivated
from eventkit.domain import Conflict, NotFound
from registry.domain.municipality import (
    MUNICIPALITY,
    DeactivateMunicipality,
    Municipality,
    MunicipalityFacts,
)

FACTS = MunicipalityFacts(
    ars="081190085085", name="Winnenden, Stadt", kind="67", district_key="08119"
)
PRESENT = Municipality(valid_on=date(2020, 12, 31), active=True, facts=FACTS)
COMMAND = DeactivateMunicipality(ags="08119085", valid_on=date(2021, 12, 31))


def test_a_municipality_is_deactivated_and_keeps_its_facts() -> None:
    (event,) = MUNICIPALITY.decide(PRESENT, COMMAND)
    assert event == MunicipalityDeactivated(ags="08119085", valid_on=date(2021, 12, 31))
    after = MUNICIPALITY.evolve(PRESENT, event)
    assert after == Municipality(valid_on=date(2021, 12, 31), active=False, facts=FACTS)


def test_deactivating_twice_changes_nothing() -> None:
    assert MUNICIPALITY.decide(replace(PRESENT, active=False), COMMAND) == []


def test_an_unknown_municipality_cannot_be_deactivated() -> None:
    with pytest.raises(NotFound):
        MUNICIPALITY.decide(None, COMMAND)


def test_an_older_directory_deactivates_nothing() -> None:
    with pytest.raises(Conflict):
        MUNICIPALITY.decide(PRESENT, replace(COMMAND, valid_on=date(2020, 6, 30)))
