"""What an event of another service makes this one do, in the consumer's transaction."""

from __future__ import annotations

from typing import Any

from eventkit.recorded import Recorded
from eventkit.unit import Unit
from notifications.policy.erased import forget_recipient
from notifications.policy.invitations import tell_people
from notifications.policy.webhooks import call_endpoints


def react(unit: Unit, recorded: Recorded[Any]) -> None:
    """Tell people by mail and machines by webhook.

    People first: they may have to wait for their turn, and nothing should be stored before that.
    """
    tell_people(unit, recorded)
    forget_recipient(unit, recorded)
    call_endpoints(unit, recorded)
