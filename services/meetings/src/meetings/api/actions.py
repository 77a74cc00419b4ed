"""What the caller may do with a meeting now: as its state, the caller's role and scopes allow."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf

from eventkit.http.requests import runtime
from eventkit.http.views import principal
from meetings.domain.phases import Action, Phase, possible

# The route of each action; the policy table says who may call it.
ENDPOINTS: Mapping[Action, str] = {
    Action.SCHEDULE: "planning.schedule_meeting",
    Action.RESCHEDULE: "planning.reschedule_meeting",
    Action.CHANGE_MODE: "planning.change_mode",
    Action.PLACE: "planning.place_meeting",
    Action.PUBLISH_AGENDA: "agenda.publish_agenda",
    Action.OPEN_INVITATIONS: "registrations.open_invitations",
    Action.REGISTER: "registrations.register_participant",
    Action.CLOSE_REGISTRATION: "registrations.close_registration",
    Action.WITHDRAW: "registrations.withdraw_participant",
    Action.CHECK_IN: "registrations.check_in_participant",
    Action.START: "days.start_meeting",
    Action.END: "days.end_meeting",
    Action.ANNOUNCE_ATTENDANCE: "results.announce_attendance",
    Action.COUNT_ATTENDANCE: "results.count_attendance",
    Action.TELL_STORIES: "stories.tell_stories",
    Action.WITHDRAW_STORY: "stories.withdraw_story",
    Action.OBSERVE_TENDENCIES: "results.observe_tendencies",
    Action.ANNOUNCE_NEXT_MEETING: "results.announce_next_meeting",
    Action.PUBLISH_RESULTS: "days.publish_results",
    Action.CANCEL: "planning.cancel_meeting",
}


class Actions(fields.List[str]):
    """What the state of the row's meeting allows, as far as the caller may do it."""

    def __init__(self) -> None:
        names = fields.String(validate=OneOf([action.value for action in Action]))
        super().__init__(
            names,
            required=True,
            metadata={
                "description": "What the meeting's state, your role and your scopes allow now. "
                "Whose registrations you may change is decided with each of them."
            },
        )

    def get_value(self, obj: Any, *_: object, **__: object) -> list[str | None]:
        afterwards = obj["recorded_afterwards"]
        allowed = possible(Phase(obj["state"]), recorded_afterwards=afterwards)
        return [action.value for action in allowed if _may(action)]


def _may(action: Action) -> bool:
    caller, policy = principal(), runtime().policy[ENDPOINTS[action]]
    # Every one of them changes something, by whatever method.
    return policy.admits(caller.role) and policy.scope_for("POST") in caller.scopes
