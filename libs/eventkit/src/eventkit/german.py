"""Days and times as German readers write them, in mails and on pages."""

from datetime import datetime

_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)


def day(local: datetime) -> str:
    """Such as `7. Januar 2027`; the time counts in the zone that it carries."""
    return f"{local.day}. {_MONTHS[local.month - 1]} {local.year}"


def period(starts: datetime, ends: datetime | None) -> str:
    """Such as `Donnerstag, 7. Januar 2027, 10:00 bis 15:00 Uhr`; both in the reader's zone."""
    if ends is None:
        return f"{_moment(starts)} Uhr"
    if ends.date() == starts.date():
        return f"{_moment(starts)} bis {clock(ends)} Uhr"
    return f"{_moment(starts)} Uhr bis {_moment(ends)} Uhr"


def _moment(local: datetime) -> str:
    return f"{_DAYS[local.weekday()]}, {day(local)}, {clock(local)}"


def clock(local: datetime) -> str:
    """Such as `10:00`; which of the two, in the hour that comes twice when clocks go back."""
    summer, winter = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    if summer == winter:
        return f"{local:%H:%M}"
    return f"{local:%H:%M} ({'Winterzeit' if local.fold else 'Sommerzeit'})"
