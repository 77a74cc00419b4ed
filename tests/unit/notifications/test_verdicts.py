"""What a mail that was requested some time ago still has to say."""

from dataclasses import replace

import pytest

from contracts.events.notifications import Notice
from notifications.delivery.verdicts import as_it_reads, pointless
from notifications.projection.participants import Place
from tests.unit.notifications.facts import MEETING, NOW, SOON


def verdict(notice: Notice, *, sequence: int = 0, place: Place | None = None) -> str | None:
    return pointless(notice, 0, replace(MEETING, sequence=sequence), NOW, place=place)


@pytest.mark.parametrize("notice", list(Notice)[:3])
def test_a_mail_about_the_present_version_is_sent(notice: Notice) -> None:
    assert verdict(notice) is None


def test_a_mail_about_an_older_version_is_superseded() -> None:
    assert verdict(Notice.UPDATE, sequence=1) == "superseded"
    assert verdict(Notice.CONFIRMATION, sequence=1, place=Place.REGISTERED) == "superseded"


def test_a_farewell_goes_out_whatever_changed_meanwhile() -> None:
    assert verdict(Notice.WITHDRAWAL, sequence=1) is None


def test_who_changed_the_mind_hears_of_the_last_decision_only() -> None:
    assert verdict(Notice.CONFIRMATION, place=Place.WITHDRAWN) == "superseded"
    assert verdict(Notice.WITHDRAWAL, place=Place.REGISTERED) == "superseded"


@pytest.mark.parametrize("notice", [Notice.INVITATION, Notice.UPDATE])
def test_nothing_that_is_late_puts_an_entry_back_that_was_taken_away(notice: Notice) -> None:
    assert verdict(notice, place=Place.WITHDRAWN) == "superseded"
    assert verdict(notice, place=Place.WAITING) is None


def test_a_mail_about_a_past_meeting_makes_no_sense() -> None:
    late = NOW + 2 * SOON
    for notice in (Notice.UPDATE, Notice.WITHDRAWAL):
        assert pointless(notice, 0, MEETING, late, place=None) == "meeting_over"


@pytest.mark.parametrize("notice", [one for one in Notice if one is not Notice.EVENT])
def test_who_was_told_before_reads_the_notice_as_it_is(notice: Notice) -> None:
    assert as_it_reads(notice, told_before=True, unconfirmed=False) is notice


def test_to_whom_nothing_came_yet_a_change_reads_as_an_invitation() -> None:
    for notice, read in (
        (Notice.UPDATE, Notice.INVITATION),
        (Notice.CANCELLATION, Notice.CANCELLATION),
    ):
        assert as_it_reads(notice, told_before=False, unconfirmed=False) is read


def test_to_whom_no_confirmation_came_yet_a_change_reads_as_one() -> None:
    for told_before in (True, False):
        read = as_it_reads(Notice.UPDATE, told_before=told_before, unconfirmed=True)
        assert read is Notice.CONFIRMATION
