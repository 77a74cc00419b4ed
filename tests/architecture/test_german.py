"""Every sentence that a caller can be told has a German one, and none is left over."""

import re
from functools import cache
from pathlib import Path

import polib
import pytest

from contracts.filters import UNKNOWN
from eventkit.http.docs import routes
from eventkit.http.wording import KIT_SENTENCES
from meetings.domain.phases import PERMISSIONS
from meetings.domain.state import SAID
from tests.architecture.refusals import FOLDERS, KIT
from tests.architecture.sentences import normal, of_marshmallow, sentences
from tests.architecture.test_problem_codes import TABLES
from tests.described import SERVICES

EVERY_PACKAGE = pytest.mark.parametrize("package", FOLDERS)
PLACE = re.compile(r"\{\w+\}")
SAID_IN_PAGES = re.compile(r'say\("([^"]+)"\)')
# Put together by marshmallow in two steps, or said by the contracts.
PUT_TOGETHER = {
    "Must be greater than or equal to {…} and less than or equal to {…}.",
    "Must be greater than or equal to {…}.",
    "Must be less than or equal to {…}.",
    "Must be greater than {…}.",
    "Must be less than {…}.",
    "Not a valid datetime.",
    "Not a valid aware datetime.",
    UNKNOWN,
}
# Words that stand inside of a sentence.
INSIDE = {"wrong encoding", "line {…}, column {…}", *SAID.values()}
# Told to whoever runs a command, or meant for the description.
NOT_FOR_CALLERS = {
    "States that the file holds whole: {…}",
    "Refused lines: {…}",
    "{…} {…} -> {…}",
    "A district is registered before it is deactivated.",
    "A municipality is registered before it is deactivated.",
    "Null also for other parties, moderators, participants and services.",
    "Null also for callers who neither run the network nor have a place.",
}


@cache
def german(package: str) -> dict[str, str]:
    file = KIT_SENTENCES if package == KIT else SERVICES[package].sentences
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(file))}


def known(package: str) -> set[str]:
    """What a service has German for, the kit's sentences among it."""
    return {normal(text) for text in (*german(KIT), *german(package))}


def told(package: str) -> dict[str, str]:
    """What a package may say, and where it does."""
    found = sentences(package)
    for code, kind in TABLES[package].items():
        found |= dict.fromkeys((kind.title, kind.remedy), f"code {code}")
    if package == KIT:
        found |= dict.fromkeys(in_pages() | of_values(), "pages and marshmallow")
    else:
        found[SERVICES[package].about] = "app.py"
    return {text: where for text, where in found.items() if text not in NOT_FOR_CALLERS}


def in_pages() -> set[str]:
    folder = Path(routes.__file__).parent / "templates"
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.html")]
    return {sentence for text in texts for sentence in SAID_IN_PAGES.findall(text)}


def of_values() -> set[str]:
    """Without what is said while writing an answer, and with what is put together."""
    said = {text for text in of_marshmallow() if text[0].isupper() and "{{" not in text}
    return {text for text in said if "formatted" not in text} | PUT_TOGETHER


@EVERY_PACKAGE
def test_every_sentence_has_a_german_one(package: str) -> None:
    missing = {text: where for text, where in told(package).items() if text not in known(package)}
    assert missing == {}


@EVERY_PACKAGE
def test_no_german_is_left_over(package: str) -> None:
    tables = SERVICES if package == KIT else ()
    said = set(told(package)).union(INSIDE, *map(told, tables))
    assert {text for text in german(package) if normal(text) not in said} == set()


@EVERY_PACKAGE
def test_what_differs_stands_in_both_languages(package: str) -> None:
    for text, said in german(package).items():
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(said)), text
        assert said.count("{") == len(PLACE.findall(said)), text


@EVERY_PACKAGE
def test_german_is_there_formal_and_ends_as_the_english_does(package: str) -> None:
    for text, said in german(package).items():
        assert said, text
        assert text[-1] == said[-1] or text[-1] not in ".}", text
        assert not re.search(r"\b(du|dein\w*|dir|dich)\b", said, re.IGNORECASE), said


def test_no_sentence_has_two_germans_in_one_service() -> None:
    for package in SERVICES:
        twice = set(german(KIT)) & set(german(package))
        assert {text for text in twice if german(KIT)[text] != german(package)[text]} == set()


def test_every_state_of_a_meeting_has_german_words() -> None:
    assert set(SAID.values()) <= set(german("meetings"))
    assert {one.sentence for one in PERMISSIONS.values()} <= set(german("meetings"))
