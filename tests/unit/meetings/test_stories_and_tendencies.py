from uuid import UUID

from contracts.events.results import (
    StorySection,
    StoryTold,
    StoryWithdrawn,
    TendencyObserved,
)
from eventkit.testing import folded
from meetings.projection.stories import STORIES
from meetings.projection.tendencies import TENDENCIES
from tests.unit.meetings.given import COHORT_ID, HELD, MEETING_ID

TOLD = StoryTold(
    meeting_id=MEETING_ID,
    story_id=UUID(int=5),
    section=StorySection.BENEFIT,
    statement="Engagement ist Ankommen",
    emphasis=("Ankommen",),
)


def test_a_story_is_shown_with_its_section_and_emphasis() -> None:
    (story,) = folded(STORIES, [*HELD, TOLD]).values()
    assert (story["section"], story["statement"]) == ("benefit", "Engagement ist Ankommen")
    assert (story["emphasis"], story["number"]) == (["Ankommen"], len(HELD) + 1)


def test_a_withdrawn_story_leaves_no_row() -> None:
    withdrawn = StoryWithdrawn(meeting_id=MEETING_ID, story_id=UUID(int=5), reason="Wunsch")
    assert folded(STORIES, [*HELD, TOLD, withdrawn]) == {}


def test_a_tendency_is_shown_as_a_pair() -> None:
    observed = TendencyObserved(
        meeting_id=MEETING_ID,
        tendency_id=UUID(int=7),
        from_cohort_id=UUID(int=3),
        to_cohort_id=COHORT_ID,
        earlier="Themen identifizieren",
        later="Neue Impulse",
    )
    (tendency,) = folded(TENDENCIES, [*HELD, observed]).values()
    assert (tendency["earlier"], tendency["later"]) == (
        "Themen identifizieren",
        "Neue Impulse",
    )
    assert tendency["meeting_id"] == MEETING_ID
