from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.meetings import ResultsPublished
from eventkit.domain import Invalid
from meetings.domain.lifecycle import PublishResults
from meetings.domain.phases import Phase
from tests.unit.meetings.given import (
    AFTERWARDS,
    ENDED,
    ENDS_AT,
    HELD,
    LATER,
    MEETING_ID,
    OPEN,
    STARTED,
    STARTS_AT,
    decided,
    possible_in,
)

COMMAND = PublishResults(
    meeting_id=MEETING_ID,
    documented_at=LATER,
    author_role="Projektbegleiter:in",
    requested_at=LATER,
)


def test_a_documentation_has_a_date_and_the_role_of_its_author() -> None:
    assert decided(HELD, COMMAND) == [
        ResultsPublished(
            meeting_id=MEETING_ID, documented_at=LATER, author_role="Projektbegleiter:in"
        )
    ]


def test_results_are_published_once_after_the_meeting() -> None:
    assert possible_in(COMMAND) == {Phase.HELD}


def test_history_keeps_the_date_of_its_documentation() -> None:
    then = datetime(2020, 11, 3, tzinfo=UTC)
    (event,) = decided(AFTERWARDS, replace(COMMAND, documented_at=then))
    assert isinstance(event, ResultsPublished)
    assert event.documented_at == then


def test_what_counts_is_the_real_start_and_not_the_planned_one() -> None:
    early = replace(STARTED, started_at=STARTS_AT - timedelta(hours=1))
    held = (*OPEN, early, ENDED)
    assert decided(held, replace(COMMAND, documented_at=early.started_at))
    late = (*OPEN, replace(STARTED, started_at=ENDS_AT), ENDED)
    with pytest.raises(Invalid):
        decided(late, replace(COMMAND, documented_at=STARTS_AT))


@pytest.mark.parametrize(
    "documented_at", [STARTS_AT - timedelta(days=1), LATER + timedelta(days=1)]
)
def test_a_meeting_is_documented_after_its_start_and_not_tomorrow(
    documented_at: datetime,
) -> None:
    with pytest.raises(Invalid) as refused:
        decided(HELD, replace(COMMAND, documented_at=documented_at))
    assert refused.value.pointer == "/documented_at"
