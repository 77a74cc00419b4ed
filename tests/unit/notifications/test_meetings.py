"""Read models of the meetings service's facts: meetings, their calendar version, participants."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.events.agenda import AgendaItem, AgendaKind, AgendaPublished
from contracts.events.meetings import (
    InvitationsOpened,
    MeetingCancelled,
    MeetingEnded,
    MeetingKind,
    MeetingModeChanged,
    MeetingPlaced,
    MeetingPlanned,
    MeetingRecorded,
    MeetingRescheduled,
    MeetingScheduled,
    MeetingStarted,
    Mode,
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
    RegistrationClosed,
    Side,
    TargetGroup,
    TargetKind,
)
from eventkit.testing import folded
from notifications.projection.meetings import MEETINGS
from notifications.projection.participants import PARTICIPANTS
from tests.unit.notifications.facts import (
    COHORT_ID,
    CONTACT_ID,
    MEETING_ID,
    NOW,
    PARTICIPANT_ID,
    PROGRAMME_ID,
    SOON,
)

COHORT = TargetGroup(kind=TargetKind.COHORT, id=COHORT_ID)
STEERING = TargetGroup(kind=TargetKind.STEERING_GROUP, id=PROGRAMME_ID)
PLANNED = MeetingPlanned(
    meeting_id=MEETING_ID,
    kind=MeetingKind.NETWORK_MEETING,
    title="Netzwerktreffen",
    mode=Mode.IN_PERSON,
    vague_date="Frühjahr 2027",
)
SCHEDULED = MeetingScheduled(
    meeting_id=MEETING_ID, starts_at=NOW + SOON, ends_at=NOW + SOON + timedelta(hours=4)
)
OPENED = InvitationsOpened(meeting_id=MEETING_ID, audience=(COHORT,))
RESCHEDULED = MeetingRescheduled(
    meeting_id=MEETING_ID,
    starts_at=NOW + 2 * SOON,
    ends_at=NOW + 2 * SOON + timedelta(hours=4),
    reason="Terminkollision",
)
DIGITAL = MeetingModeChanged(meeting_id=MEETING_ID, mode=Mode.DIGITAL, reason="Pandemie")
PLACED = MeetingPlaced(meeting_id=MEETING_ID, venue="Rathaus")
CANCELLED = MeetingCancelled(meeting_id=MEETING_ID, reason="Krankheit")
CLOSED = RegistrationClosed(meeting_id=MEETING_ID)
STARTED = MeetingStarted(meeting_id=MEETING_ID, started_at=NOW)
OPEN = [PLANNED, SCHEDULED, OPENED]


def meeting(*events: Any) -> dict[str, Any]:
    return folded(MEETINGS, events)[MEETING_ID,]


def test_a_planned_meeting_has_no_date_and_no_audience() -> None:
    row = meeting(PLANNED)
    assert (row["state"], row["starts_at"], row["audience"]) == ("planned", None, [])


def test_an_open_meeting_knows_time_and_audience() -> None:
    row = meeting(*OPEN)
    assert row["state"] == "open"
    assert row["starts_at"] == NOW + SOON
    assert row["time_zone"] == "Europe/Berlin"
    assert row["audience"] == [{"kind": "cohort", "id": str(COHORT_ID)}]


def test_opening_again_widens_the_audience() -> None:
    again = InvitationsOpened(meeting_id=MEETING_ID, audience=(COHORT, STEERING))
    kinds = [group["kind"] for group in meeting(*OPEN, again)["audience"]]
    assert kinds == ["cohort", "steering_group"]


@pytest.mark.parametrize("change", [RESCHEDULED, DIGITAL, PLACED, CANCELLED])
def test_what_the_invited_must_know_raises_the_sequence(change: object) -> None:
    assert meeting(*OPEN, change)["sequence"] == 1
    assert meeting(*OPEN, CLOSED, change)["sequence"] == 1


@pytest.mark.parametrize("change", [RESCHEDULED, DIGITAL, PLACED, CANCELLED])
def test_changes_before_the_invitation_do_not_raise_it(change: object) -> None:
    assert meeting(PLANNED, SCHEDULED, change)["sequence"] == 0


def test_every_change_raises_the_sequence_once_more() -> None:
    assert meeting(*OPEN, RESCHEDULED, DIGITAL, PLACED, CANCELLED)["sequence"] == 4


def test_what_changes_nothing_visible_does_not_raise_the_sequence() -> None:
    same = MeetingPlaced(meeting_id=MEETING_ID, host_ags="08416041")
    agenda = AgendaPublished(meeting_id=MEETING_ID, revision=1, items=())
    assert meeting(*OPEN, same, agenda, CLOSED)["sequence"] == 0


def test_what_held_before_a_change_is_kept_with_the_reason() -> None:
    first, second, third = meeting(*OPEN, PLACED, RESCHEDULED, CANCELLED)["earlier"]
    assert (first["sequence"], first["venue"], first["reason"]) == (0, None, None)
    assert (second["sequence"], second["venue"]) == (1, "Rathaus")
    assert second["starts_at"] == SCHEDULED.starts_at.isoformat()
    assert second["reason"] == "Terminkollision"
    assert (third["sequence"], third["reason"]) == (2, "Krankheit")


def test_changes_before_the_invitation_are_not_kept() -> None:
    assert meeting(PLANNED, SCHEDULED, RESCHEDULED, DIGITAL, OPENED)["earlier"] == []


def test_the_newest_agenda_is_known_by_titles_and_times() -> None:
    item = AgendaItem(title="Begrüßung", kind=AgendaKind.WELCOME, starts_at=NOW)
    old = AgendaPublished(meeting_id=MEETING_ID, revision=1, items=(item, item))
    new = AgendaPublished(meeting_id=MEETING_ID, revision=2, items=(item,))
    assert meeting(*OPEN, old, new)["agenda"] == [
        {"title": "Begrüßung", "starts_at": NOW.isoformat(), "ends_at": None}
    ]


def test_a_new_date_leaves_an_open_meeting_open() -> None:
    assert meeting(*OPEN, RESCHEDULED)["state"] == "open"


def test_the_life_of_a_meeting_ends_its_invitations() -> None:
    states = [meeting(*OPEN, event)["state"] for event in (CLOSED, STARTED, CANCELLED)]
    assert states == ["closed", "started", "cancelled"]
    ended = MeetingEnded(meeting_id=MEETING_ID, ended_at=NOW)
    assert meeting(*OPEN, STARTED, ended, CLOSED)["state"] == "started"


def test_a_recorded_meeting_has_begun_long_ago() -> None:
    past = MeetingRecorded(
        meeting_id=MEETING_ID,
        kind=MeetingKind.NETWORK_MEETING,
        title="Netzwerktreffen",
        starts_at=NOW - SOON,
        reason="nachgetragen",
    )
    row = meeting(past)
    assert (row["state"], row["mode"], row["ends_at"]) == ("started", None, None)


def participant(*events: Any) -> dict[str, Any]:
    return folded(PARTICIPANTS, events)[MEETING_ID, PARTICIPANT_ID]


REGISTERED = ParticipantRegistered(
    meeting_id=MEETING_ID,
    participant_id=PARTICIPANT_ID,
    side=Side.GUEST,
    contact_id=CONTACT_ID,
    name="sealed",
    email="sealed",
)
WAITING = ParticipantWaitlisted(
    meeting_id=MEETING_ID, participant_id=PARTICIPANT_ID, side=Side.GUEST
)


def test_of_a_participant_only_ids_and_place_are_kept() -> None:
    assert participant(REGISTERED) == {
        "meeting_id": MEETING_ID,
        "participant_id": PARTICIPANT_ID,
        "contact_id": CONTACT_ID,
        "place": "registered",
    }


def test_who_waits_has_no_place_until_promoted() -> None:
    promoted = ParticipantPromoted(meeting_id=MEETING_ID, participant_id=PARTICIPANT_ID)
    assert participant(WAITING)["place"] == "waiting"
    assert participant(WAITING, promoted)["place"] == "registered"


def test_who_withdrew_stays_known_as_such() -> None:
    withdrawn = ParticipantWithdrawn(
        meeting_id=MEETING_ID, participant_id=PARTICIPANT_ID, from_waiting_list=False
    )
    assert participant(REGISTERED, withdrawn)["place"] == "withdrawn"
