"""RecordMunicipality: what the official directory says becomes a fact once."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.events.registry import MunicipalityRegistered, MunicipalityRevised
from eventkit.domain import Conflict, Invalid
from registry.domain.municipality import (
    MUNICIPALITY,
    Municipality,
    MunicipalityFacts,
    RecordMunicipality,
)

DAY = date(2020, 12, 31)
FACTS = MunicipalityFacts(
    ars="081190085085",
    name="Winnenden, Stadt",
    kind="67",
    district_key="08119",
    population=28495,
    area_hectares=2805,
    postcode="71364",
)
COMMAND = RecordMunicipality(ags="08119085", valid_on=DAY, facts=FACTS)
PRESENT = Municipality(valid_on=DAY, active=True, facts=FACTS)


def test_a_new_municipality_is_registered_with_its_leading_zero() -> None:
    (event,) = MUNICIPALITY.decide(None, COMMAND)
    assert isinstance(event, MunicipalityRegistered)
    assert (event.ags, event.ars, event.valid_on) == ("08119085", "081190085085", DAY)
    assert MUNICIPALITY.evolve(None, event) == PRESENT


def test_the_same_facts_again_are_no_news() -> None:
    assert MUNICIPALITY.decide(PRESENT, COMMAND) == []


def test_the_same_facts_in_a_later_directory_are_no_news() -> None:
    assert MUNICIPALITY.decide(PRESENT, replace(COMMAND, valid_on=date(2021, 3, 31))) == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Winnenden"},
        {"kind": "63"},
        {"population": None},
        {"area_hectares": 1},
        {"postcode": "71365"},
        {"ars": "081195006085"},
    ],
)
def test_a_changed_fact_revises_the_municipality(change: dict[str, object]) -> None:
    changed = replace(FACTS, **change)  # type: ignore[arg-type]  # values of several fields
    (event,) = MUNICIPALITY.decide(PRESENT, replace(COMMAND, facts=changed))
    assert isinstance(event, MunicipalityRevised)
    assert MUNICIPALITY.evolve(PRESENT, event).facts == changed


def test_a_municipality_that_is_listed_again_becomes_active_again() -> None:
    gone = replace(PRESENT, active=False)
    (event,) = MUNICIPALITY.decide(gone, COMMAND)
    assert MUNICIPALITY.evolve(gone, event) == PRESENT


def test_an_older_directory_is_refused() -> None:
    with pytest.raises(Conflict, match="2020-12-31") as refused:
        MUNICIPALITY.decide(PRESENT, replace(COMMAND, valid_on=date(2020, 9, 30)))
    assert refused.value.code == "outdated-directory"


@pytest.mark.parametrize("change", [{"ars": "091190085085"}, {"district_key": "08118"}])
def test_keys_that_contradict_each_other_are_refused(change: dict[str, str]) -> None:
    contradicting = replace(COMMAND, facts=replace(FACTS, **change))  # type: ignore[arg-type]  # str fields only
    with pytest.raises(Invalid) as refused:
        MUNICIPALITY.decide(None, contradicting)
    assert refused.value.code == "contradicting-keys"
