"""RegisterOrganisation: organisations of many kinds, with or without a municipality."""

from uuid import UUID

import pytest

from contracts.events.registry import OrganisationKind, OrganisationRegistered
from eventkit.domain import Conflict
from registry.domain.organisation import ORGANISATION, Organisation, RegisterOrganisation

COMMAND = RegisterOrganisation(
    organisation_id=UUID(int=5),
    name="Städtetag",
    kind=OrganisationKind.LOCAL_AUTHORITY_ASSOCIATION,
)


def test_an_organisation_is_registered_without_a_municipality() -> None:
    (event,) = ORGANISATION.decide(None, COMMAND)
    assert isinstance(event, OrganisationRegistered)
    assert (event.name, event.ags) == ("Städtetag", None)
    assert ORGANISATION.evolve(None, event) is Organisation.REGISTERED


def test_an_organisation_cannot_be_registered_twice() -> None:
    with pytest.raises(Conflict):
        ORGANISATION.decide(Organisation.REGISTERED, COMMAND)
