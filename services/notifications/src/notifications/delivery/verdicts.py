"""What a mail that was requested some time ago still has to say, if anything. Pure."""

from __future__ import annotations

from datetime import datetime

from contracts.events.notifications import Notice
from notifications.domain.notices import Meeting, is_over
from notifications.projection.participants import Place


def pointless(
    notice: Notice, sequence: int, meeting: Meeting, now: datetime, *, place: Place | None
) -> str | None:
    """Why a mail about this version of the meeting needn't be sent any more."""
    if is_over(meeting, now):
        return "meeting_over"
    if place is Place.ERASED:
        return "person_erased"
    # Whoever gave the place back has no newer delivery, unless by registering anew.
    if notice is Notice.WITHDRAWAL:
        return "superseded" if place is Place.REGISTERED else None
    # What is late must not put the entry back that the withdrawal took away.
    if place is Place.WITHDRAWN or (
        notice is Notice.CONFIRMATION and place is not Place.REGISTERED
    ):
        return "superseded"
    # Whoever was told an older version has a newer delivery, or is to be told nothing more.
    return "superseded" if sequence < meeting.sequence else None


def as_it_reads(notice: Notice, *, told_before: bool, unconfirmed: bool) -> Notice:
    """To somebody whom the first mail never reached, a change reads like that one."""
    if notice is not Notice.UPDATE:
        return notice
    if unconfirmed:
        return Notice.CONFIRMATION
    return notice if told_before else Notice.INVITATION
