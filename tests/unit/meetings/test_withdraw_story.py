from uuid import UUID

import pytest

from contracts.events.results import (
    StorySection,
    StoryTold,
    StoryWithdrawn,
)
from eventkit.domain import Conflict, NotFound
from meetings.domain.results import WithdrawStory
from tests.unit.meetings.given import (
    DOCUMENTED,
    HELD,
    MEETING_ID,
    OPEN,
    RUNNING,
    History,
    decided,
)

TOLD = StoryTold(
    meeting_id=MEETING_ID,
    story_id=UUID(int=1),
    section=StorySection.MOTIVATION,
    statement="Einfach anfangen",
)
WITHDRAWN = StoryWithdrawn(
    meeting_id=MEETING_ID, story_id=UUID(int=1), reason="Einwilligung zurückgezogen"
)
COMMAND = WithdrawStory(
    meeting_id=MEETING_ID, story_id=UUID(int=1), reason="Einwilligung zurückgezogen"
)


@pytest.mark.parametrize("history", [RUNNING, HELD, DOCUMENTED])
def test_a_story_is_withdrawn_at_any_time_even_from_the_documentation(history: History) -> None:
    assert decided((*history, TOLD), COMMAND) == [WITHDRAWN]


def test_a_story_is_withdrawn_once() -> None:
    with pytest.raises(NotFound):
        decided((*HELD, TOLD, WITHDRAWN), COMMAND)


def test_what_was_never_told_is_not_withdrawn() -> None:
    with pytest.raises(NotFound):
        decided(HELD, COMMAND)


def test_nothing_was_told_before_the_meeting() -> None:
    with pytest.raises(Conflict):
        decided(OPEN, COMMAND)
