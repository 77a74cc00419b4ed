"""The read models of cohorts and participations, both from the cohort's stream."""

from uuid import UUID

from contracts.events.registry import (
    CohortPlanned,
    ParticipationAccepted,
    ParticipationLeft,
    Party,
    PartyKind,
)
from eventkit.testing import folded
from registry.projection.cohorts import COHORTS
from registry.projection.participations import PARTICIPATIONS

COHORT_ID, FIRST, SECOND = UUID(int=2), UUID(int=9), UUID(int=10)
PFORZHEIM = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
ESSLINGEN = Party(kind=PartyKind.DISTRICT, key="08116")
PLANNED = CohortPlanned(
    cohort_id=COHORT_ID,
    programme_id=UUID(int=1),
    label="2018/2019",
    starts_year=2018,
    ends_year=2019,
    participants_target=23,
    funding_cap_cents=4_000_000,
)
JOINED = ParticipationAccepted(participation_id=FIRST, cohort_id=COHORT_ID, party=PFORZHEIM)
JOINED_TOO = ParticipationAccepted(participation_id=SECOND, cohort_id=COHORT_ID, party=ESSLINGEN)
LEFT = ParticipationLeft(
    participation_id=FIRST, cohort_id=COHORT_ID, party=PFORZHEIM, reason="Beschluss"
)


def test_a_planned_cohort_has_no_participants_yet() -> None:
    row = folded(COHORTS, [PLANNED])[COHORT_ID,]
    assert (row["participants_count"], row["participants_target"]) == (0, 23)
    assert (row["funding_cap_cents"], row["predecessor_id"]) == (4_000_000, None)


def test_the_cohort_counts_who_takes_part_now() -> None:
    row = folded(COHORTS, [PLANNED, JOINED, JOINED_TOO, LEFT])[COHORT_ID,]
    assert row["participants_count"] == 1


def test_a_participation_is_a_row_of_its_own() -> None:
    rows = folded(PARTICIPATIONS, [PLANNED, JOINED, JOINED_TOO])
    assert {key: (row["party_kind"], row["party_key"]) for key, row in rows.items()} == {
        (FIRST,): ("municipality", "08231000"),
        (SECOND,): ("district", "08116"),
    }


def test_who_left_stays_in_the_list_with_the_reason() -> None:
    row = folded(PARTICIPATIONS, [PLANNED, JOINED, LEFT])[FIRST,]
    assert (row["status"], row["left_reason"], row["party_key"]) == (
        "left",
        "Beschluss",
        "08231000",
    )
    assert row["left_at"] is not None
