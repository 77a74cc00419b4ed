"""The official directory line by line: what is a record, and what is refused and why."""

from datetime import date

import pytest

from registry.directory.reading import KEPT_REFUSALS, RefusedLine, read
from tests.unit.registry.directory_lines import directory, district, municipality, state


def test_a_municipality_is_read_with_keys_as_strings() -> None:
    found = directory(municipality())
    ((number, command),) = found.municipalities.values()
    assert (number, command.ags, command.facts.ars) == (1, "08119085", "081195006085")
    assert (command.facts.district_key, command.valid_on) == ("08119", date(2020, 12, 31))
    assert (command.facts.population, command.facts.area_hectares) == (28495, 2805)
    assert (command.facts.kind, command.facts.postcode) == ("67", "71364")
    assert found.refused == []


def test_a_district_is_read_with_its_5_digits() -> None:
    ((_, command),) = directory(district()).districts.values()
    assert (command.district_key, command.name, command.kind) == (
        "08119",
        "Rems-Murr-Kreis",
        "44",
    )


@pytest.mark.parametrize("kind", ["65", "66"])
def test_an_unincorporated_area_is_a_record_that_keeps_its_kind(kind: str) -> None:
    ((_, command),) = directory(
        municipality(kind=kind, population="0", postcode="")
    ).municipalities.values()
    assert (command.facts.kind, command.facts.population, command.facts.postcode) == (
        kind,
        0,
        None,
    )


def test_blank_lines_and_other_record_types_say_nothing() -> None:
    found = directory("", "20202012310" + " " * 20 + "x", "5020201231", municipality())
    assert (len(found.municipalities), found.refused) == (
        1,
        [],
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("99 whatever", "record type"),
        ("hello", "record type"),
        (municipality(ags="8119085"), "municipality key"),
        (municipality(ags="٠٨١١٩٠٨٥"), "municipality key"),
        (municipality(association="50"), "association key"),
        (municipality(name=""), "name is missing"),
        (municipality(name="Winn\x00enden"), "control characters"),
        (municipality(name="Winn\u00adenden"), "invisible"),
        (municipality(kind=""), "kind is missing"),
        (municipality(kind="99"), "not readable"),
        (municipality(area="-1"), "area"),
        (municipality(population="many"), "population"),
        (municipality(population="1٣"), "population"),
        (municipality(postcode="7136"), "postcode"),
        (municipality(day="20201332"), "not readable"),
        (municipality(day="2020-1-1"), "yyyymmdd"),
        (municipality()[:100], "kind is missing"),
        (district(key="0811"), "district key"),
        (district(kind="99"), "not readable"),
        (state(key="8"), "state key"),
    ],
)
def test_a_broken_line_names_its_number_and_stops_nothing_else(line: str, reason: str) -> None:
    other = municipality(ags="08119091", association="0091", name="Weinstadt, Stadt")
    found = directory(other, line, district(key="08116", name="Esslingen"))
    (refused,) = found.refused
    assert refused.number == 2
    assert reason in refused.reason
    assert (list(found.municipalities), list(found.districts)) == (["08119091"], ["08116"])


def test_a_line_that_is_not_utf_8_is_refused_alone() -> None:
    found = read([municipality(name="Höfen").encode("latin-1"), municipality().encode()])
    assert found.refused == [RefusedLine(number=1, reason="the line is not UTF-8")]
    assert list(found.municipalities) == ["08119085"]


def test_a_byte_order_mark_before_the_first_line_is_left_out() -> None:
    found = read([b"\xef\xbb\xbf" + municipality().encode() + b"\r\n"])
    assert (list(found.municipalities), found.refused) == (["08119085"], [])


def test_names_are_kept_in_composed_form() -> None:
    ((_, command),) = directory(municipality(name="Ho\u0308fen")).municipalities.values()
    assert command.facts.name == "Höfen"


def test_a_key_that_comes_twice_is_refused_with_the_first_line() -> None:
    found = directory(municipality(), municipality(name="Doppelt"))
    assert found.refused[0].number == 2
    assert "line 1" in found.refused[0].reason


def test_a_file_holds_the_states_whole_that_it_names() -> None:
    assert directory(state(), municipality()).states == {"08": date(2020, 12, 31)}
    assert directory(municipality()).states == {}


def test_a_broken_line_without_a_key_makes_no_state_whole() -> None:
    assert directory(state(), "6").states == {}
    assert directory(state(), municipality(kind="99")).states == {"08": date(2020, 12, 31)}


def test_refused_lines_are_all_counted_and_the_first_are_kept() -> None:
    found = directory(*["x"] * (KEPT_REFUSALS + 5))
    assert (len(found.refused), found.refused_count) == (KEPT_REFUSALS, KEPT_REFUSALS + 5)
