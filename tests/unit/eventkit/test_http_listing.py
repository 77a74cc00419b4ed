"""What a list may be sorted by has a place for every row."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from marshmallow import ValidationError

from eventkit.http.fields import QueryInteger
from eventkit.http.listing import Listing, part_of

things = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("thing_id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.Integer),
)
KEY = (things.c.thing_id,)


def listing(*columns: sa.ColumnElement[object]) -> Listing:
    return Listing(name="Things", key=KEY, sorts={"it": columns}, usual="it")


def test_a_column_that_may_be_null_orders_nothing() -> None:
    with pytest.raises(ValueError, match=r"things\.size may be NULL"):
        listing(things.c.size)
    assert listing(sa.func.coalesce(things.c.size, -1))


def test_the_key_breaks_ties_in_the_direction_of_the_order() -> None:
    names = listing(things.c.name)
    assert [str(column) for column in names.order("it")] == ["things.name", "things.thing_id"]
    falling = ["things.name DESC", "things.thing_id DESC"]
    assert [str(column) for column in names.order("-it")] == falling
    assert [str(column) for column in listing(*KEY).order("it")] == ["things.thing_id"]


def test_signs_of_patterns_in_a_text_stand_for_themselves() -> None:
    condition = part_of(things.c.name).leaves("100 %_")
    compiled = condition.compile(compile_kwargs={"literal_binds": True})
    assert "100 /%/_" in str(compiled)


@pytest.mark.parametrize("text", ["٣", "-1", "+1", " 1", "1.0", "1_0", "", "12345678901", 1, None])
def test_a_number_in_an_address_has_the_usual_digits(text: object) -> None:
    with pytest.raises(ValidationError):
        QueryInteger(0, 100).deserialize(text)
    assert QueryInteger(0, 100).deserialize("100") == 100
