from uuid import UUID

import pytest

from contracts.events.results import (
    StorySection,
    StoryTold,
)
from eventkit.domain import Invalid
from meetings.domain.phases import Phase
from meetings.domain.results import Statement, TellStories
from tests.unit.meetings.given import HELD, MEETING_ID, decided, possible_in

STATEMENTS = (
    Statement(
        story_id=UUID(int=1),
        section=StorySection.FOUNDATIONS,
        statement="„Engagement baut Hürden ab“",
    ),
    Statement(
        story_id=UUID(int=2),
        section=StorySection.APPROACHES,
        statement="Es braucht Orte und Treffpunkte",
        emphasis=("Orte und Treffpunkte",),
    ),
)
COMMAND = TellStories(meeting_id=MEETING_ID, statements=STATEMENTS)


def test_statements_are_told_in_their_order_without_a_teller() -> None:
    assert decided(HELD, COMMAND) == [
        StoryTold(
            meeting_id=MEETING_ID,
            story_id=UUID(int=1),
            section=StorySection.FOUNDATIONS,
            statement="„Engagement baut Hürden ab“",
        ),
        StoryTold(
            meeting_id=MEETING_ID,
            story_id=UUID(int=2),
            section=StorySection.APPROACHES,
            statement="Es braucht Orte und Treffpunkte",
            emphasis=("Orte und Treffpunkte",),
        ),
    ]


def test_stories_are_told_from_the_start_to_the_documentation() -> None:
    assert possible_in(COMMAND) == {Phase.RUNNING, Phase.HELD}


def test_what_is_emphasised_stands_in_the_statement() -> None:
    odd = Statement(
        story_id=UUID(int=3),
        section=StorySection.BENEFIT,
        statement="Heimat",
        emphasis=("Heimat", "Fremde"),
    )
    with pytest.raises(Invalid) as refused:
        decided(HELD, TellStories(meeting_id=MEETING_ID, statements=(*STATEMENTS, odd)))
    assert refused.value.pointer == "/statements/2/emphasis/1"


def test_something_is_told() -> None:
    with pytest.raises(Invalid):
        decided(HELD, TellStories(meeting_id=MEETING_ID, statements=()))
