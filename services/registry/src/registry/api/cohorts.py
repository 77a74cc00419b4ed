"""HTTP for cohorts: the rounds of a programme."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Integer, QueryInteger, Text
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Filter, Listing, alphabetical
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import created, kit
from registry.api import withheld
from registry.domain.cohort import COHORT, PlanCohort
from registry.projection.cohorts import COHORTS, cohorts
from registry.references import require_predecessor, require_programme

bp = Blueprint("cohorts", __name__, url_prefix="/v1", description="Rounds of a programme.")
MOST_CENTS = 10**15


class CohortBody(Schema):
    label = Text(1, 200, required=True)
    starts_year = Integer(1900, 2200, required=True)
    ends_year = Integer(1900, 2200, required=True)
    participants_target = Integer(0, 100_000, allow_none=True)
    funding_cap_cents = Integer(
        0,
        MOST_CENTS,
        allow_none=True,
        metadata={"description": "The most that one participant gets; null where none is stated."},
    )
    predecessor_id = fields.UUID(allow_none=True)


class CohortView(CohortBody):
    cohort_id = fields.UUID(required=True)
    programme_id = fields.UUID(required=True)
    participants_count = fields.Integer(required=True)


@bp.route("/programmes/<uuid:programme_id>/cohorts", methods=["POST"])
@bp.arguments(CohortBody)
@bp.response(201, Written)
def plan_cohort(body: dict[str, Any], programme_id: UUID) -> Response:
    """Plan a round of a programme, which municipalities and districts may join."""
    require_programme(kit().engine, programme_id)
    if predecessor_id := body.get("predecessor_id"):
        require_predecessor(kit().engine, predecessor_id, programme_id)
    cohort_id = uuid4()
    command = PlanCohort(cohort_id=cohort_id, programme_id=programme_id, **body)
    return created(COHORT, cohort_id, command, ".show_cohort", cohort_id=cohort_id)


_LIST = Listing(
    name="CohortQuery",
    key=(cohorts.c.cohort_id,),
    sorts={"starts_year": (cohorts.c.starts_year,), "label": (alphabetical(cohorts.c.label),)},
    usual="starts_year",
    filters={
        "year": Filter(
            QueryInteger(1900, 2200, metadata={"description": "One of the round's years."}),
            lambda year: sa.and_(cohorts.c.starts_year <= year, cohorts.c.ends_year >= year),
        )
    },
)


@bp.route("/programmes/<uuid:programme_id>/cohorts", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(CohortView))
def list_cohorts(wanted: dict[str, Any], programme_id: UUID) -> Response:
    """List the rounds of a programme, from the earliest on."""
    require_programme(kit().engine, programme_id)
    query = sa.select(cohorts).where(cohorts.c.programme_id == programme_id)
    return _LIST.answer(query, CohortView, wanted)


@bp.route("/cohorts/<uuid:cohort_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, CohortView)
def show_cohort(when: Moment, cohort_id: UUID) -> Response:
    """Show a cohort with the number of those who take part."""
    return found_at(_cohort(cohort_id), CohortView, _TIMELINE, when)


def _cohort(cohort_id: UUID) -> sa.Select[Any]:
    return sa.select(cohorts).where(cohorts.c.cohort_id == cohort_id)


_TIMELINE = Timeline(aggregate=COHORT, model=COHORTS, of="cohort_id", withheld=withheld.of_cohort)
offer_history(bp, "/cohorts/<uuid:cohort_id>", _TIMELINE, _cohort)
