"""What a mail that was requested some time ago still has to say, if anything. Pure."""

from __future__ import annotations

from datetime import datetime

from contracts.events.notifications import Notice
from notifications.domain.notices import Meeting, is_over


def pointless(meeting: Meeting, sequence: int, now: datetime) -> str | None:
    """Why a mail about this version of the meeting needn't be sent any more."""
    if is_over(meeting, now):
        return "meeting_over"
    # Whoever was told an older version has a newer delivery, or is to be told nothing more.
    if sequence < meeting.sequence:
        return "superseded"
    return None


def as_it_reads(notice: Notice, *, told_before: bool) -> Notice:
    """To somebody whom the invitation never reached, a change reads as an invitation."""
    if notice is Notice.UPDATE and not told_before:
        return Notice.INVITATION
    return notice
