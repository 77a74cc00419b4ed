"""Fields of bodies: what they keep, what they turn into, what they refuse."""

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import Schema, ValidationError
from marshmallow.fields import Field

from eventkit.http.fields import Digits, Flag, Instant, Integer, LongText, Text


def load(field: Field[Any], value: object) -> object:
    schema: Any = Schema.from_dict({"value": field})
    return schema().load({"value": value})["value"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Netzwerktreffen ", "Netzwerktreffen"),
        ("Gespra\u0308ch", "Gespräch"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("a" * 200, "a" * 200),
    ],
)
def test_a_text_is_kept_composed_and_without_blanks_around(given: str, kept: str) -> None:
    assert load(Text(), given) == kept


NO_LINES = [
    *("", "   ", "a" * 201, "a\nb", "a\tb", "a\x00b", "a\x1bb", "a\x7fb", "a\x85b"),
    *(chr(0xD800), "a\u2028b", "a\u202eb", "a\u2066b"),
    *(5, None, ["a"], {"a": "b"}, True),
]


@pytest.mark.parametrize("given", NO_LINES)
def test_a_text_refuses_what_is_no_line_of_text(given: object) -> None:
    with pytest.raises(ValidationError):
        load(Text(), given)


def test_a_long_text_has_lines_with_one_kind_of_end() -> None:
    assert load(LongText(), "eins\r\nzwei\rdrei\n\n\tvier") == "eins\nzwei\ndrei\n\n\tvier"


@pytest.mark.parametrize("given", ["a\x00", "a\x0bb", "a" * 20_001, "\u202ea"])
def test_a_long_text_refuses_control_characters_and_too_much(given: str) -> None:
    with pytest.raises(ValidationError):
        load(LongText(), given)


@pytest.mark.parametrize("given", [500, 500.0])
def test_an_integer_is_a_whole_json_number_within_its_bounds(given: float) -> None:
    kept = load(Integer(1, 500), given)
    assert (kept, type(kept)) == (500, int)


@pytest.mark.parametrize(
    "given", [0, 501, "5", "٣", 1.5, 1e300, True, None, 10**30, -(10**30), [5]]
)
def test_an_integer_refuses_everything_else(given: object) -> None:
    with pytest.raises(ValidationError):
        load(Integer(1, 500), given)


def test_an_instant_is_kept_in_utc() -> None:
    assert load(Instant(), "2021-03-18T10:00:00+01:00") == datetime(2021, 3, 18, 9, tzinfo=UTC)


@pytest.mark.parametrize("given", ["1900-01-01T00:00:00+00:00", "2199-12-31T23:59:59+00:00"])
def test_an_instant_may_lie_in_the_first_and_the_last_year(given: str) -> None:
    assert load(Instant(), given) == datetime.fromisoformat(given)


@pytest.mark.parametrize(
    "given",
    [
        "1899-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2021-03-18T10:00:00",
        "2021-03-18",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2021-02-30T10:00:00Z",
        "morgen",
        1616058000,
        None,
        {},
    ],
)
def test_an_instant_needs_a_zone_and_a_year_that_calendars_know(given: object) -> None:
    with pytest.raises(ValidationError):
        load(Instant(), given)


@pytest.mark.parametrize("given", ["08211000", " 08211000\n"])
def test_a_key_is_kept_without_blanks_around(given: str) -> None:
    assert load(Digits(8, error="8 digits."), given) == "08211000"


@pytest.mark.parametrize("given", ["", "8211000", "082110000", "0821100x", "٠٨٢١١٠٠٠", "1" * 300])
def test_what_is_no_key_is_told_in_one_sentence(given: str) -> None:
    with pytest.raises(ValidationError) as refused:
        load(Digits(8, error="8 digits."), given)
    assert refused.value.messages == {"value": ["8 digits."]}


def test_a_flag_is_a_json_boolean() -> None:
    assert [load(Flag(), given) for given in (True, False)] == [True, False]


@pytest.mark.parametrize("given", [0, 1, 0.0, "true", "no", "", None, [], {}])
def test_a_flag_refuses_what_only_could_mean_one(given: object) -> None:
    with pytest.raises(ValidationError):
        load(Flag(), given)
