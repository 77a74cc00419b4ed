"""AcceptParticipation: the target is no limit of nature, but more need a reason."""

from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.registry import ParticipationAccepted, Party, PartyKind
from eventkit.domain import Conflict, Invalid, NotFound
from registry.domain.cohort import COHORT, AcceptParticipation, Cohort

PFORZHEIM = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
ESSLINGEN = Party(kind=PartyKind.DISTRICT, key="08116")
COMMAND = AcceptParticipation(participation_id=UUID(int=9), party=PFORZHEIM)
EMPTY = Cohort(cohort_id=UUID(int=2), target=23, participations={})


def filled(count: int) -> Cohort:
    parties = [Party(kind=PartyKind.MUNICIPALITY, key=f"{n:08}") for n in range(count)]
    return replace(EMPTY, participations={UUID(int=100 + n): p for n, p in enumerate(parties)})


@pytest.mark.parametrize("party", [PFORZHEIM, ESSLINGEN])
def test_a_municipality_or_a_district_takes_part(party: Party) -> None:
    (event,) = COHORT.decide(EMPTY, replace(COMMAND, party=party))
    assert isinstance(event, ParticipationAccepted)
    assert COHORT.evolve(EMPTY, event).participations == {UUID(int=9): party}


def test_an_organisation_does_not_take_part() -> None:
    party = Party(kind=PartyKind.ORGANISATION, key=str(UUID(int=5)))
    with pytest.raises(Invalid) as refused:
        COHORT.decide(EMPTY, replace(COMMAND, party=party))
    assert refused.value.code == "not-a-local-authority"


def test_a_second_participation_in_one_cohort_is_refused() -> None:
    present = replace(EMPTY, participations={UUID(int=8): PFORZHEIM})
    with pytest.raises(Conflict) as refused:
        COHORT.decide(present, COMMAND)
    assert refused.value.code == "already-taking-part"


def test_the_23rd_of_23_needs_no_reason() -> None:
    assert len(COHORT.decide(filled(22), COMMAND)) == 1


def test_the_24th_of_23_is_refused_without_a_reason() -> None:
    with pytest.raises(Conflict) as refused:
        COHORT.decide(filled(23), COMMAND)
    assert (refused.value.code, refused.value.pointer) == (
        "target-reached",
        "/over_target_reason",
    )


def test_the_24th_of_23_is_accepted_with_a_reason_that_is_kept() -> None:
    (event,) = COHORT.decide(filled(23), replace(COMMAND, over_target_reason="Nachrückerin"))
    assert isinstance(event, ParticipationAccepted)
    assert event.over_target_reason == "Nachrückerin"


def test_a_needless_reason_is_not_kept() -> None:
    (event,) = COHORT.decide(EMPTY, replace(COMMAND, over_target_reason="Nachrückerin"))
    assert isinstance(event, ParticipationAccepted)
    assert event.over_target_reason is None


def test_a_cohort_without_a_target_takes_any_number() -> None:
    assert len(COHORT.decide(replace(filled(40), target=None), COMMAND)) == 1


def test_nobody_takes_part_in_an_unknown_cohort() -> None:
    with pytest.raises(NotFound):
        COHORT.decide(None, COMMAND)
