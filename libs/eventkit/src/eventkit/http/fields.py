"""Fields for bodies and queries that refuse what no column, mail or calendar should ever hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

from marshmallow import fields
from marshmallow.validate import Length, Range, Regexp

from eventkit.http.characters import (
    MOST_MARKS,
    NOT_IN_LINES,
    NOT_IN_TEXTS,
    is_stacked,
    without_joiners,
)
from eventkit.http.requests import kit

# What goes at the ends of a text: blanks of every width, tabs and line ends.
_BLANKS = r"\t\n\r \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
# Stripped by this and by no pattern, which would look again at every blank inside of a text.
_ENDS = "".join(re.findall(f"[{_BLANKS}]", "".join(map(chr, range(0x3001)))))
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class Text(fields.String):
    """One line of text in NFC without blanks at its ends, of `least` to `most` characters.

    Control characters, line ends and what nobody sees are refused, but for the joiners that Indic
    scripts, Persian and emoji need; the document leaves those out: no pattern tells where they are.
    """

    _refused = NOT_IN_LINES

    def __init__(self, least: int = 1, most: int = 200, **options: Any) -> None:
        validators = options.pop("validate", [])
        validators = validators if isinstance(validators, list) else [validators]
        told = {"pattern": _pattern(self._refused, least)} | options.pop("metadata", {})
        super().__init__(
            validate=[Length(min=least, max=most), *validators], metadata=told, **options
        )
        self._most = most
        self._control = re.compile(rf"[\ud800-\udfff{self._refused}]")

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        given = super()._deserialize(value, attr, data, **kwargs)
        # As the document says it, so before blanks and composition make a text shorter.
        if len(given) > self._most:
            raise self.make_error("long", most=self._most)
        text = self._clean(given)
        if self._control.search(without_joiners(text)):
            raise self.make_error("control")
        if is_stacked(text):
            raise self.make_error("stacked", most=MOST_MARKS)
        return text

    def _clean(self, value: str) -> str:
        return normalize("NFC", value).strip(_ENDS)

    default_error_messages = {  # noqa: RUF012  (marshmallow's own form of declaring them)
        "control": "Control characters and invisible ones are not allowed.",
        "stacked": "More than {most} marks stand on one letter.",
        "long": "Longer than maximum length {most}.",
    }


def _pattern(refused: str, least: int) -> str:
    """What a text is before blanks at its ends go, as a pattern for the document."""
    inner = rf"[^\s{refused}]([^{refused}]*[^\s{refused}])?"
    return rf"^[{_BLANKS}]*{inner if least else f'({inner})?'}[{_BLANKS}]*$"


class LongText(Text):
    """Text of several lines, with tabs where somebody wrote some; line ends become `\\n`."""

    _refused = NOT_IN_TEXTS

    def __init__(self, least: int = 1, most: int = 20_000, **options: Any) -> None:
        super().__init__(least, most, **options)

    def _clean(self, value: str) -> str:
        return super()._clean(value).replace("\r\n", "\n").replace("\r", "\n")


class Integer(fields.Integer):
    """A whole JSON number, no text and no fraction but `.0`, between `low` and `high`."""

    def __init__(self, low: int = 0, high: int = 2**31 - 1, **options: Any) -> None:
        super().__init__(strict=True, validate=Range(min=low, max=high), **options)

    def _validated(self, value: Any) -> int:
        if type(value) is float and value.is_integer():
            return int(value)
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class QueryInteger(fields.Integer):
    """A whole number in an address, in the digits 0 to 9 alone: `int` takes those of any script."""

    _digits = re.compile(r"[0-9]{1,10}")

    def __init__(self, low: int = 0, high: int = 2**31 - 1, **options: Any) -> None:
        super().__init__(validate=Range(min=low, max=high), **options)

    def _validated(self, value: Any) -> int:
        if not isinstance(value, str) or not self._digits.fullmatch(value):
            raise self.make_error("invalid")
        return int(value)


class Instant(fields.AwareDateTime):
    """A time with its zone, such as 2021-03-18T10:00:00+01:00, from 1900 to 2199; kept in UTC."""

    default_error_messages = {  # noqa: RUF012  (marshmallow's own form of declaring them)
        "range": "A time from 1900 to 2199.",
    }

    def __init__(self, **options: Any) -> None:
        told = {"pattern": "^(19|20|21)[0-9]{2}-"}
        super().__init__(format="iso", metadata=told | options.pop("metadata", {}), **options)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type="datetime")
        at: datetime = super()._deserialize(value, attr, data, **kwargs)
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            raise self.make_error("range")
        return at.astimezone(UTC)


class Sealed(fields.String):
    """A personal value that the read model keeps as ciphertext; null when its person was erased."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return super()._serialize(kit().vault.open(value), attr, obj, **kwargs)


class Flag(fields.Boolean):
    """A JSON boolean, and no word or number that could mean one."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **options)


class Erased(fields.Boolean):
    """Whether the person's data was erased; that holds for every time before as well."""

    def __init__(self) -> None:
        super().__init__(
            required=True,
            metadata={"description": "Whether the personal data was erased, whatever the time."},
        )


class Digits(Text):
    """A key of exactly so many digits, without the blanks that somebody copied with it."""

    def __init__(self, count: int, *, error: str, **options: Any) -> None:
        told = {"pattern": rf"^[{_BLANKS}]*[0-9]{{{count}}}[{_BLANKS}]*$"}
        super().__init__(metadata=told, error_messages={"long": error}, **options)
        # Alone: beside it, a message about the length would say the same in other words. `$` is
        # the end here as in JSON Schema, for a line end after the digits is gone by now.
        self.validators = [Regexp(rf"^[0-9]{{{count}}}$", error=error)]
