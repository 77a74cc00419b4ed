"""The read models of programmes and organisations."""

from uuid import UUID

from contracts.events.registry import (
    OrganisationArchived,
    OrganisationKind,
    OrganisationRegistered,
    ProgrammeDecided,
)
from eventkit.testing import folded
from registry.projection.organisations import ORGANISATIONS
from registry.projection.programmes import PROGRAMMES

REGISTERED = OrganisationRegistered(
    organisation_id=UUID(int=5), name="Caritas", kind=OrganisationKind.WELFARE
)
ARCHIVED = OrganisationArchived(organisation_id=UUID(int=5), reason="aufgelöst")


def test_a_registered_organisation_is_active() -> None:
    row = folded(ORGANISATIONS, [REGISTERED])[UUID(int=5),]
    assert (row["name"], row["kind"], row["ags"], row["active"]) == (
        "Caritas",
        "welfare",
        None,
        True,
    )


def test_an_archived_organisation_stays_with_its_name() -> None:
    row = folded(ORGANISATIONS, [REGISTERED, ARCHIVED])[UUID(int=5),]
    assert (row["name"], row["active"]) == ("Caritas", False)


def test_a_programme_is_shown_as_it_was_decided() -> None:
    decided = ProgrammeDecided(programme_id=UUID(int=1), title="Landesprogramm", decided="2018")
    row = folded(PROGRAMMES, [decided])[UUID(int=1),]
    assert (row["title"], row["decided"], row["goal"]) == ("Landesprogramm", "2018", None)
