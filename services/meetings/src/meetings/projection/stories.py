"""The statements of the engagement stories that are shown; a withdrawn one leaves no row."""

from collections.abc import Iterable

import sqlalchemy as sa

from contracts.events.meetings import (
    MeetingEvent,
)
from contracts.events.results import (
    StoryTold,
    StoryWithdrawn,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from meetings.tables import metadata

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("story_id", sa.Uuid, primary_key=True),
    sa.Column("meeting_id", sa.Uuid, nullable=False),
    # Counts up within a meeting in the order of telling.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("statement", sa.Text, nullable=False),
    sa.Column("emphasis", sa.JSON, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("stories_in_order", "meeting_id", "number"),
)


def keys(recorded: Recorded[MeetingEvent]) -> Iterable[Key]:
    match recorded.event:
        case StoryTold(story_id=story_id) | StoryWithdrawn(story_id=story_id):
            return [(story_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[MeetingEvent]) -> Row | None:
    match recorded.event:
        case StoryTold() as event:
            return {
                "story_id": event.story_id,
                "meeting_id": event.meeting_id,
                "number": recorded.version,
                "section": event.section.value,
                "statement": event.statement,
                "emphasis": list(event.emphasis),
            }
        case StoryWithdrawn():
            return None
    return row


STORIES = ReadModel(name="stories", table=stories, keys=keys, change=change)
