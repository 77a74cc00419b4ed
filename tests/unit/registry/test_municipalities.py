"""The read model of municipalities: one row a municipality, from its stream."""

from datetime import date

from contracts.events.registry import (
    DistrictRegistered,
    MunicipalityDeactivated,
    MunicipalityRegistered,
    MunicipalityRevised,
)
from eventkit.testing import folded
from registry.projection.municipalities import MUNICIPALITIES

DAY, LATER = date(2020, 12, 31), date(2021, 12, 31)
REGISTERED = MunicipalityRegistered(
    ags="08119085",
    ars="081195006085",
    name="Winnenden, Stadt",
    kind="67",
    district_key="08119",
    valid_on=DAY,
    population=28495,
)
REVISED = MunicipalityRevised(
    ags="08119085",
    ars="081195006085",
    name="Winnenden",
    kind="67",
    district_key="08119",
    valid_on=LATER,
)
GONE = MunicipalityDeactivated(ags="08119085", valid_on=LATER)


def test_a_registered_municipality_is_active_in_its_state() -> None:
    row = folded(MUNICIPALITIES, [REGISTERED])["08119085",]
    assert (row["state"], row["district_key"], row["active"]) == ("08", "08119", True)
    assert (row["population"], row["postcode"], row["valid_on"]) == (28495, None, DAY)


def test_a_revision_replaces_all_facts() -> None:
    row = folded(MUNICIPALITIES, [REGISTERED, REVISED])["08119085",]
    assert (row["name"], row["population"], row["valid_on"]) == ("Winnenden", None, LATER)


def test_a_deactivated_municipality_stays_with_its_facts() -> None:
    row = folded(MUNICIPALITIES, [REGISTERED, GONE])["08119085",]
    assert (row["active"], row["name"], row["valid_on"]) == (False, "Winnenden, Stadt", LATER)


def test_a_revision_makes_a_municipality_active_again() -> None:
    assert folded(MUNICIPALITIES, [REGISTERED, GONE, REVISED])["08119085",]["active"]


def test_other_streams_touch_no_row() -> None:
    other = DistrictRegistered(district_key="08119", name="x", kind="44", valid_on=DAY)
    assert folded(MUNICIPALITIES, [other]) == {}
