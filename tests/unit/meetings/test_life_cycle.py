import pytest

from meetings.domain.history import evolve
from meetings.domain.meeting import MEETING
from meetings.domain.phases import PERMISSIONS, Action, Phase, possible
from tests.unit.meetings.given import PHASES, PLANNED, SCHEDULED, History


@pytest.mark.parametrize(("phase", "history"), PHASES.items())
def test_every_event_leads_to_its_phase(phase: Phase, history: History) -> None:
    meeting = None
    for event in history:
        meeting = MEETING.evolve(meeting, event)
    assert meeting is not None
    assert meeting.phase is phase


def test_every_action_is_possible_in_some_phase() -> None:
    assert set(PERMISSIONS) == set(Action)
    assert all(permission.phases for permission in PERMISSIONS.values())


def test_an_idea_can_be_scheduled_but_not_opened() -> None:
    actions = possible(Phase.IDEA, recorded_afterwards=False)
    assert Action.SCHEDULE in actions
    assert Action.OPEN_INVITATIONS not in actions


def test_nothing_can_be_done_with_a_cancelled_meeting() -> None:
    assert possible(Phase.CANCELLED, recorded_afterwards=False) == ()


def test_a_documented_meeting_only_loses_stories() -> None:
    for recorded_afterwards in (False, True):
        assert possible(Phase.DOCUMENTED, recorded_afterwards=recorded_afterwards) == (
            Action.WITHDRAW_STORY,
        )


def test_history_takes_its_agenda_and_place_late() -> None:
    late = set(possible(Phase.HELD, recorded_afterwards=True))
    assert late - set(possible(Phase.HELD, recorded_afterwards=False)) == {
        Action.PLACE,
        Action.PUBLISH_AGENDA,
    }


def test_a_stream_begins_with_its_plan_and_only_once() -> None:
    with pytest.raises(LookupError):
        evolve(None, SCHEDULED)
    with pytest.raises(LookupError):
        evolve(evolve(None, PLANNED), PLANNED)
