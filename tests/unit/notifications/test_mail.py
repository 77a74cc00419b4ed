"""The mail as a whole: structure, headers, words, and nothing that a name could smuggle in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from contracts.events.notifications import Notice
from notifications.mail.letter import Addressee, BadAddress, Letter
from notifications.mail.message import message
from notifications.mail.wording import html, subject, text
from tests.unit.notifications.facts import DELIVERY_ID, LETTER, NOW, letter

EVIL = (
    "x\r\nBcc: dritte@example.org",
    "x\nBcc: dritte@example.org",
    "x\u2028Bcc: dritte@example.org",
    "x\x0bBcc: dritte@example.org",
    "x\x00y",
    "=?utf-8?q?=0d=0aBcc:_dritte@example.org?=",
    "=?utf-8?b?DQpCY2M6IGRyaXR0ZUBleGFtcGxlLm9yZw==?=",
    'Amt "für" <Integration>',
    "Amt, Stelle; Abteilung: eins",
    "ÄÖÜß 平和 \U0001f600 " * 12,
    "a" * 1000,
    "\r\n.\r\nMAIL FROM:<a@example.org>",
)


def parsed(of: Letter) -> EmailMessage:
    return message_from_bytes(message(of).as_bytes(), policy=SMTP)


def test_a_mail_has_words_and_calendar_and_the_calendar_as_a_file() -> None:
    mail = parsed(LETTER)
    alternative, attachment = mail.iter_parts()
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert mail.get_content_type() == "multipart/mixed"
    assert alternative.get_content_type() == "multipart/alternative"
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert attachment.get_content_type() == "application/ics"
    assert attachment.get_content_disposition() == "attachment"


def test_a_mail_goes_from_the_networks_mailbox_to_one_person() -> None:
    mail = parsed(LETTER)
    assert mail["From"].addresses[0].addr_spec == "netzwerk@example.org"
    assert [to.addr_spec for to in mail["To"].addresses] == ["integration@stadt.example.org"]
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_message_id_is_the_deliverys() -> None:
    assert parsed(LETTER)["Message-ID"] == f"<{DELIVERY_ID}@example.org>"
    later = replace(LETTER, sent_at=LETTER.sent_at + timedelta(hours=1))
    assert parsed(later)["Message-ID"] == parsed(LETTER)["Message-ID"]


@pytest.mark.parametrize("evil", EVIL)
def test_a_title_cannot_add_headers(evil: str) -> None:
    mail = parsed(letter(title=evil))
    assert sorted(mail.keys()) == sorted(parsed(LETTER).keys())
    assert mail["Bcc"] is None
    assert str(mail["Subject"]).isprintable()


@pytest.mark.parametrize("evil", EVIL)
def test_a_name_cannot_add_headers_or_recipients(evil: str) -> None:
    mail = parsed(replace(LETTER, to=replace(LETTER.to, name=evil)))
    assert sorted(mail.keys()) == sorted(parsed(LETTER).keys())
    assert [to.addr_spec for to in mail["To"].addresses] == [LETTER.to.email]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ohne-at",
        "a@b@example.org",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "<a@example.org>",
        "a@exa mple.org",
        "a@" + "x" * 64 + ".org",
        "a" * 65 + "@example.org",
        "a@example.org\n",
        "a@example.org.",
    ],
)
def test_an_address_that_is_more_or_less_than_one_is_refused(email: str) -> None:
    with pytest.raises(BadAddress):
        message(replace(LETTER, to=Addressee(email=email)))


def test_an_international_domain_is_written_in_ascii() -> None:
    mail = parsed(replace(LETTER, to=Addressee(email="amt@städte.example.org")))
    assert mail["To"].addresses[0].addr_spec == "amt@xn--stdte-hra.example.org"


def test_umlauts_in_a_long_subject_survive() -> None:
    title = "Ländlicher Raum: Möglichkeiten für größere Städte und über Kreisgrenzen hinaus"
    assert parsed(letter(title=title))["Subject"] == f"Einladung: {title} am 28. März 2027"


def test_the_text_says_when_how_and_where() -> None:
    said = text(LETTER)
    for words in (
        "Guten Tag Integrationsbeauftragte:r,",
        "Netzwerktreffen im Frühjahr",
        "Wann: Sonntag, 28. März 2027, 11:00 bis 15:00 Uhr",
        "Wie: vor Ort und digital",
        "Wo: Rathaus, Großer Saal",
        "Online: Videokonferenz",
        "Zugang: https://treffen.example.org/raum?a=1&b=2",
        "Hinweis: Bitte Kopfhörer bereithalten.",
        "Geschäftsstelle des Netzwerks",
    ):
        assert words in said


def test_a_digital_meeting_names_no_venue_and_one_in_person_no_link() -> None:
    assert "Wo:" not in text(letter(mode="digital"))
    assert "https://" not in text(letter(mode="in_person"))


def test_a_meeting_over_two_days_names_both() -> None:
    end = datetime(2027, 3, 29, 10, 0, tzinfo=UTC)
    assert "11:00 Uhr bis Montag, 29. März 2027, 12:00 Uhr" in text(letter(ends_at=end))


def test_in_the_hour_that_comes_twice_a_time_says_which_one_it_is() -> None:
    starts = datetime(2027, 10, 30, 23, 30, tzinfo=UTC)
    night = [starts + timedelta(hours=hour) for hour in range(4)]
    whole = letter(starts_at=night[0], ends_at=night[3])
    assert "Sonntag, 31. Oktober 2027, 01:30 bis 03:30 Uhr" in text(whole)
    both = letter(starts_at=night[1], ends_at=night[2])
    assert "02:30 (Sommerzeit) bis 02:30 (Winterzeit) Uhr" in text(both)


def test_a_meeting_without_mode_and_end_says_only_what_is_known() -> None:
    said = text(letter(mode=None, ends_at=None, venue=None, online_platform=None, join_url=None))
    assert "Wann: Sonntag, 28. März 2027, 11:00 Uhr\n" in said
    assert "Wie:" not in said


def test_each_notice_has_its_subject() -> None:
    begun = [subject(letter(notice)).split(":")[0] for notice in list(Notice)[:3]]
    assert begun == ["Einladung", "Änderung", "Abgesagt"]


def test_who_has_a_place_reads_so() -> None:
    confirmed = replace(letter(Notice.CONFIRMATION), has_place=True)
    assert subject(confirmed).startswith("Anmeldung bestätigt:")
    assert "haben einen Platz" in text(confirmed)
    assert "https://treffen.example.org" in text(confirmed)


def test_who_gave_the_place_back_reads_so() -> None:
    withdrawn = letter(Notice.WITHDRAWAL)
    assert subject(withdrawn).startswith("Abmeldung bestätigt:")
    assert "Sie sind von diesem Treffen abgemeldet" in text(withdrawn)
    assert "https://" not in text(withdrawn)


def test_an_update_says_what_changed_and_why() -> None:
    before = letter(starts_at=NOW, ends_at=NOW + timedelta(hours=1), mode="in_person").meeting
    reasons = ("Der Saal ist belegt.", "Schneefall")
    said = text(replace(letter(Notice.UPDATE), before=before, reasons=reasons))
    for words in (
        "Wann – bisher: Montag, 1. März 2027, 10:00 bis 11:00 Uhr"
        " / neu: Sonntag, 28. März 2027, 11:00 bis 15:00 Uhr\n",
        "Wie – bisher: vor Ort / neu: vor Ort und digital\n",
        "Online – bisher: keine Angabe / neu: Videokonferenz\n",
        "Geändert: Zugang (siehe unten)\n",
        "Grund: Der Saal ist belegt.\n",
        "Grund: Schneefall\n",
    ):
        assert words in said
    assert "Wo – bisher" not in said


def test_an_update_of_the_way_of_meeting_says_what_falls_away() -> None:
    said = text(replace(letter(Notice.UPDATE, mode="digital"), before=LETTER.meeting))
    assert "Wo – bisher: Rathaus, Großer Saal / neu: entfällt\n" in said


def test_a_cancellation_says_why_and_nothing_of_how_to_get_in() -> None:
    cancelled = replace(letter(Notice.CANCELLATION), reasons=("Zu wenige Anmeldungen",))
    raw = parsed(cancelled)
    for kind in ("plain", "html"):
        body = raw.get_body((kind,))
        assert body is not None
        said = body.get_content()
        assert "Zu wenige Anmeldungen" in said
        assert "https://" not in said
        assert "Kopfhörer" not in said
    assert "Grund: Zu wenige Anmeldungen\n" in text(cancelled)


def test_an_invitation_says_whom_to_turn_to() -> None:
    whom = "Geschäftsstelle des Netzwerks, netzwerk@example.org\n"
    assert f"\nFragen und Anmeldung: {whom}" in text(LETTER)
    assert f"\nFragen: {whom}" in text(letter(Notice.CANCELLATION))
    html = parsed(LETTER).get_body(("html",))
    assert html is not None
    assert "netzwerk@example.org" in html.get_content()


def test_html_is_escaped() -> None:
    mail = parsed(letter(title="<script>alert(1)</script>", join_url="https://a.org/'onclick='"))
    html = mail.get_body(("html",))
    assert html is not None
    content = html.get_content()
    assert "<script>" not in content
    assert "'onclick='" not in content


def test_every_line_of_a_mail_is_short_enough_for_smtp() -> None:
    raw = message(letter(title="a" * 1000, access_hint="ö" * 20_000)).as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_participant_finds_the_own_registration_in_both_forms_until_it_is_over() -> None:
    to = replace(LETTER.to, link="https://netz.example.org/r/ntl_abc?x=1&y='2")
    for notice in (Notice.CONFIRMATION, Notice.UPDATE):
        told = replace(LETTER, notice=notice, to=to)
        assert "https://netz.example.org/r/ntl_abc?x=1&y='2\n" in text(told)
        assert "href='https://netz.example.org/r/ntl_abc?x=1&amp;y=&#x27;2'" in html(told)
        guests = replace(told, to=replace(to, is_guest=True))
        for form in (text, html):
            assert "Ihre Angaben löschen" in form(guests)
            assert "löschen" not in form(told)
    over = replace(LETTER, notice=Notice.WITHDRAWAL, to=to)
    assert "ntl_abc" not in text(over) + html(over)
    assert "/r/" not in text(LETTER)
