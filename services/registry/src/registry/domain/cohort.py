"""Cohorts of a programme and who takes part in them.

Pure: no I/O, no clock. Participations stand in the cohort's stream, because target and
uniqueness are decided there.
"""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from contracts.events.registry import (
    CohortEvent,
    CohortPlanned,
    ParticipationAccepted,
    ParticipationLeft,
    Party,
    PartyKind,
)
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound


@dataclass(frozen=True, kw_only=True)
class PlanCohort:
    cohort_id: UUID
    programme_id: UUID
    label: str
    starts_year: int
    ends_year: int
    participants_target: int | None = None
    funding_cap_cents: int | None = None
    predecessor_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AcceptParticipation:
    """Take a municipality or a district into the cohort; past its target only with a reason."""

    participation_id: UUID
    party: Party
    challenge: str | None = None
    over_target_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class LeaveCohort:
    participation_id: UUID
    reason: str


CohortCommand = PlanCohort | AcceptParticipation | LeaveCohort


@dataclass(frozen=True, kw_only=True)
class Cohort:
    cohort_id: UUID
    target: int | None
    participations: dict[UUID, Party]


def decide(cohort: Cohort | None, command: CohortCommand) -> list[CohortEvent]:
    match command:
        case PlanCohort():
            return plan(cohort, command)
        case AcceptParticipation():
            return accept(_existing(cohort), command)
        case LeaveCohort():
            return leave(_existing(cohort), command)
    assert_never(command)


def evolve(cohort: Cohort | None, event: CohortEvent) -> Cohort:
    if isinstance(event, CohortPlanned):
        return Cohort(
            cohort_id=event.cohort_id, target=event.participants_target, participations={}
        )
    present = _existing(cohort)
    match event:
        case ParticipationAccepted():
            joined = {event.participation_id: event.party}
            return replace(present, participations=present.participations | joined)
        case ParticipationLeft():
            stayed = dict(present.participations)
            del stayed[event.participation_id]
            return replace(present, participations=stayed)
    assert_never(event)


def plan(cohort: Cohort | None, command: PlanCohort) -> list[CohortEvent]:
    if cohort is not None:
        raise Conflict("already-planned", "This cohort is already in the register.")
    if command.ends_year < command.starts_year:
        raise Invalid("bad-years", "A cohort ends after it starts.", pointer="/ends_year")
    return [
        CohortPlanned(
            cohort_id=command.cohort_id,
            programme_id=command.programme_id,
            label=command.label,
            starts_year=command.starts_year,
            ends_year=command.ends_year,
            participants_target=command.participants_target,
            funding_cap_cents=command.funding_cap_cents,
            predecessor_id=command.predecessor_id,
        )
    ]


def accept(cohort: Cohort, command: AcceptParticipation) -> list[CohortEvent]:
    if command.party.kind is PartyKind.ORGANISATION:
        raise Invalid(
            "not-a-local-authority",
            "Municipalities and districts take part in a cohort, organisations do not.",
            pointer="/party/kind",
        )
    if command.party in cohort.participations.values():
        raise Conflict("already-taking-part", "This party already takes part in the cohort.")
    over_target = cohort.target is not None and len(cohort.participations) >= cohort.target
    if over_target and command.over_target_reason is None:
        raise Conflict(
            "target-reached",
            f"The cohort has its {cohort.target} participants; more need a reason.",
            pointer="/over_target_reason",
        )
    return [
        ParticipationAccepted(
            participation_id=command.participation_id,
            cohort_id=cohort.cohort_id,
            party=command.party,
            challenge=command.challenge,
            over_target_reason=command.over_target_reason if over_target else None,
        )
    ]


def leave(cohort: Cohort, command: LeaveCohort) -> list[CohortEvent]:
    party = cohort.participations.get(command.participation_id)
    if party is None:
        raise NotFound("unknown-participation", "The cohort has no such participation.")
    return [
        ParticipationLeft(
            participation_id=command.participation_id,
            cohort_id=cohort.cohort_id,
            party=party,
            reason=command.reason,
        )
    ]


def _existing(cohort: Cohort | None) -> Cohort:
    if cohort is None:
        raise NotFound("unknown-cohort", "There is no such cohort.")
    return cohort


COHORT = Aggregate(name="cohort", decide=decide, evolve=evolve)
