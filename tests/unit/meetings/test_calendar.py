from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from contracts.events.agenda import (
    AgendaItem,
    AgendaKind,
    AgendaPublished,
)
from contracts.events.meetings import (
    MeetingCancelled,
    MeetingEvent,
    MeetingModeChanged,
    MeetingPlaced,
    MeetingRescheduled,
    Mode,
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantWithdrawn,
)
from contracts.events.results import (
    AttendanceAnnounced,
    AttendanceCounted,
    NextMeetingAnnounced,
    StorySection,
    StoryTold,
    StoryWithdrawn,
    TendencyObserved,
)
from eventkit.testing import folded
from meetings.projection.calendar import CALENDAR, WITHOUT_DATE, calendar
from tests.unit.meetings.given import (
    AFTERWARDS,
    COHORT_ID,
    ENDS_AT,
    FIXED,
    HELD,
    IDEA,
    LATER,
    MEETING_ID,
    OPEN,
    PHASES,
    PLANNED,
    RECORDED,
    STARTS_AT,
    participant,
    registered,
    waitlisted,
)


def row(*events: MeetingEvent) -> dict[str, Any]:
    """The one row after the events."""
    rows = folded(CALENDAR, events)
    assert list(rows) == [(MEETING_ID,)]
    return rows[MEETING_ID,]


def test_an_idea_stands_after_all_meetings_with_a_date() -> None:
    idea = row(*IDEA)
    assert (idea["state"], idea["vague_date"]) == ("idea", "Frühjahr 2026")
    assert (idea["starts_at"], idea["sorted_at"]) == (None, WITHOUT_DATE)


def test_the_row_says_in_which_state_the_meeting_is() -> None:
    assert {row(*history)["state"] for history in PHASES.values()} == set(PHASES)
    assert all(row(*history)["state"] == phase for phase, history in PHASES.items())


def test_a_plan_fills_the_row_and_leaves_open_what_is_open() -> None:
    planned = replace(PLANNED, programme_id=UUID(int=8), cohort_id=COHORT_ID, host_ags="08211000")
    filled = {
        "meeting_id": MEETING_ID,
        "state": "idea",
        "kind": "network_meeting",
        "title": "Netzwerktreffen",
        "mode": "in_person",
        "recorded_afterwards": False,
        "programme_id": UUID(int=8),
        "cohort_id": COHORT_ID,
        "host_ags": "08211000",
        "vague_date": "Frühjahr 2026",
        "time_zone": "Europe/Berlin",
        "sorted_at": WITHOUT_DATE,
        "agenda": [],
        "audience": [],
        **dict.fromkeys(("agenda_revision", "registered", "waitlisted", "checked_in"), 0),
        **dict.fromkeys(("stories", "tendencies"), 0),
    }
    empty = dict.fromkeys(column.name for column in calendar.columns)
    assert row(planned) | {"stream_version": None} == empty | filled


def test_history_is_held_from_the_start() -> None:
    recorded = row(replace(RECORDED, mode=Mode.DIGITAL, mode_reason="Pandemie"))
    assert (recorded["state"], recorded["mode_reason"]) == ("held", "Pandemie")
    assert (recorded["starts_at"], recorded["ends_at"]) == (RECORDED.starts_at, RECORDED.ends_at)


def test_history_says_why_it_was_recorded() -> None:
    recorded = row(*AFTERWARDS)
    assert recorded["recorded_afterwards"]
    assert recorded["recording_reason"] == "Aus der Dokumentation übernommen"
    assert recorded["sorted_at"] == recorded["starts_at"] == datetime(2020, 10, 16, 12, tzinfo=UTC)


def test_a_new_date_moves_the_row_and_keeps_the_reason() -> None:
    moved = MeetingRescheduled(
        meeting_id=MEETING_ID, starts_at=ENDS_AT, ends_at=LATER, reason="Sturm"
    )
    after = row(*OPEN, moved)
    assert (after["state"], after["reschedule_reason"]) == ("scheduled", "Sturm")
    assert (after["starts_at"], after["sorted_at"], after["ends_at"]) == (ENDS_AT, ENDS_AT, LATER)


def test_everything_about_the_place_is_shown() -> None:
    place: dict[str, str] = {
        "host_ags": "08211000",
        "venue": "Rathaus",
        "online_platform": "Videokonferenz",
        "join_url": "https://treffen.example.org/raum",
        "access_hint": "Einwahl ab 13:45 Uhr",
    }
    after = row(*FIXED, MeetingPlaced(meeting_id=MEETING_ID, **place))
    assert {name: after[name] for name in place} == place
    assert after["time_zone"] == "Europe/Berlin"


def test_mode_place_and_cancellation_are_shown_as_they_are_now() -> None:
    after = row(
        *OPEN,
        MeetingModeChanged(meeting_id=MEETING_ID, mode=Mode.DIGITAL, reason="Pandemie"),
        MeetingPlaced(meeting_id=MEETING_ID, host_ags="08211000", venue="Rathaus"),
        MeetingPlaced(meeting_id=MEETING_ID, join_url="https://treffen.example.org/raum"),
        MeetingCancelled(meeting_id=MEETING_ID, reason="Sturm"),
    )
    assert (after["mode"], after["mode_reason"]) == ("digital", "Pandemie")
    assert (after["host_ags"], after["venue"]) == (None, None)
    assert after["join_url"] == "https://treffen.example.org/raum"
    assert after["cancellation_reason"] == "Sturm"


def test_the_agenda_is_plain_json_in_its_order() -> None:
    items = (
        AgendaItem(
            title="Begrüßung",
            kind=AgendaKind.WELCOME,
            starts_at=STARTS_AT,
            ends_at=ENDS_AT,
            speaker_role="Moderation",
        ),
        AgendaItem(title="Grußwort", kind=AgendaKind.GREETING, topics=("Dank",)),
    )
    after = row(*FIXED, AgendaPublished(meeting_id=MEETING_ID, revision=1, items=items))
    assert after["agenda_revision"] == 1
    assert [item["title"] for item in after["agenda"]] == ["Begrüßung", "Grußwort"]
    assert after["agenda"][0]["starts_at"] == "2026-04-16T12:00:00+00:00"
    assert after["agenda"][0]["ends_at"] == "2026-04-16T15:00:00+00:00"
    assert after["agenda"][0]["speaker_role"] == "Moderation"
    assert after["agenda"][1] == {
        "title": "Grußwort",
        "kind": "greeting",
        "starts_at": None,
        "ends_at": None,
        "speaker_role": None,
        "topics": ["Dank"],
    }


def test_the_audience_and_the_capacity_are_shown() -> None:
    after = row(*OPEN)
    assert after["audience"] == [{"kind": "cohort", "id": str(COHORT_ID)}]
    assert after["capacity"] == 2


def test_places_are_counted() -> None:
    after = row(
        *OPEN,
        registered(1),
        registered(2),
        waitlisted(3),
        waitlisted(4),
        withdrawn(1),
        ParticipantPromoted(meeting_id=MEETING_ID, participant_id=participant(3)),
        withdrawn(4, from_waiting_list=True),
        ParticipantCheckedIn(meeting_id=MEETING_ID, participant_id=participant(2)),
    )
    assert (after["registered"], after["waitlisted"], after["checked_in"]) == (2, 0, 1)


def test_announced_counted_and_registered_attendance_are_kept_apart() -> None:
    announced = AttendanceAnnounced(
        meeting_id=MEETING_ID, count=40, approximate=True, source="Moderation"
    )
    counted = AttendanceCounted(meeting_id=MEETING_ID, count=27, source="Liste")
    after = row(*HELD, announced, counted, replace(counted, count=28))
    assert after["announced"] == {"count": 40, "approximate": True, "source": "Moderation"}
    assert after["counted"] == {"count": 28, "source": "Liste"}
    assert after["registered"] == 0


def test_results_are_counted_and_the_next_meeting_is_named() -> None:
    told = StoryTold(
        meeting_id=MEETING_ID,
        story_id=UUID(int=5),
        section=StorySection.BENEFIT,
        statement="Heimat",
    )
    after = row(
        *HELD,
        told,
        replace(told, story_id=UUID(int=6)),
        StoryWithdrawn(meeting_id=MEETING_ID, story_id=UUID(int=5), reason="Wunsch"),
        TendencyObserved(
            meeting_id=MEETING_ID,
            tendency_id=UUID(int=7),
            from_cohort_id=UUID(int=3),
            to_cohort_id=COHORT_ID,
            earlier="früher",
            later="später",
        ),
        NextMeetingAnnounced(meeting_id=MEETING_ID, next_meeting_id=UUID(int=9)),
    )
    assert (after["stories"], after["tendencies"]) == (1, 1)
    assert after["next_meeting"] == {"meeting_id": str(UUID(int=9)), "vague_date": None}


def withdrawn(number: int, *, from_waiting_list: bool = False) -> ParticipantWithdrawn:
    return ParticipantWithdrawn(
        meeting_id=MEETING_ID,
        participant_id=participant(number),
        from_waiting_list=from_waiting_list,
    )
