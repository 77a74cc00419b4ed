"""What a mail that was requested some time ago still has to say."""

from dataclasses import replace

import pytest

from contracts.events.notifications import Notice
from notifications.delivery.verdicts import as_it_reads, pointless
from tests.unit.notifications.facts import MEETING, NOW, SOON


def test_a_mail_about_the_present_version_is_sent() -> None:
    assert pointless(MEETING, 0, NOW) is None


def test_a_mail_about_an_older_version_is_superseded() -> None:
    assert pointless(replace(MEETING, sequence=2), 1, NOW) == "superseded"


def test_a_mail_about_a_past_meeting_makes_no_sense() -> None:
    assert pointless(MEETING, 0, NOW + 2 * SOON) == "meeting_over"


@pytest.mark.parametrize("notice", list(Notice)[:3])
def test_who_was_told_before_reads_the_notice_as_it_is(notice: Notice) -> None:
    assert as_it_reads(notice, told_before=True) is notice


def test_to_whom_nothing_came_yet_a_change_reads_as_an_invitation() -> None:
    assert as_it_reads(Notice.UPDATE, told_before=False) is Notice.INVITATION
    assert as_it_reads(Notice.CANCELLATION, told_before=False) is Notice.CANCELLATION
