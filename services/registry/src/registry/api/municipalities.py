"""HTTP for the directory: municipalities and districts to look up."""

from typing import Any

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Digits
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Filter, Listing, alphabetical, part_of, same
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import page_of
from registry.domain.district import DISTRICT
from registry.domain.municipality import MUNICIPALITY
from registry.projection.districts import DISTRICTS, districts
from registry.projection.municipalities import MUNICIPALITIES, municipalities

bp = Blueprint(
    "municipalities",
    __name__,
    url_prefix="/v1/municipalities",
    description="The official directory of municipalities.",
)
districts_bp = Blueprint(
    "districts", __name__, url_prefix="/v1/districts", description="The districts."
)

# Other systems name a key together with its code list; the version of the list is `valid_on` (XÖV).
KEY_LIST = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:ags"


def _filters(table: sa.Table) -> dict[str, Filter]:
    return {
        "name": part_of(table.c.name_folded),
        "state": same(table.c.state, Digits(2, error="A state key has 2 digits.")),
        "active": same(table.c.active, fields.Boolean()),
    }


_OF_DISTRICT = Digits(5, error="A district key has 5 digits.")
_LIST = Listing(
    name="MunicipalityQuery",
    key=(municipalities.c.ags,),
    sorts={
        "ags": (municipalities.c.ags,),
        "name": (alphabetical(municipalities.c.name_folded),),
        # Those whose number nobody stated stand before all others.
        "population": (sa.func.coalesce(municipalities.c.population, -1),),
    },
    usual="ags",
    filters={
        **_filters(municipalities),
        "district": same(municipalities.c.district_key, _OF_DISTRICT),
    },
)
_DISTRICT_LIST = Listing(
    name="DistrictQuery",
    key=(districts.c.district_key,),
    sorts={
        "district_key": (districts.c.district_key,),
        "name": (alphabetical(districts.c.name_folded),),
    },
    usual="district_key",
    filters=_filters(districts),
)


class DistrictView(Schema):
    district_key = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    valid_on = fields.Date(required=True)
    active = fields.Boolean(required=True)


class MunicipalityView(DistrictView):
    ags = fields.String(required=True)
    ars = fields.String(required=True)
    population = fields.Integer(required=True, allow_none=True)
    area_hectares = fields.Integer(required=True, allow_none=True)
    postcode = fields.String(required=True, allow_none=True)
    list_uri = fields.Constant(KEY_LIST, required=True)


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(MunicipalityView))
def list_municipalities(wanted: dict[str, Any]) -> Response:
    """List municipalities, those that exist no longer among them."""
    return _LIST.answer(sa.select(municipalities), MunicipalityView, wanted)


@bp.route("/<ags>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, MunicipalityView)
def show_municipality(when: Moment, ags: str) -> Response:
    """Show a municipality by its AGS, the eight digits of the official directory."""
    return found_at(_municipality(ags), MunicipalityView, _MUNICIPALITY, when)


@districts_bp.route("", methods=["GET"])
@districts_bp.arguments(_DISTRICT_LIST.schema, location="query")
@districts_bp.response(200, page_of(DistrictView))
def list_districts(wanted: dict[str, Any]) -> Response:
    """List districts by their key, those that exist no longer among them."""
    return _DISTRICT_LIST.answer(sa.select(districts), DistrictView, wanted)


@districts_bp.route("/<district_key>", methods=["GET"])
@districts_bp.arguments(MomentQuery, location="query")
@districts_bp.response(200, DistrictView)
def show_district(when: Moment, district_key: str) -> Response:
    """Show a district by its key, the first five digits of its municipalities' AGS."""
    return found_at(_district(district_key), DistrictView, _DISTRICT, when)


def _municipality(ags: str) -> sa.Select[Any]:
    return sa.select(municipalities).where(municipalities.c.ags == ags)


def _district(district_key: str) -> sa.Select[Any]:
    return sa.select(districts).where(districts.c.district_key == district_key)


_MUNICIPALITY = Timeline(aggregate=MUNICIPALITY, model=MUNICIPALITIES, of="ags")
_DISTRICT = Timeline(aggregate=DISTRICT, model=DISTRICTS, of="district_key")
offer_history(bp, "/<ags>", _MUNICIPALITY, _municipality)
offer_history(districts_bp, "/<district_key>", _DISTRICT, _district)
