"""The life cycle of a meeting: its phases, and what may be done in which."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where a meeting stands between the first idea and its documentation."""

    IDEA = "idea"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    RUNNING = "running"
    HELD = "held"
    DOCUMENTED = "documented"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What can be done with a meeting, as programs that offer it to people name it."""

    SCHEDULE = "schedule"
    RESCHEDULE = "reschedule"
    CHANGE_MODE = "change_mode"
    PLACE = "place"
    PUBLISH_AGENDA = "publish_agenda"
    OPEN_INVITATIONS = "open_invitations"
    REGISTER = "register"
    CLOSE_REGISTRATION = "close_registration"
    WITHDRAW = "withdraw"
    CHECK_IN = "check_in"
    START = "start"
    END = "end"
    ANNOUNCE_ATTENDANCE = "announce_attendance"
    COUNT_ATTENDANCE = "count_attendance"
    TELL_STORIES = "tell_stories"
    WITHDRAW_STORY = "withdraw_story"
    OBSERVE_TENDENCIES = "observe_tendencies"
    ANNOUNCE_NEXT_MEETING = "announce_next_meeting"
    PUBLISH_RESULTS = "publish_results"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Permission:
    """The phases in which an action is possible, and the sentence that says so."""

    sentence: str
    phases: frozenset[Phase]


_FIXED = frozenset({Phase.SCHEDULED, Phase.OPEN, Phase.CLOSED})
_AHEAD = _FIXED | {Phase.IDEA}
_RESULTS = frozenset({Phase.RUNNING, Phase.HELD})

PERMISSIONS: Mapping[Action, Permission] = {
    Action.SCHEDULE: Permission(
        "Only the idea of a meeting gets its first date.", frozenset({Phase.IDEA})
    ),
    Action.RESCHEDULE: Permission(
        "A meeting gets another date after its first one and before it runs.", _FIXED
    ),
    Action.CHANGE_MODE: Permission("The mode changes before the meeting runs.", _AHEAD),
    Action.PLACE: Permission(
        "Host, venue and access change until the meeting was held.", _AHEAD | {Phase.RUNNING}
    ),
    Action.PUBLISH_AGENDA: Permission(
        "The agenda changes until the meeting was held.", _AHEAD | {Phase.RUNNING}
    ),
    Action.OPEN_INVITATIONS: Permission(
        "People are invited to a scheduled meeting, or again once registration is closed.",
        frozenset({Phase.SCHEDULED, Phase.CLOSED}),
    ),
    Action.REGISTER: Permission(
        "People register between the invitations and the close of registration.",
        frozenset({Phase.OPEN}),
    ),
    Action.CLOSE_REGISTRATION: Permission(
        "Only an open registration can be closed.", frozenset({Phase.OPEN})
    ),
    Action.WITHDRAW: Permission("A place is given back before the meeting runs.", _FIXED),
    Action.CHECK_IN: Permission(
        "People check in from the invitations to the end of the meeting.",
        frozenset({Phase.OPEN, Phase.CLOSED, Phase.RUNNING}),
    ),
    Action.START: Permission("A meeting with a date starts once.", _FIXED),
    Action.END: Permission("Only a running meeting ends.", frozenset({Phase.RUNNING})),
    Action.ANNOUNCE_ATTENDANCE: Permission(
        "Attendance is announced for a meeting with a date until its documentation.",
        _FIXED | _RESULTS,
    ),
    Action.COUNT_ATTENDANCE: Permission("Who is there is counted at the meeting.", _RESULTS),
    Action.TELL_STORIES: Permission(
        "Stories are added from the start of the meeting to its documentation.", _RESULTS
    ),
    Action.WITHDRAW_STORY: Permission(
        "Only what was told can be withdrawn.", _RESULTS | {Phase.DOCUMENTED}
    ),
    Action.OBSERVE_TENDENCIES: Permission(
        "Tendencies are added from the start of the meeting to its documentation.", _RESULTS
    ),
    Action.ANNOUNCE_NEXT_MEETING: Permission(
        "The next meeting is announced between the start and the documentation.", _RESULTS
    ),
    Action.PUBLISH_RESULTS: Permission(
        "Results are published once, after the meeting was held.", frozenset({Phase.HELD})
    ),
    Action.CANCEL: Permission("A meeting is cancelled before it runs.", _AHEAD),
}

# History is written down after the fact, so these stay open until its documentation.
AFTERWARDS = frozenset({Action.PLACE, Action.PUBLISH_AGENDA})


def allows(phase: Phase, action: Action, *, recorded_afterwards: bool) -> bool:
    """Whether the action is possible; history recorded afterwards takes agenda and place late."""
    if recorded_afterwards and phase is Phase.HELD and action in AFTERWARDS:
        return True
    return phase in PERMISSIONS[action].phases


def possible(phase: Phase, *, recorded_afterwards: bool) -> tuple[Action, ...]:
    """Every action that the phase allows, in the order of the life cycle."""
    return tuple(
        action
        for action in Action
        if allows(phase, action, recorded_afterwards=recorded_afterwards)
    )
