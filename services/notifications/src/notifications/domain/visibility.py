"""Which events whom may be told by webhook. Pure.

| role                    | events                                                              |
|-------------------------|---------------------------------------------------------------------|
| organiser, steering group | all published ones                                                |
| municipality, district  | the public facts of meetings and of the register (below), and      |
|                         | those that name the municipality or district itself as the party    |

What concerns participants, contacts and seats of others is none of a municipality's business.
Everybody else gets nothing: who has no row here has no endpoint either.
"""

from __future__ import annotations

from contracts.catalog import event_type
from contracts.events.registry import Party

_ALL = frozenset({"organiser", "steering_group"})
_TENANTS = frozenset({"municipality", "district"})
_PUBLIC_NOUNS = frozenset(
    {
        "meeting",
        "agenda",
        "invitations",
        "registration",
        "results",
        "attendance",
        "story",
        "tendency",
        "next_meeting",
        "municipality",
        "district",
        "programme",
        "cohort",
        "participation",
    }
)
HEARERS = _ALL | _TENANTS


def may_hear(role: str, owner: str, event: object) -> bool:
    """Whether an endpoint of this owner may be told of the event."""
    if role in _ALL:
        return True
    if role not in _TENANTS:
        return False
    noun = event_type(event).name.partition(".")[0]
    return noun in _PUBLIC_NOUNS or _names(role, owner, event)


def _names(role: str, owner: str, event: object) -> bool:
    party = getattr(event, "party", None)
    return isinstance(party, Party) and (party.kind, party.key) == (role, owner)
