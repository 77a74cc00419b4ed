"""Which fields of events the history of a thing hides, as the thing's own view does."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from contracts.events.registry import CohortEvent, CohortPlanned
from eventkit.http.views import principal
from registry.access import EVERY_REASON, may_read_reasons

_OF_CLIENTS = frozenset(
    {"client_id", "name", "role", "tenant", "scopes", "reason", "secret_id", "older_end_at"}
)


def of_cohort(_: object, event: CohortEvent) -> Iterable[str]:
    """What brought a party in and why it left, as in the view of a participation."""
    if isinstance(event, CohortPlanned) or may_read_reasons(principal(), event.party):
        return ()
    return ("challenge", "over_target_reason", "reason")


def reasons(_: object, __: object) -> Iterable[str]:
    """Why a thing came to its end, for those who read every reason."""
    return () if principal().role in EVERY_REASON else ("reason",)


def of_client(_: object, event: Any) -> Iterable[str]:
    """These events are never published and hold digests, so what may be seen is listed."""
    return {field.name for field in fields(event)} - _OF_CLIENTS
