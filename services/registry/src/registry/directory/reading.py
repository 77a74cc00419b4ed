"""The official directory (GV100AD) as records and refused lines; a broken line stops nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from typing import NamedTuple
from unicodedata import normalize

from gv100ad import District, FederalState, GV100ADReader, Municipality

from eventkit.domain import Invalid
from eventkit.http.characters import NOT_IN_LINES
from registry.domain.district import RecordDistrict
from registry.domain.municipality import MunicipalityFacts, RecordMunicipality

# Line numbers of all refused lines are counted, the first of them are kept for people to read.
KEPT_REFUSALS = 1000
RECORD_TYPES = frozenset({"10", "20", "30", "40", "50", "60"})
_UNSEEN = re.compile(f"[{NOT_IN_LINES}]")


class Column(NamedTuple):
    """A fixed place in a line, and the form that the library itself does not insist on."""

    start: int
    end: int
    form: re.Pattern[str]
    fault: str


def _column(start: int, end: int, form: str, fault: str) -> Column:
    return Column(start, end, re.compile(form), fault)


_DAY = _column(2, 10, r"[0-9]{8}", "the day is not written as yyyymmdd")
_NAME = _column(22, 72, r"\s*\S.*", "the name is missing")
_KIND = _column(122, 124, r"[0-9]{2}", "the kind is missing")
COLUMNS = {
    "10": (_DAY, _column(10, 12, r"[0-9]{2}", "the state key is not 2 digits")),
    "40": (_DAY, _column(10, 15, r"[0-9]{5}", "the district key is not 5 digits"), _NAME, _KIND),
    "60": (
        _DAY,
        _column(10, 18, r"[0-9]{8}", "the municipality key is not 8 digits"),
        _column(18, 22, r"[0-9]{4}", "the association key is not 4 digits"),
        _NAME,
        _KIND,
        _column(128, 139, r" *[0-9]+ *", "the area is not a number"),
        _column(139, 150, r" *[0-9]+ *", "the population is not a number"),
        _column(165, 170, r"([0-9]{5}| *)", "the postcode is not 5 digits"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class RefusedLine:
    number: int
    reason: str


class Unreadable(Exception):
    """The line is no record; `args[0]` says why."""


@dataclass(kw_only=True)
class Directory:
    """What a file lists, with the number of the line that says so.

    `states` are those that the file holds whole: it names the state itself by a record of type
    10, and no line is so broken that nobody knows which key it would have listed.
    """

    municipalities: dict[str, tuple[int, RecordMunicipality]] = field(default_factory=dict)
    districts: dict[str, tuple[int, RecordDistrict]] = field(default_factory=dict)
    states: dict[str, date] = field(default_factory=dict)
    refused: list[RefusedLine] = field(default_factory=list)
    refused_count: int = 0
    refused_keys: set[str] = field(default_factory=set)

    def refuse(self, number: int, reason: str) -> None:
        self.refused_count += 1
        if len(self.refused) < KEPT_REFUSALS:
            self.refused.append(RefusedLine(number=number, reason=reason))


def read(lines: Iterable[bytes]) -> Directory:
    """Read a whole file; blank lines and records of other types than 10, 40, 60 say nothing."""
    directory = Directory()
    whole = True
    for number, raw in enumerate(lines, 1):
        try:
            _take(directory, number, _text(number, raw))
        except Unreadable as fault:
            directory.refuse(number, str(fault.args[0]))
            key = _key(raw)
            whole = whole and key is not None
            directory.refused_keys.add(key or "")
    if not whole:
        directory.states.clear()
    return directory


def require_usable(directory: Directory) -> None:
    """Raise Invalid unless the file lists a municipality or district, or holds a state whole."""
    if directory.municipalities or directory.districts or directory.states:
        return
    first = "".join(f" Line {line.number}: {line.reason}." for line in directory.refused[:1])
    # The empty pointer is that of the whole body.
    raise Invalid("no-usable-line", f"No line of the file says anything usable.{first}", pointer="")


def _take(directory: Directory, number: int, line: str) -> None:
    if not line.strip():
        return
    record = _record(line)
    if isinstance(record, FederalState):
        directory.states[record.regional_code] = record.timestamp
    elif isinstance(record, District):
        _once(directory.districts, record.regional_code)
        directory.districts[record.regional_code] = number, _district(record)
    elif isinstance(record, Municipality):
        _once(directory.municipalities, record.regional_code)
        directory.municipalities[record.regional_code] = number, _municipality(record)


def _record(line: str) -> object:
    if line[:2] not in RECORD_TYPES:
        raise Unreadable("the record type is not one of 10, 20, 30, 40, 50, 60")
    for column in COLUMNS.get(line[:2], ()):
        if not column.form.fullmatch(line[column.start : column.end]):
            raise Unreadable(column.fault)
    try:
        return next(iter(GV100ADReader(StringIO(line)).read()))
    except ValueError as error:
        raise Unreadable(f"the line is not readable: {error}") from error


def _district(record: District) -> RecordDistrict:
    return RecordDistrict(
        district_key=record.regional_code,
        name=normalize("NFC", record.name.strip()),
        kind=f"{record.type.value:02}",
        valid_on=record.timestamp,
    )


def _municipality(record: Municipality) -> RecordMunicipality:
    ags = record.regional_code
    facts = MunicipalityFacts(
        ars=ags[:5] + record.association + ags[5:],
        name=normalize("NFC", record.name.strip()),
        kind=f"{record.type.value:02}",
        district_key=ags[:5],
        population=record.inhabitants,
        area_hectares=record.area,
        postcode=record.postal_code or None,
    )
    return RecordMunicipality(ags=ags, valid_on=record.timestamp, facts=facts)


def _text(number: int, raw: bytes) -> str:
    bare = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
    try:
        text = bare.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Unreadable("the line is not UTF-8") from error
    if _UNSEEN.search(text):
        raise Unreadable("the line holds control characters or invisible ones")
    return text


def _key(raw: bytes) -> str | None:
    """The key that a broken line speaks of, where that much can be read."""
    length = {b"40": 5, b"60": 8}.get(raw[:2])
    if length is None:
        return "" if raw[:2] in (b"20", b"30", b"50") else None
    key = raw[10 : 10 + length]
    return key.decode() if len(key) == length and key.isdigit() else None


def _once(
    seen: dict[str, tuple[int, RecordMunicipality]] | dict[str, tuple[int, RecordDistrict]],
    key: str,
) -> None:
    if key in seen:
        raise Unreadable(f"the key {key} stands in line {seen[key][0]} already")
