"""The read model of districts: one row a district, from its stream."""

from datetime import date

from contracts.events.registry import DistrictDeactivated, DistrictRegistered, DistrictRevised
from eventkit.testing import folded
from registry.projection.districts import DISTRICTS

DAY, LATER = date(2020, 12, 31), date(2021, 12, 31)
REGISTERED = DistrictRegistered(district_key="08116", name="Esslingen", kind="44", valid_on=DAY)
REVISED = DistrictRevised(
    district_key="08116", name="Esslingen am Neckar", kind="44", valid_on=LATER
)
GONE = DistrictDeactivated(district_key="08116", valid_on=LATER)


def test_a_registered_district_is_active_in_its_state() -> None:
    row = folded(DISTRICTS, [REGISTERED])["08116",]
    assert (row["name"], row["state"], row["active"]) == ("Esslingen", "08", True)


def test_a_revision_replaces_the_facts_and_makes_active() -> None:
    row = folded(DISTRICTS, [REGISTERED, GONE, REVISED])["08116",]
    assert (row["name"], row["active"], row["valid_on"]) == (
        "Esslingen am Neckar",
        True,
        LATER,
    )


def test_a_deactivated_district_stays_with_its_name() -> None:
    row = folded(DISTRICTS, [REGISTERED, GONE])["08116",]
    assert (row["name"], row["active"]) == ("Esslingen", False)
