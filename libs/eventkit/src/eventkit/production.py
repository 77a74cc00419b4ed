"""What settings may not be where MODE is production: for development only, or easily guessed."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from eventkit.forms import KEY, Declared

_SHORTEST = 12
# Of 32 random bytes, 30 differ; so few never happen.
_FEWEST_BYTES = 12
_FEWEST_LETTERS = 6
_WORDS = ("password", "passwort", "secret", "geheim", "changeme", "change-me", "example")
_EASY = (
    f"is easily guessed; it must have {_SHORTEST} characters or more, and be random"
    " (openssl rand -hex 16)."
)


def refused(
    settings: Iterable[tuple[str, Declared]], values: Mapping[str, Any], told: Container[str]
) -> Iterator[str]:
    """One sentence for each setting with which production must not start; no values in it.

    Of those that are `told` to be wrong already nothing more is said.
    """
    for field, one in settings:
        value = values[field]
        if one.development and value:
            yield f"{one.name} is for development, and must be false where MODE is production."
        elif one.secret and value:
            yield from _guessed(one, value)
    if values["public_url"] is None and "PUBLIC_URL" not in told:
        yield "PUBLIC_URL is missing; production needs it, for events carry it for good."
    if values["master_key"] and values["master_key"] == values["chain_key"]:
        yield "CHAIN_KEY must be another key than MASTER_KEY."


def _guessed(one: Declared, value: Any) -> Iterator[str]:
    if one.form is KEY:
        if len(set(value)) < _FEWEST_BYTES:
            yield f"{one.name} is no random key; it must be {one.form.says}."
    elif one.form.is_url:
        if _has_easy_password(value):
            yield f"The password in {one.name} {_EASY}"
    elif _is_easy(value):
        yield f"{one.name} {_EASY}"


def _has_easy_password(url: str) -> bool:
    parts = urlsplit(url)
    if parts.password is None:
        return False
    password = unquote(parts.password)
    return _is_easy(password) or password == unquote(parts.username or "")


def _is_easy(text: str) -> bool:
    few = len(text) < _SHORTEST or len(set(text)) < _FEWEST_LETTERS
    return few or any(word in text.lower() for word in _WORDS)
