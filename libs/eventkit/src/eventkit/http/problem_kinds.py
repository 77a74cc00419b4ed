"""Kinds of problems: what each `code` means, and what its reader can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """What all problems of one code share; the title never says which thing they speak of."""

    title: str
    remedy: str
    statuses: tuple[int, ...]


def kind(title: str, remedy: str, *statuses: int) -> Kind:
    """A row of a table of kinds: title, what to do, and every status that it comes with."""
    return Kind(title, remedy, statuses)


def already(title: str) -> Kind:
    """Somebody did the same before: nothing is left to do."""
    return kind(title, "Read what is there; nothing has to be repeated.", 409)


def unknown(title: str, *statuses: int) -> Kind:
    """An id in the address (404) or in the body (422) names nothing."""
    remedy = "Check the id; what was created a moment ago may take seconds to be known here."
    return kind(title, remedy, *(statuses or (404,)))


KINDS: Mapping[str, Kind] = {
    "as-of-not-supported": kind(
        "Not shown as of a time",
        "Leave `as_of` and `known_at` out; only a thing with a history of its own takes them.",
        400,
    ),
    "bad-cursor": kind(
        "Cursor of another list", "Start again without a cursor; cursors are not for keeping.", 400
    ),
    "bad-idempotency-key": kind(
        "Malformed Idempotency-Key",
        'Send a string in quotes, such as "8e03978e-40d5", of 1 to 255 printable characters.',
        400,
    ),
    "bad-if-match": kind(
        "Malformed If-Match", "Send the ETag as you got it, with its quotes.", 400
    ),
    "bad-request": kind("Unreadable request", "Compare the request with the description.", 400),
    "bad-time": kind(
        "Malformed time", "Send RFC 3339 with a zone, and write a + in an address as %2B.", 400
    ),
    "broken-stream": kind(
        "History under examination",
        "Tell the operator; other things can be written. Nothing of this request was stored.",
        503,
    ),
    "forbidden": kind(
        "Not for this role", "Ask the organiser for a client with a role that may do this.", 403
    ),
    "idempotency-key-busy": kind(
        "First request still runs", "Wait a second and send the same request again.", 409
    ),
    "idempotency-key-required": kind(
        "Idempotency-Key missing", "Send a new key for every new wish, and keep it to repeat.", 400
    ),
    "idempotency-key-reused": kind(
        "Idempotency-Key of another request", "Take a new key for another body.", 422
    ),
    "insufficient-scope": kind(
        "Scope missing", "Ask for a token with the scope that WWW-Authenticate names.", 403
    ),
    "internal-error": kind(
        "Internal error", "Try again; if it stays, tell the operator the `instance`.", 500
    ),
    "invalid": kind(
        "Request does not fit its schema", "Correct what `errors` names, place by place.", 422
    ),
    "lost-acknowledged": kind("Acknowledged before", "There is nothing left to do.", 409),
    "method-not-allowed": kind(
        "Method not for this address", "Use one of the methods that Allow names.", 405
    ),
    "no-erasure-journal": kind(
        "No erasure journal", "Ask the operator to set ERASURE_JOURNAL; nothing was erased.", 409
    ),
    "not-found": kind(
        "Not found", "Check the address. What is not for you is answered in the same way.", 404
    ),
    "other-generation": kind(
        "Feed of another generation",
        "The store was restored; read on from the cursor in Link and mind what was lost.",
        409,
    ),
    "out-of-range": kind(
        "Value out of range", "A number or date is outside of what can be stored.", 422
    ),
    "overtaken": kind(
        "Overtaken by others", "Others changed the same thing at once; send the request again.", 409
    ),
    "parked-behind": kind(
        "Waits behind another event", "Deal with the first parked event of the stream.", 409
    ),
    "parked-erasure": kind("Erasure of a person", "Mend the cause, and retry.", 409),
    "parked-no-event": kind("No event of a stream", "Look at it, and discard it.", 409),
    "parked-not-next": kind(
        "Not the next event of its stream", "Mend the cause and retry, or discard it.", 409
    ),
    "person-erased": kind(
        "Person erased", "The personal data was erased on request and cannot come back.", 409
    ),
    "precondition-required": kind(
        "If-Match missing", "Read the thing, and send its ETag as If-Match.", 428
    ),
    "rate-limited": kind(
        "Too many requests", "Wait as many seconds as Retry-After says; see RateLimit.", 429
    ),
    "rebuild-runs": kind("Rebuild runs", "Wait until the rebuild has ended.", 409),
    "refused": kind("Refused", "Compare the request with the description.", 400),
    "stale-version": kind(
        "Changed meanwhile", "Read the thing again, decide again, and send the new ETag.", 412
    ),
    "store-suspect": kind(
        "Store under examination",
        "Reading works. Write again later; nothing of this request was stored.",
        503,
    ),
    "too-large": kind("Body too large", "Send less at once; the limit stands at the route.", 413),
    "unauthorized": kind(
        "Token missing or not valid",
        "Fetch a token at the registry's token endpoint and send it as Bearer.",
        401,
    ),
    "unavailable": kind(
        "Not available", "Wait as many seconds as Retry-After says, then send it again.", 503
    ),
    "unknown-cursor": kind(
        "Unknown place in the feed", "Read on from a cursor or event id of this feed.", 400
    ),
    "unknown-host": kind(
        "Unknown host", "Call the service by the name that its operator gave you.", 400
    ),
    "unknown-service": kind("Service without a part", "Name a service that follows this one.", 422),
    "unparsable": kind(
        "Unreadable body", "Send one JSON value in UTF-8, with every member named once.", 400
    ),
    "unsupported-media-type": kind(
        "Type not taken here", "Send the type that Accept names, without an encoding.", 415
    ),
    "weak-tag": kind(
        "Weak ETag",
        "Send the ETag without its W/. Where a proxy on the way weakens tags, tell it not to.",
        412,
    ),
}
