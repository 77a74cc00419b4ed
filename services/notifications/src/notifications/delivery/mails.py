"""The worker that sends mails: claim a batch, fetch its addresses, send, record each outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

import sqlalchemy as sa
import structlog

from contracts.events.notifications import Channel, Notice, RecipientKind
from eventkit.crash_points import reach
from eventkit.unit import Kit
from notifications.delivery.addresses import AddressBook, AddressesUnavailable
from notifications.delivery.batch import Batch, batch_of, who_of
from notifications.delivery.caps import HELD, waits
from notifications.delivery.claims import Claims
from notifications.delivery.outcomes import abandoned, count_from_zero, failed, record, succeeded
from notifications.delivery.verdicts import as_it_reads, pointless
from notifications.domain.retries import Schedule
from notifications.mail.letter import Addressee, Letter, envelope_address
from notifications.mail.message import message
from notifications.mail.smtp import Postponed, Refused, Session, Unreachable, connected
from notifications.policy.people import meeting_before, meeting_of, reasons_since
from notifications.projection.participants import Place
from notifications.settings import settings_of

_log = structlog.get_logger(component="mails")

BATCH = 50
# No new mail is begun after this time, so that the worker can end when it is asked to.
BUDGET_SECONDS = 10.0
LEASE = timedelta(minutes=5)
OWNER_AWAY = timedelta(seconds=30)


class MailWorker:
    """Sends what is due. Opens nothing before its first step, so that it may be made anywhere."""

    def __init__(self) -> None:
        self._kit: Kit | None = None

    def step(self, kit: Kit) -> bool:
        """Send one batch; False when nothing is due."""
        if self._kit is not kit:
            self._kit = kit
            self._claims = Claims(kit, Channel.MAIL, LEASE)
            count_from_zero(Channel.MAIL)
            HELD.labels(Channel.MAIL.value)
            self._addresses = AddressBook(kit.settings)
        rows = self._claims.take(BATCH)
        if not rows:
            return False
        reach("mail.claimed")
        batch = self._capped(kit, self._pointed(kit, batch_of(kit, rows)))
        self._send_all(kit, self._addressed(kit, batch))
        return True

    def _pointed(self, kit: Kit, batch: Batch) -> Batch:
        """Put aside what makes no sense any more, or not yet."""
        kept = []
        for row in batch.rows:
            meeting = batch.meetings.get(row["meeting_id"])
            if meeting is None:
                self._claims.release([row["delivery_id"]], after=OWNER_AWAY)
            elif why := _pointless(kit, batch, row):
                self._abandon(kit, row, why)
            else:
                kept.append(row)
        return replace(batch, rows=kept)

    def _capped(self, kit: Kit, batch: Batch) -> Batch:
        """Put off what is too much for its recipient today."""
        waiting = waits(kit, batch.rows)
        for delivery_id, wait in waiting.items():
            self._claims.hold([delivery_id], wait)
        return replace(batch, rows=[row for row in batch.rows if row["delivery_id"] not in waiting])

    def _addressed(self, kit: Kit, batch: Batch) -> list[tuple[sa.RowMapping, Letter]]:
        """Letters to those who have an address; whose owner is away waits for a while."""
        by_owner = defaultdict(list)
        for row in batch.rows:
            # Who has a personal link waits for the meetings service as well, and nobody else does.
            owner = RecipientKind(row["recipient_kind"]), who_of(row) in batch.registered_as
            by_owner[owner].append(row)
        letters = []
        for (kind, _), rows in by_owner.items():
            try:
                known = self._known(batch, kind, rows)
            except AddressesUnavailable as error:
                _log.warning("addresses_unavailable", kind=kind.value, cause=str(error))
                waiting = [row["delivery_id"] for row in rows]
                self._claims.release(waiting, after=OWNER_AWAY)
                continue
            for row in rows:
                if to := known.get(row["delivery_id"]):
                    letters.append((row, _letter(kit, batch, row, to)))
                else:
                    self._abandon(kit, row, "no_address")
        return letters

    def _known(
        self, batch: Batch, kind: RecipientKind, rows: Sequence[sa.RowMapping]
    ) -> dict[UUID, Addressee]:
        """Whom each delivery goes to, with a personal link where a contact is registered."""
        known = self._addresses.look_up(kind, {row["recipient_id"] for row in rows})
        registered = {
            who: batch.registered_as[who] for who in map(who_of, rows) if who in batch.registered_as
        }
        links = self._addresses.links(registered.values()) if registered else {}
        own = {who: links[place] for who, place in registered.items() if place in links}
        return {
            row["delivery_id"]: replace(to, link=own.get(who_of(row), to.link))
            for row in rows
            if (to := known.get(row["recipient_id"]))
        }

    def _send_all(self, kit: Kit, letters: list[tuple[sa.RowMapping, Letter]]) -> None:
        waiting = dict.fromkeys(row["delivery_id"] for row, _ in letters)
        try:
            self._send_in_time(kit, letters, waiting)
        except Unreachable as error:
            _log.warning("mail_server_unreachable", cause=error.code)
            for row, _ in letters:
                if row["delivery_id"] in waiting:
                    record(kit, row, failed(kit, row, error.code, Schedule.MAIL_UNREACHABLE))
        # Also what was not begun in time; it is due at once.
        self._claims.release([row["delivery_id"] for row, _ in letters])

    def _send_in_time(
        self,
        kit: Kit,
        letters: list[tuple[sa.RowMapping, Letter]],
        waiting: dict[UUID, None],
    ) -> None:
        if not letters:
            return
        settings, until = settings_of(kit), monotonic() + BUDGET_SECONDS
        with connected(settings.smtp_url, own_name=settings.sender.domain) as mail_server:
            for row, letter in letters:
                if monotonic() > until:
                    return
                _send(kit, mail_server, row, letter)
                del waiting[row["delivery_id"]]

    def _abandon(self, kit: Kit, row: sa.RowMapping, code: str) -> None:
        record(kit, row, abandoned(row, code, tried=False))
        self._claims.release([row["delivery_id"]])


def _send(kit: Kit, mail_server: Session, row: sa.RowMapping, letter: Letter) -> None:
    """Send one mail and record what became of it; raises Unreachable when the server is lost."""
    try:
        mail, to = message(letter), envelope_address(letter.to)
    except ValueError:
        record(kit, row, abandoned(row, "address_refused", tried=False))
        return
    try:
        mail_server.send(mail, sender=letter.sender.mailbox, to=to)
        reach("mail.accepted")
    except Refused as error:
        record(kit, row, abandoned(row, error.code, tried=True))
    except Postponed as error:
        record(kit, row, failed(kit, row, error.code, Schedule.MAIL_POSTPONED))
    else:
        record(kit, row, succeeded(row))
        reach("mail.recorded")


def _pointless(kit: Kit, batch: Batch, row: sa.RowMapping) -> str | None:
    return pointless(
        Notice(row["notice"]),
        row["sequence"],
        meeting_of(batch.meetings[row["meeting_id"]]),
        kit.now(),
        place=batch.places.get(who_of(row)),
    )


def _letter(kit: Kit, batch: Batch, row: sa.RowMapping, to: Addressee) -> Letter:
    who, meeting = who_of(row), batch.meetings[row["meeting_id"]]
    known = batch.told_before.get(who)
    has_place = batch.places.get(who) is Place.REGISTERED
    notice = as_it_reads(
        Notice(row["notice"]),
        told_before=known is not None,
        unconfirmed=has_place and who not in batch.confirmed,
    )
    return Letter(
        delivery_id=row["delivery_id"],
        notice=notice,
        has_place=has_place,
        meeting=meeting_of(meeting),
        to=to,
        sender=settings_of(kit).sender,
        sent_at=kit.now(),
        before=None if known is None else meeting_before(meeting, known),
        reasons=_reasons(notice, meeting, known),
        withdrawals=batch.withdrawals.get(who, 0),
    )


def _reasons(notice: Notice, meeting: sa.RowMapping, known: int | None) -> tuple[str, ...]:
    """A cancellation has one reason; an update may catch up with several."""
    if notice is Notice.CANCELLATION:
        return reasons_since(meeting, meeting["sequence"] - 1)
    if notice is Notice.UPDATE and known is not None:
        return reasons_since(meeting, known)
    return ()
