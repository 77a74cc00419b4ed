from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.results import (
    TendencyObserved,
)
from eventkit.domain import Invalid
from meetings.domain.phases import Phase
from meetings.domain.results import ObserveTendencies, Tendency
from tests.unit.meetings.given import COHORT_ID, HELD, MEETING_ID, decided, possible_in

EARLIER_COHORT = UUID(int=3)
PAIR = Tendency(
    tendency_id=UUID(int=4),
    earlier="Themen identifizieren",
    later="Neue Impulse, Portfolio überprüfen u. anpassen",
)
COMMAND = ObserveTendencies(
    meeting_id=MEETING_ID,
    from_cohort_id=EARLIER_COHORT,
    to_cohort_id=COHORT_ID,
    pairs=(PAIR,),
)


def test_two_cohorts_are_compared() -> None:
    assert decided(HELD, COMMAND) == [
        TendencyObserved(
            meeting_id=MEETING_ID,
            tendency_id=PAIR.tendency_id,
            from_cohort_id=EARLIER_COHORT,
            to_cohort_id=COHORT_ID,
            earlier=PAIR.earlier,
            later=PAIR.later,
        )
    ]


def test_tendencies_are_observed_from_the_start_to_the_documentation() -> None:
    assert possible_in(COMMAND) == {Phase.RUNNING, Phase.HELD}


@pytest.mark.parametrize(
    ("command", "pointer"),
    [
        (replace(COMMAND, to_cohort_id=EARLIER_COHORT), "/to_cohort_id"),
        (replace(COMMAND, pairs=()), "/pairs"),
    ],
)
def test_two_different_cohorts_differ_in_something(
    command: ObserveTendencies, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        decided(HELD, command)
    assert refused.value.pointer == pointer
