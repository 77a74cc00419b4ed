"""Funding programmes. Pure: no I/O, no clock."""

from dataclasses import dataclass
from uuid import UUID

from contracts.events.registry import ProgrammeDecided, ProgrammeEvent
from eventkit.domain import Aggregate, Conflict


@dataclass(frozen=True, kw_only=True)
class DecideProgramme:
    """Enter a programme; `decided` may be as vague as "Anfang 2018"."""

    programme_id: UUID
    title: str
    goal: str | None = None
    lead: str | None = None
    funder: str | None = None
    funding_source: str | None = None
    decided: str | None = None


ProgrammeCommand = DecideProgramme


@dataclass(frozen=True, kw_only=True)
class Programme:
    programme_id: UUID


def decide(programme: Programme | None, command: ProgrammeCommand) -> list[ProgrammeEvent]:
    if programme is not None:
        raise Conflict("already-decided", "This programme is already in the register.")
    return [
        ProgrammeDecided(
            programme_id=command.programme_id,
            title=command.title,
            goal=command.goal,
            lead=command.lead,
            funder=command.funder,
            funding_source=command.funding_source,
            decided=command.decided,
        )
    ]


def evolve(_: Programme | None, event: ProgrammeEvent) -> Programme:
    return Programme(programme_id=event.programme_id)


PROGRAMME = Aggregate(name="programme", decide=decide, evolve=evolve)
