"""PlanCohort: a round of participants with an optional target and an optional funding cap."""

from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.registry import CohortPlanned
from eventkit.domain import Conflict, Invalid
from registry.domain.cohort import COHORT, PlanCohort

COMMAND = PlanCohort(
    cohort_id=UUID(int=2),
    programme_id=UUID(int=1),
    label="2018/2019",
    starts_year=2018,
    ends_year=2019,
    participants_target=23,
    funding_cap_cents=4_000_000,
)


def test_a_cohort_is_planned_with_target_and_cap() -> None:
    (event,) = COHORT.decide(None, COMMAND)
    assert isinstance(event, CohortPlanned)
    assert (event.participants_target, event.funding_cap_cents) == (23, 4_000_000)


def test_a_cohort_needs_no_cap_and_no_target() -> None:
    open_ended = replace(COMMAND, funding_cap_cents=None, participants_target=None)
    (event,) = COHORT.decide(None, open_ended)
    assert isinstance(event, CohortPlanned)
    assert (event.participants_target, event.funding_cap_cents) == (None, None)


def test_a_cohort_cannot_end_before_it_starts() -> None:
    with pytest.raises(Invalid) as refused:
        COHORT.decide(None, replace(COMMAND, ends_year=2017))
    assert refused.value.pointer == "/ends_year"


def test_a_cohort_cannot_be_planned_twice() -> None:
    (event,) = COHORT.decide(None, COMMAND)
    with pytest.raises(Conflict):
        COHORT.decide(COHORT.evolve(None, event), COMMAND)
