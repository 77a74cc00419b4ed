"""LeaveCohort: a participant goes before the end and may come back."""

from uuid import UUID

import pytest

from contracts.events.registry import ParticipationLeft, Party, PartyKind
from eventkit.domain import NotFound
from registry.domain.cohort import COHORT, AcceptParticipation, Cohort, LeaveCohort

PARTY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
COHORT_ID, PARTICIPATION_ID = UUID(int=2), UUID(int=9)
PRESENT = Cohort(cohort_id=COHORT_ID, target=1, participations={PARTICIPATION_ID: PARTY})
COMMAND = LeaveCohort(participation_id=PARTICIPATION_ID, reason="Beschluss des Gemeinderats")


def test_a_participant_leaves_with_a_reason() -> None:
    (event,) = COHORT.decide(PRESENT, COMMAND)
    assert isinstance(event, ParticipationLeft)
    assert (event.party, event.reason) == (PARTY, "Beschluss des Gemeinderats")


def test_a_place_that_was_left_can_be_taken_again() -> None:
    (event,) = COHORT.decide(PRESENT, COMMAND)
    again = AcceptParticipation(participation_id=UUID(int=10), party=PARTY)
    assert len(COHORT.decide(COHORT.evolve(PRESENT, event), again)) == 1


def test_an_unknown_participation_cannot_be_left() -> None:
    with pytest.raises(NotFound):
        COHORT.decide(PRESENT, LeaveCohort(participation_id=UUID(int=1), reason="."))
