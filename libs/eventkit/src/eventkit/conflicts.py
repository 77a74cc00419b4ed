"""What an append can be refused for: somebody was faster, or the store is not what it was."""

from __future__ import annotations

from uuid import UUID

import psycopg

from eventkit.idempotency import KeyBusy, KeyTaken


class VersionConflict(Exception):
    """Somebody else appended to the stream first."""


class GenerationChanged(VersionConflict):
    """The store has begun another generation, `present`, since the command was decided."""

    def __init__(self, present: UUID) -> None:
        super().__init__(f"the store is in generation {present} now")
        self.present = present


class StoreSuspect(Exception):
    """The store may be older than what it has told others, so nothing is appended to it."""


REFUSALS = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.ObjectNotInPrerequisiteState,
)
_PLAIN: dict[str | None, type[Exception]] = {
    "events_stream_version": VersionConflict,
    "idempotency_key_kept": KeyTaken,
    "idempotency_key_busy": KeyBusy,
}


def refusal(error: psycopg.Error) -> Exception | None:
    """What the store's functions mean by one of REFUSALS; None where they did not raise it."""
    name, detail = error.diag.constraint_name, error.diag.message_detail or ""
    if name == "store_suspect":
        return StoreSuspect(detail)
    if name == "store_generation":
        return GenerationChanged(UUID(detail))
    kind = _PLAIN.get(name)
    return None if kind is None else kind()
