"""Which events whom may be told. Pure; webhooks and feeds ask the same table (decision 0009).

| role                      | is told of                                                        |
|---------------------------|-------------------------------------------------------------------|
| organiser, steering group | all published events                                              |
| municipality, district    | the public facts of meetings and of the register (below), and what |
|                           | names a party that it acts for                                    |

What concerns participants, contacts and seats of others is none of a municipality's business.
Everybody else is told nothing by webhook. A webhook carries ids alone; a feed carries the whole
event, so it also keeps back what has fields that the reader's own views and histories would hide
(WITHHELD), unless it names a party that the reader acts for. Operators and services read feeds as
well; organisers and services hear everything there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.catalog import event_type

# Kind and key, such as ("municipality", "08111000").
PartyKey = tuple[str, str]
_ALL = frozenset({"organiser", "steering_group"})
TENANTS = frozenset({"municipality", "district"})
PUBLIC_NOUNS = frozenset(
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
# Words that may be taken back; ways into a meeting; what brings a party in and why it leaves.
_STORIES = frozenset({"story.told", "story.withdrawn"})
_OF_MEETINGS = _STORIES | {"meeting.placed"}
_OF_PARTIES = frozenset({"participation.accepted", "participation.left"})
_OF_PARTICIPANTS = frozenset(
    {
        "participant.registered",
        "participant.waitlisted",
        "participant.promoted",
        "participant.withdrawn",
        "participant.checked_in",
        "participant.erased",
        "participant.erasure_certified",
    }
)
WITHHELD: Mapping[str, frozenset[str]] = {
    "municipality": _OF_MEETINGS | _OF_PARTIES,
    "district": _OF_MEETINGS | _OF_PARTIES,
    "steering_group": _STORIES,
    "operator": _OF_MEETINGS | _OF_PARTICIPANTS,
}
HEARERS = _ALL | TENANTS


@dataclass(frozen=True, kw_only=True)
class Ear:
    """What of a feed somebody hears: these nouns (all where it is None), and own parties."""

    nouns: frozenset[str] | None
    withheld: frozenset[str]
    parties: frozenset[PartyKey]


def ear_of(role: str, parties: frozenset[PartyKey]) -> Ear | None:
    """What a role that may read feeds hears of them; None is everything."""
    if role not in WITHHELD:
        return None
    nouns = PUBLIC_NOUNS if role in TENANTS else None
    return Ear(nouns=nouns, withheld=WITHHELD[role], parties=parties)


def may_hear(role: str, parties: frozenset[PartyKey], event: object) -> bool:
    """Whether somebody who acts for these parties may be told by webhook that this happened."""
    if role in _ALL:
        return True
    if role not in TENANTS:
        return False
    noun = event_type(event).name.partition(".")[0]
    return noun in PUBLIC_NOUNS or named_party(event) in parties


def named_party(event: object) -> PartyKey | None:
    """The party that an event names as the one it is about."""
    party = getattr(event, "party", None)
    return None if party is None else (str(party.kind), party.key)
