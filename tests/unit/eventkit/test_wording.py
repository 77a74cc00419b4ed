"""Sentences find their German by their English form."""

from time import process_time

import pytest

from eventkit.http.wording import Catalogue

CATALOGUE = Catalogue(
    {
        "Not found": "Nicht gefunden",
        "Length must be {equal}.": "Die Länge muss {equal} sein.",
        "Length must be between {min} and {max}.": "Die Länge muss zwischen {min} und {max} sein.",
        "{sentence} This one is {state}.": "{sentence} Dieses ist {state}.",
        "Only ideas get a date.": "Nur Ideen bekommen einen Termin.",
        "running": "im Gange",
    }
)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Not found", "Nicht gefunden"),
        ("Length must be 8.", "Die Länge muss 8 sein."),
        ("Length must be between 1 and 200.", "Die Länge muss zwischen 1 und 200 sein."),
        (
            "Only ideas get a date. This one is running.",
            "Nur Ideen bekommen einen Termin. Dieses ist im Gange.",
        ),
        ("Length must be {equal}.", "Die Länge muss {equal} sein."),
    ],
)
def test_a_sentence_is_translated(english: str, german: str) -> None:
    assert CATALOGUE.translate(english) == german


@pytest.mark.parametrize(
    "text", ["", "Nobody knows this.", "not found", "Length must be 8", "{min}"]
)
def test_what_nobody_translated_stays_as_it_is(text: str) -> None:
    assert CATALOGUE.translate(text) == text


def test_what_a_caller_sent_is_never_taken_for_a_place() -> None:
    assert CATALOGUE.translate("Length must be {max!r:>9}.") == "Die Länge muss {max!r:>9} sein."


def test_a_hostile_text_takes_no_time() -> None:
    hostile = ["Length must be between " + " and " * 100_000, " This one is " * 100_000]
    start = process_time()
    for text in hostile:
        assert CATALOGUE.translate(text) == text
    assert process_time() - start < 1
