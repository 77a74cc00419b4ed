"""JSON bodies: what is refused as unparsable, what as invalid, and what is read."""

import time

import pytest

from eventkit.http.body import DEEPEST, parse
from eventkit.http.problems import HttpRefusal


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


UNPARSABLE = {
    "nothing": b"",
    "a word": b"title",
    "half an object": b'{"title":',
    "trailing data": b'{"a":1}{"b":2}',
    "a member named twice": b'{"a":1,"a":2}',
    "an inner member named twice": b'[{"x":{"a":1,"a":1}}]',
    "a name twice in two spellings": b'{"a":1,"\\u0061":2}',
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "a number beyond all floats": b'{"a":1e999}',
    "a number of 5,000 digits": b'{"a":' + b"9" * 5_000 + b"}",
    "a number with a leading zero": b'{"a":01}',
    "a lone surrogate": b'{"a":"\\ud800"}',
    "surrogates in the wrong order": b'{"a":"\\udc00\\ud800"}',
    "a surrogate as bytes": b'{"a":"\xed\xa0\x80"}',
    "an overlong encoding": b'{"a":"\xc0\xaf"}',
    "Latin-1": '{"a":"ü"}'.encode("latin-1"),
    "UTF-16": '{"a":"b"}'.encode("utf-16"),
    "UTF-8 with a mark": b'\xef\xbb\xbf{"a":1}',
    "a raw control character": b'{"a":"\x01"}',
    "33 levels": nested(DEEPEST + 1),
    "100,000 levels": nested(100_000),
    "100,000 levels without an end": b"[" * 100_000,
    "33 levels of objects": b'{"a":' * 33 + b"1" + b"}" * 33,
}


@pytest.mark.parametrize("raw", UNPARSABLE.values(), ids=UNPARSABLE.keys())
def test_what_two_readers_could_read_differently_is_unparsable(raw: bytes) -> None:
    with pytest.raises(HttpRefusal) as refusal:
        parse(raw)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (rb'{"title":"a\u0000b"}', "#/title"),
        (rb'{"parts":[{"name":"x"},{"name":"\u001b[31m"}]}', "#/parts/1/name"),
        (rb'{"title":"a\bb"}', "#/title"),
        (rb'{"title":"a\fb"}', "#/title"),
        (b'{"title":"a\x7fb"}', "#/title"),
        ('{"title":"a\u0085b"}'.encode(), "#/title"),
        (rb'{"a/b~c":"\u0000"}', "#/a~1b~0c"),
        (rb'{"a\u0000":1}', "#"),
    ],
)
def test_control_characters_are_invalid_and_pointed_at(raw: bytes, pointer: str) -> None:
    with pytest.raises(HttpRefusal) as refusal:
        parse(raw)
    assert refusal.value.status == 422
    assert [fault["pointer"] for fault in refusal.value.errors] == [pointer]


def test_every_other_text_is_read_as_it_stands() -> None:
    raw = '{"a":"Grüße 🎉 \\ud83c\\udf89\\n\\t","n":12345678901234567890123,"z":-0}'.encode()
    assert parse(raw) == {"a": "Grüße 🎉 🎉\n\t", "n": 12345678901234567890123, "z": 0}


def test_32_levels_are_read() -> None:
    assert parse(nested(DEEPEST)) is not None


def test_a_refusal_repeats_nothing_of_the_body() -> None:
    with pytest.raises(HttpRefusal) as refusal:
        parse(b'{"a": geheim}')
    assert "geheim" not in refusal.value.detail


def test_a_hostile_body_costs_little() -> None:
    for raw in (b"[" * 1_000_000, b'{"a":' * 200_000, b'"' + b"\\u0000" * 170_000 + b'"'):
        before = time.process_time()
        with pytest.raises(HttpRefusal):
            parse(raw)
        assert time.process_time() - before < 0.2
