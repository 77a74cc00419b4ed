"""The calendar part, read back by two other parsers' eyes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from icalendar import Calendar

from contracts.events.notifications import Notice
from notifications.domain.notices import AgendaPoint
from notifications.mail.calendar import calendar
from notifications.mail.letter import Letter
from notifications.mail.message import message
from tests.unit.notifications.facts import LETTER, MEETING_ID, NOW, letter

BERLIN = ZoneInfo("Europe/Berlin")


def event(of: Letter) -> Any:
    (only,) = Calendar.from_ical(calendar(of)).walk("VEVENT")
    return only


def unfolded(of: Letter) -> list[str]:
    return calendar(of).decode().replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize(
    ("notice", "method"),
    [
        (Notice.INVITATION, "REQUEST"),
        (Notice.UPDATE, "REQUEST"),
        (Notice.CANCELLATION, "CANCEL"),
        (Notice.CONFIRMATION, "REQUEST"),
        (Notice.WITHDRAWAL, "CANCEL"),
    ],
)
def test_the_method_is_the_same_in_mime_and_body(notice: Notice, method: str) -> None:
    for part in message(letter(notice)).walk():
        if part.get_content_type() == "text/calendar":
            assert part["Content-Type"].params["method"] == method
            assert part["Content-Type"].params["charset"].upper() == "UTF-8"
            assert part.get_content_disposition() == "inline"
    assert unfolded(letter(notice)).count(f"METHOD:{method}") == 1


def test_the_identity_is_the_meetings_for_ever() -> None:
    uids = {str(event(letter(notice))["UID"]) for notice in list(Notice)[:3]}
    assert uids == {f"{MEETING_ID}@example.org"}


def test_the_sequence_is_always_there() -> None:
    assert event(LETTER)["SEQUENCE"] == 0
    assert event(letter(Notice.UPDATE, sequence=3))["SEQUENCE"] == 3


def test_each_version_of_an_entry_that_was_taken_away_and_given_back_is_higher() -> None:
    told = [Notice.CONFIRMATION, Notice.WITHDRAWAL, Notice.CONFIRMATION, Notice.WITHDRAWAL]
    entries = [
        event(replace(letter(notice, sequence=3), withdrawals=(number + 1) // 2))
        for number, notice in enumerate(told)
    ]
    assert [int(one["SEQUENCE"]) for one in entries] == [3, 4, 5, 6]


def test_only_a_cancellation_has_the_status_cancelled() -> None:
    assert event(LETTER)["STATUS"] == "CONFIRMED"
    assert event(letter(Notice.CANCELLATION))["STATUS"] == "CANCELLED"


def test_one_attendee_is_taken_out_without_a_status_of_the_meeting() -> None:
    removed = event(replace(letter(Notice.WITHDRAWAL), withdrawals=1))
    assert "STATUS" not in removed
    assert str(removed["ATTENDEE"]) == "mailto:integration@stadt.example.org"
    assert removed["SEQUENCE"] == 1
    assert not {"URL", "CONFERENCE", "DESCRIPTION"} & set(removed)


def test_the_stamp_is_the_time_of_sending_in_utc() -> None:
    assert f"DTSTAMP:{NOW:%Y%m%dT%H%M%SZ}" in unfolded(LETTER)


@pytest.mark.parametrize("month", [2, 7])
def test_times_carry_the_zone_of_berlin_in_winter_and_summer(month: int) -> None:
    starts = datetime(2027, month, 2, 8, 0, tzinfo=UTC)
    of = letter(starts_at=starts, ends_at=starts + timedelta(hours=2))
    local = starts.astimezone(BERLIN)
    assert f"DTSTART;TZID=Europe/Berlin:{local:%Y%m%dT%H%M%S}" in unfolded(of)
    assert unfolded(of).count("TZID:Europe/Berlin") == 1
    assert event(of)["DTSTART"].dt == starts
    assert event(of)["DTEND"].dt == starts + timedelta(hours=2)


def test_the_attendee_is_the_one_who_gets_the_mail() -> None:
    attendee = event(LETTER)["ATTENDEE"]
    assert str(attendee) == "mailto:integration@stadt.example.org"
    assert attendee.params["RSVP"] == "FALSE"
    assert attendee.params["PARTSTAT"] == "NEEDS-ACTION"


@pytest.mark.parametrize("notice", [Notice.INVITATION, Notice.UPDATE])
def test_who_has_a_place_is_never_asked_again(notice: Notice) -> None:
    attendee = event(replace(letter(notice), has_place=True))["ATTENDEE"]
    assert attendee.params["PARTSTAT"] == "ACCEPTED"


def test_the_organiser_is_the_networks_mailbox() -> None:
    assert str(event(LETTER)["ORGANIZER"]) == "mailto:netzwerk@example.org"


def test_place_and_link_are_where_calendars_look_for_them() -> None:
    found = event(LETTER)
    assert found["LOCATION"] == "Rathaus, Großer Saal / Videokonferenz"
    assert found["URL"] == "https://treffen.example.org/raum?a=1&b=2"
    assert str(found["CONFERENCE"]) == "https://treffen.example.org/raum?a=1&b=2"
    assert found["CONFERENCE"].params["FEATURE"] == "VIDEO"


def test_the_description_has_facts_and_no_letter() -> None:
    starts = NOW.replace(hour=8)
    agenda = (
        AgendaPoint(title="Begrüßung", starts_at=starts, ends_at=starts + timedelta(minutes=30)),
        AgendaPoint(title="Austausch", starts_at=starts + timedelta(minutes=30)),
        AgendaPoint(title="Ausblick"),
    )
    assert str(event(letter(agenda=agenda))["DESCRIPTION"]) == (
        "Tagesordnung:\n"
        "09:00 bis 09:30 Uhr: Begrüßung\n"
        "09:30 Uhr: Austausch\n"
        "Ausblick\n\n"
        "Zugang: https://treffen.example.org/raum?a=1&b=2\n"
        "Hinweis: Bitte Kopfhörer bereithalten."
    )


def test_a_meeting_of_which_nothing_more_is_known_has_no_description() -> None:
    assert "DESCRIPTION" not in event(letter(mode="in_person", access_hint=None))


def test_a_cancelled_entry_says_why_and_nothing_of_how_to_get_in() -> None:
    of = replace(letter(Notice.CANCELLATION), reasons=("Krankheit",))
    assert str(event(of)["DESCRIPTION"]) == "Grund: Krankheit"
    assert not {"URL", "CONFERENCE"} & set(event(of))
    assert "https://" not in "".join(unfolded(of))
    assert "Kopfhörer" not in "".join(unfolded(of))


def test_a_meeting_in_person_has_no_link() -> None:
    assert not {"URL", "CONFERENCE"} & set(event(letter(mode="in_person")))


@pytest.mark.parametrize("notice", list(Notice)[:3])
def test_a_second_parser_reads_it_as_well(notice: Notice) -> None:
    read = vobject.readOne(calendar(letter(notice)).decode())
    assert len(read.vevent_list) == 1
    assert read.vevent.uid.value == f"{MEETING_ID}@example.org"
    assert read.vevent.dtstart.value == LETTER.meeting.starts_at
    assert read.vevent.summary.value == "Netzwerktreffen im Frühjahr"


def test_a_parser_that_keeps_zones_reads_every_later_meeting_rightly() -> None:
    for year, month in ((2026, 12), (2027, 7), (2035, 7), (2021, 5), (2041, 12)):
        starts = datetime(year, month, 20, 8, 0, tzinfo=UTC)
        read = vobject.readOne(calendar(letter(starts_at=starts, ends_at=None)).decode())
        assert read.vevent.dtstart.value == starts


@pytest.mark.parametrize("day", range(26, 32))
def test_the_rules_of_the_zone_change_the_clocks_on_the_right_sunday(day: int) -> None:
    for month in (3, 10):
        starts = datetime(2027, month, day, 12, 0, tzinfo=UTC)
        read = vobject.readOne(calendar(letter(starts_at=starts, ends_at=None)).decode())
        assert read.vevent.dtstart.value == starts


@pytest.mark.parametrize("minutes", range(0, 240, 30))
def test_every_time_of_the_night_in_which_clocks_go_back_is_read_rightly(minutes: int) -> None:
    """From one to four, with two hours from two to three."""
    starts = datetime(2027, 10, 30, 23, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    both = [starts, starts + timedelta(hours=1)]
    of = letter(starts_at=both[0], ends_at=both[1])
    one = event(of)
    other = vobject.readOne(calendar(of).decode()).vevent
    # Times of different zones are never equal in that hour, so all are compared in UTC.
    assert [one[name].dt.astimezone(UTC) for name in ("DTSTART", "DTEND")] == both
    assert [at.value.astimezone(UTC) for at in (other.dtstart, other.dtend)] == both


def test_another_zone_is_described_as_well() -> None:
    of = letter(time_zone="Europe/Lisbon")
    assert unfolded(of).count("TZID:Europe/Lisbon") == 1
    assert event(of)["DTSTART"].dt == LETTER.meeting.starts_at


def test_a_zone_that_nobody_knows_is_read_as_the_networks_own() -> None:
    assert calendar(letter(time_zone="Europa/Bielefeld")) == calendar(LETTER)


@pytest.mark.parametrize(
    "evil",
    [
        "x\nATTENDEE:mailto:dritte@example.org",
        "x\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM",
        "END:VEVENT\nBEGIN:VEVENT",
        "a;b,c\\n\\d:e",
        '"; RSVP=TRUE:mailto:dritte@example.org',
        "^n^'",
        "ö" * 300,
        "\U0001f600" * 100,
    ],
)
def test_no_text_breaks_out_of_its_property(evil: str) -> None:
    of = letter(title=evil, venue=evil, access_hint=evil, online_platform=evil)
    of = replace(of, to=replace(of.to, name=evil), sender=replace(of.sender, name=evil))
    names = [line.partition(":")[0].partition(";")[0] for line in unfolded(of)]
    usual = [line.partition(":")[0].partition(";")[0] for line in unfolded(LETTER)]
    assert names == usual
    assert str(event(of)["ATTENDEE"]) == "mailto:integration@stadt.example.org"
    assert vobject.readOne(calendar(of).decode()).vevent.uid.value


def test_lines_are_folded_between_characters() -> None:
    raw = calendar(letter(title="ö" * 200, venue="\U0001f600" * 60))
    for line in raw.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_meeting_without_a_start_has_no_entry() -> None:
    with pytest.raises(ValueError, match="start"):
        calendar(letter(starts_at=None))
