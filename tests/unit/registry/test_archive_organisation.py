"""ArchiveOrganisation: no longer part of the network."""

from uuid import UUID

import pytest

from contracts.events.registry import OrganisationArchived
from eventkit.domain import Conflict, NotFound
from registry.domain.organisation import ORGANISATION, ArchiveOrganisation, Organisation

COMMAND = ArchiveOrganisation(organisation_id=UUID(int=5), reason="aufgelöst")


def test_an_organisation_is_archived_with_a_reason() -> None:
    (event,) = ORGANISATION.decide(Organisation.REGISTERED, COMMAND)
    assert event == OrganisationArchived(organisation_id=UUID(int=5), reason="aufgelöst")
    assert ORGANISATION.evolve(Organisation.REGISTERED, event) is Organisation.ARCHIVED


def test_an_organisation_cannot_be_archived_twice() -> None:
    with pytest.raises(Conflict):
        ORGANISATION.decide(Organisation.ARCHIVED, COMMAND)


def test_an_unknown_organisation_cannot_be_archived() -> None:
    with pytest.raises(NotFound):
        ORGANISATION.decide(None, COMMAND)
