"""The words of the page behind a personal link."""

from datetime import UTC, datetime, timedelta

from meetings.api.pages import when

STARTS = datetime(2027, 1, 7, 13, tzinfo=UTC)


def test_begin_and_end_are_written_as_in_the_mails() -> None:
    shown = when(STARTS, STARTS + timedelta(hours=2))
    assert shown == "Donnerstag, 7. Januar 2027, 14:00 bis 16:00 Uhr"


def test_a_meeting_of_several_days_names_both() -> None:
    shown = when(STARTS, STARTS + timedelta(days=1))
    both = "Donnerstag, 7. Januar 2027, 14:00 Uhr bis Freitag, 8. Januar 2027, 14:00 Uhr"
    assert shown == both


def test_a_meeting_without_an_end_names_its_begin_and_one_without_a_date_nothing() -> None:
    assert when(STARTS, None) == "Donnerstag, 7. Januar 2027, 14:00 Uhr"
    assert when(None, None) is None
