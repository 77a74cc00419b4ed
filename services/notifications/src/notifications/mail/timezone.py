"""The time zone of the network as calendars understand it: two rules, valid since 1996.

The library would list each change of the clocks as a date of its own. Parsers that keep zones by
name, such as vobject, then judge later meetings by the dates that the first one brought along.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

NAME = "Europe/Berlin"
_WINTER, _SUMMER = timedelta(hours=1), timedelta(hours=2)


def berlin() -> Timezone:
    """The VTIMEZONE of Europe/Berlin."""
    zone = Timezone()
    zone.add("tzid", NAME)
    zone.add_component(_summer())
    zone.add_component(_winter())
    return zone


def _summer() -> TimezoneDaylight:
    rule = TimezoneDaylight()
    rule.add("dtstart", datetime(1996, 3, 31, 2))  # noqa: DTZ001  (clocks change by local time)
    rule.add("rrule", {"freq": "yearly", "bymonth": 3, "byday": "-1su"})
    rule.add("tzname", "CEST")
    rule.add("tzoffsetfrom", _WINTER)
    rule.add("tzoffsetto", _SUMMER)
    return rule


def _winter() -> TimezoneStandard:
    rule = TimezoneStandard()
    rule.add("dtstart", datetime(1996, 10, 27, 3))  # noqa: DTZ001  (clocks change by local time)
    rule.add("rrule", {"freq": "yearly", "bymonth": 10, "byday": "-1su"})
    rule.add("tzname", "CET")
    rule.add("tzoffsetfrom", _SUMMER)
    rule.add("tzoffsetto", _WINTER)
    return rule
