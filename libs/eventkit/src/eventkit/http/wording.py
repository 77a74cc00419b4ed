"""What answers say to people: in English, or in German where the caller prefers that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import cast

import polib
from flask import Flask, current_app, request

from eventkit.http.problem_kinds import KINDS, Kind

ENGLISH, GERMAN = "en", "de"
KIT_SENTENCES = Path(__file__).parent.parent / "de.po"
_EXTENSION = "eventkit.wording"
_PLACE = re.compile(r"\{(\w+)\}")
# No sentence of ours is longer; patterns are not tried on anything else.
_LONGEST = 1000


@dataclass(frozen=True)
class Wording:
    """The kinds of problems that a service knows, where they are explained, and their German."""

    kinds: Mapping[str, Kind] = field(default_factory=lambda: KINDS)
    url: str = ""
    sentences: tuple[Path, ...] = (KIT_SENTENCES,)

    def type_of(self, code: str) -> str:
        """The URI of a kind of problems, under which it is explained."""
        return f"{self.url}/problems/{code}"

    def title(self, code: str, status: int) -> str:
        known = self.kinds.get(code)
        return say(known.title if known else HTTPStatus(status).phrase)


def install(app: Flask, wording: Wording) -> None:
    app.extensions[_EXTENSION] = wording


def wording_of(app: Flask) -> Wording:
    """What an app was given; that of the kit alone where it was given nothing."""
    return cast(Wording, app.extensions.get(_EXTENSION, _OF_THE_KIT))


def wording() -> Wording:
    """What the present app was given."""
    return wording_of(current_app)


def language() -> str:
    """The language that the caller prefers of those that we have (RFC 9110, 12.5.4)."""
    return request.accept_languages.best_match((ENGLISH, GERMAN), default=ENGLISH) or ENGLISH


def say(sentence: str) -> str:
    """An English sentence of ours in the caller's language; in English where nobody translated."""
    if language() == ENGLISH:
        return sentence
    return german(wording().sentences)(sentence)


@cache
def german(files: tuple[Path, ...]) -> Callable[[str], str]:
    """The translations of these files, read when the first German answer is given."""
    return Catalogue(
        {entry.msgid: entry.msgstr for file in files for entry in polib.pofile(str(file))}
    ).translate


class Catalogue:
    """Sentences by their English form; `{name}` in it stands for what differs each time.

    Whoever refuses says an English sentence and need not know of languages; marshmallow does not.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._exact = {text: said for text, said in sentences.items() if "{" not in text}
        patterned = sorted((text for text in sentences if "{" in text), key=_fixed, reverse=True)
        self._patterns = [(_pattern(text), sentences[text]) for text in patterned]

    def translate(self, sentence: str) -> str:
        """The translation, or the sentence itself where there is none."""
        if sentence in self._exact:
            return self._exact[sentence]
        if len(sentence) > _LONGEST:
            return sentence
        for pattern, said in self._patterns:
            if found := pattern.fullmatch(sentence):
                return said.format(**self._values(found.groupdict()))
        return sentence

    def _values(self, found: Mapping[str, str]) -> dict[str, str]:
        """Where a value is itself in words of ours, it is translated as well."""
        return {name: self.translate(value) for name, value in found.items()}


def _fixed(text: str) -> int:
    """How much of a sentence is always the same: the most telling patterns are tried first."""
    return len(_PLACE.sub("", text))


def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)
    return re.compile("".join(_part(number, part) for number, part in enumerate(parts)))


def _part(number: int, part: str) -> str:
    return f"(?P<{part}>.*)" if number % 2 else re.escape(part)


_OF_THE_KIT = Wording()
