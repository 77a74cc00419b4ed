"""Erases people whose personal fields this service owns (decision 0016).

The order: a line in the journal, the event with everything that is cleared here, the key. Each
step may be the last one of a process; whoever comes next goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from contracts.erasure import ErasurePart, ErasureReason
from eventkit.conflicts import StoreSuspect, VersionConflict
from eventkit.crash_points import reach
from eventkit.database import Unavailable, driver, raw_session, session
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound
from eventkit.erasure.holdings import People
from eventkit.erasure.journal import Entry, Journal
from eventkit.erasure.parts import (
    Told,
    as_part,
    carry_out,
    erasure_of,
    held_of,
    keep_part,
    parts_of,
    settle,
    unsettled,
)
from eventkit.idempotency import Idempotency, KeyTaken
from eventkit.recorded import Context, Written
from eventkit.store import Pending
from eventkit.tables import ERASURES
from eventkit.unit import ATTEMPTS, Kit, StaleVersion

_log = structlog.get_logger(component="erasure")
Judge = Callable[[Any], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """Somebody's wish to erase a person: what they saw, and the key that repeats are known by."""

    context: Context
    expected: int | None = None
    idempotency: Idempotency | None = None
    judge: Judge | None = None


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What a replay could not do: obey a journal that is not whole, write to a suspect store."""

    is_whole: bool
    waits: bool


class Eraser:
    """The erasures of one service; raises LookupError for one that owns nobody's data."""

    def __init__(self, kit: Kit) -> None:
        if kit.people is None:
            raise LookupError(f"{kit.name} owns nobody's personal data")
        self._kit = kit
        self._people: People = kit.people

    def erase(self, person: UUID, reason: ErasureReason, request: Request) -> Written[Any]:
        """Erase somebody, and go on where an earlier attempt stopped.

        Raises what `judge` refuses, NotFound, StaleVersion, KeyReused, Conflict where no journal
        is kept, StoreSuspect, and Unavailable; then repeating it, or waiting, completes it.
        """
        if request.idempotency and (earlier := self._kit.earlier(request.idempotency)):
            self.finish(person)
            return earlier
        entry = Entry(person=person, service=self._kit.name, at=self._kit.now(), reason=reason)
        pending = self._decided(entry, request)
        if pending.events:
            if request.expected not in (None, pending.history.version):
                raise StaleVersion(pending.history.version)
            # From here on nothing refuses it any more.
            self._journal().append(entry)
            reach("eraser.journal_written")
        written = self._record(entry, replace(request, judge=None))
        self.finish(person)
        return written

    def finish(self, person: UUID) -> None:
        """Remove the key and take in the own part; for who was erased by an event already."""
        with session(self._kit.engine) as sql:
            row = erasure_of(sql, self._kit.name, person)
        if row is None or row["settled_at"] is not None:
            return
        self._remove_keys({str(person): row["erased_at"]})
        reach("eraser.key_deleted")
        if row["event_id"] is not None:
            self.take_in(person, as_part(row, self._kit.name))
        with session(self._kit.engine) as sql:
            settle(sql, self._kit.name, person, row["event_id"])
        reach("eraser.cleared")

    def take_in(self, person: UUID, part: ErasurePart) -> None:
        """Take what a service says of its part; with the last one the erasure is certified.

        Raises NotFound for who was not erased, Invalid for a service that holds nothing.
        """
        wanted = {self._kit.name, *self._people.holders}
        if part.service not in wanted:
            raise Invalid("unknown-service", "This service holds no part.", pointer="/service")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._take_in(person, part, wanted)
            except VersionConflict:
                if attempt == ATTEMPTS:
                    raise
            else:
                return

    def replay(self) -> Replayed:
        """Carry out again what restored databases have forgotten; raises Unavailable.

        Keys first, so that nothing opens; then the events. A suspect store has to wait for these.
        """
        journal = self._journal() if self._kit.settings.erasure_journal else None
        read, is_whole = journal.read() if journal else ([], True)
        entries = {entry.person: entry for entry in read}
        with session(self._kit.engine) as sql:
            known = self._known(sql)
        if journal:
            _write_lost(journal, [one for one in known.values() if one.person not in entries])
        everybody = known | entries
        removed = self._remove_keys({str(one.person): one.at for one in everybody.values()})
        missing = [one for one in entries.values() if one.person not in known]
        if removed or missing:
            _log.warning("erasures_replayed", keys=len(removed), events=len(missing))
        try:
            for entry in missing:
                self._record_again(entry)
            self._finish_all()
        except StoreSuspect:
            _log.error("erasures_wait", cause="the store is suspect", events=len(missing))
            return Replayed(is_whole=is_whole, waits=True)
        return Replayed(is_whole=is_whole, waits=False)

    def _finish_all(self) -> None:
        with session(self._kit.engine) as sql:
            waiting = [row["person"] for row in unsettled(sql, self._kit.name)]
        for person in waiting:
            self.finish(person)

    def _known(self, sql: sa.Connection) -> dict[UUID, Entry]:
        """The erasures that the store knows of."""
        own = sa.select(ERASURES).where(ERASURES.c.owner == self._kit.name)
        return {
            row["person"]: Entry(
                person=row["person"],
                service=self._kit.name,
                at=row["erased_at"],
                reason=ErasureReason(row["reason"]),
            )
            for row in sql.execute(own).mappings()
        }

    def _decided(self, entry: Entry, request: Request) -> Pending:
        """What there is to do, for this caller; raises NotFound."""
        with session(self._kit.engine) as sql:
            key = self._people.key(sql, entry.person)
        if key is None:
            raise NotFound("not-found", "There is no such thing here.")
        with raw_session(self._kit.engine) as raw:
            command = self._people.erase(entry.person, entry.reason)
            aggregate = self._aggregate(request.judge)
            return self._kit.decide(raw, aggregate, key, command, request.context, None)

    def _aggregate(self, judge: Judge | None) -> Aggregate[Any, Any, Any]:
        aggregate = self._people.aggregate
        return aggregate.judged(judge) if judge else aggregate

    def _record(self, entry: Entry, request: Request) -> Written[Any]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                written = self._append(entry, request)
            except KeyTaken:
                # The same call, at the same moment, was faster.
                request = replace(request, idempotency=None)
            except VersionConflict:
                if attempt == ATTEMPTS:
                    raise
            else:
                self._kit.tell(written.recorded)
                return written
        raise VersionConflict

    def _append(self, entry: Entry, request: Request) -> Written[Any]:
        kit, person = self._kit, entry.person
        with session(kit.engine) as sql, driver(sql).transaction():
            key, raw = self._people.key(sql, person), driver(sql)
            held = held_of(sql, kit.holdings, kit.name, person)
            command = self._people.erase(person, entry.reason)
            aggregate = self._people.aggregate
            pending = kit.decide(raw, aggregate, key, command, request.context, None)
            written = kit.write(raw, pending, request.idempotency)
            if written.recorded:
                carry_out(sql, kit.holdings, self._told(entry, written.recorded[0].event_id), held)
            return written

    def _told(self, entry: Entry, event_id: UUID | None) -> Told:
        return Told(
            owner=self._kit.name,
            person=entry.person,
            event_id=event_id,
            erased_at=entry.at,
            reason=entry.reason,
        )

    def _record_again(self, entry: Entry) -> None:
        """Append the event that a restored store has lost; of who is unknown here, note it."""
        context = Context(actor=f"service:{self._kit.name}", occurred_at=entry.at)
        with session(self._kit.engine) as sql:
            key = self._people.key(sql, entry.person)
        if key is not None:
            try:
                self._record(entry, Request(context=context))
            except NotFound:
                key = None
        if key is None:
            with session(self._kit.engine) as sql, driver(sql).transaction():
                carry_out(sql, self._kit.holdings, self._told(entry, None), held=0)

    def _take_in(self, person: UUID, part: ErasurePart, wanted: set[str]) -> None:
        context = Context(actor=f"service:{self._kit.name}")
        with self._kit.unit(context) as unit:
            row = erasure_of(unit.sql, self._kit.name, person, lock=True)
            if row is None or row["event_id"] is None:
                raise NotFound("not-found", "There is no such thing here.")
            keep_part(unit.sql, person, part)
            said = {
                one["service"]: as_part(one, one["service"]) for one in parts_of(unit.sql, person)
            }
            if wanted <= said.keys():
                key = self._people.key(unit.sql, person)
                command = self._people.certify(person, tuple(said[name] for name in sorted(wanted)))
                unit.execute(self._people.aggregate, key, command)

    def _remove_keys(self, people: dict[str, datetime]) -> list[str]:
        try:
            return self._kit.vault.erase(people)
        except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
            raise Unavailable(str(error).partition("\n")[0]) from error

    def _journal(self) -> Journal:
        path = self._kit.settings.erasure_journal
        if path is None:
            raise Conflict(
                "no-erasure-journal", "No journal is kept here that would outlive a restore."
            )
        return Journal(Path(path), self._kit.settings.chain_key)


def _write_lost(journal: Journal, lost: list[Entry]) -> None:
    """A new journal, or one from a backup, learns what the store knows."""
    if lost:
        _log.warning("erasure_journal_completed", lines=len(lost))
    for entry in lost:
        journal.append(entry)
