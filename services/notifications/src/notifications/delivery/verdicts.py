"""What a mail that was requested some time ago still has to say, if anything. Pure."""

from __future__ import annotations

from datetime import datetime

from contracts.events.notifications import Notice
from notifications.domain.notices import Meeting, is_over


def pointless(
    notice: Notice, sequence: int, meeting: Meeting, now: datetime, *, has_place: bool
) -> str | None:
    """Why a mail about this version of the meeting needn't be sent any more."""
    if is_over(meeting, now):
        return "meeting_over"
    # Whoever gave the place back has no newer delivery, unless by registering anew.
    if notice is Notice.WITHDRAWAL:
        return "superseded" if has_place else None
    # Whoever was told an older version has a newer delivery, or is to be told nothing more.
    if sequence < meeting.sequence or (notice is Notice.CONFIRMATION and not has_place):
        return "superseded"
    return None


def as_it_reads(notice: Notice, *, told_before: bool, unconfirmed: bool) -> Notice:
    """To somebody whom the first mail never reached, a change reads like that one."""
    if notice is not Notice.UPDATE:
        return notice
    if unconfirmed:
        return Notice.CONFIRMATION
    return notice if told_before else Notice.INVITATION
