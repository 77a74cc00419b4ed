"""Personal values, encrypted with a key per person that can be thrown away (P09).

A sealed value is a token that names its person, event and field; these are its associated data,
so that a token moved to another place does not open.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from os import urandom
from threading import Lock
from time import monotonic
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.dialects.postgresql import insert

from eventkit.domain import Conflict
from eventkit.tables import KNOWN_PEOPLE, PERSON_KEYS

_MARK = "sealed1"
_NONCE = 12
_ERASE = sa.text(
    "INSERT INTO person_keys AS k (person, wrapped, created_at, erased_at)"
    " SELECT n.person, NULL, n.at, n.at"
    " FROM unnest(CAST(:people AS text[]), CAST(:times AS timestamptz[])) AS n(person, at)"
    " WHERE NOT EXISTS (SELECT FROM person_keys o WHERE o.person = n.person"
    " AND o.wrapped IS NULL AND o.erased_at IS NOT NULL)"
    " ON CONFLICT (person) DO UPDATE"
    " SET wrapped = NULL, erased_at = coalesce(k.erased_at, excluded.erased_at)"
    " RETURNING person"
)


class Vault:
    """Seals and opens personal values. Keys are cached for a minute, so an erasure acts at once in
    the process that carries it out, and within a minute in all others."""

    def __init__(
        self, keys: sa.Engine, master_key: bytes, cached: timedelta = timedelta(seconds=60)
    ) -> None:
        self._keys = keys
        self._master = master_key
        self._seconds = cached.total_seconds()
        self._cache: dict[str, tuple[float, bytes | None]] = {}
        self._gone: set[str] = set()
        self._lock = Lock()

    def seal(self, person: str, event_id: UUID, field: str, plain: str) -> str:
        """Encrypt one value. The person's key is made, and committed, when it is the first.

        Raises Conflict for a person who was erased.
        """
        key = self._key(person) or self._new_key(person)
        place = f"{_MARK}:{person}:{event_id}:{field}"
        return f"{place}:{_b64(_encrypt(key, plain.encode(), place.encode()))}"

    def open(self, token: str | None) -> str | None:
        """The plain value, or None for an erased person and for None.

        Raises ValueError for what is no token of this vault.
        """
        if token is None:
            return None
        place, _, sealed = token.rpartition(":")
        parts = place.split(":")
        if len(parts) != 4 or parts[0] != _MARK:
            raise ValueError("not a sealed value")
        key = self._key(parts[1])
        if key is None:
            return None
        return _decrypt(key, urlsafe_b64decode(sealed), place.encode()).decode()

    def is_sealed(self, text: str, person: str = "") -> bool:
        """Whether this is a sealed value; with a person, one of theirs."""
        return text.startswith(f"{_MARK}:{person}:" if person else f"{_MARK}:")

    def erase(self, people: Mapping[str, datetime]) -> list[str]:
        """Remove the keys of people for good, each with the time of the erasure; commits.

        Names those who had one, or were not known as erased; nobody gets a new key afterwards.
        """
        with self._lock:
            self._gone.update(people)
            for person in people:
                self._cache.pop(person, None)
        if not people:
            return []
        values = {"people": list(people), "times": list(people.values())}
        with self._keys.begin() as connection:
            connection.execute(sa.delete(KNOWN_PEOPLE).where(KNOWN_PEOPLE.c.person.in_(people)))
            return list(connection.scalars(_ERASE, values))

    def erased(self, people: Iterable[str]) -> set[str]:
        """Those of them who were erased."""
        query = sa.select(PERSON_KEYS.c.person).where(
            PERSON_KEYS.c.person.in_(set(people)), PERSON_KEYS.c.erased_at.is_not(None)
        )
        with self._keys.connect() as connection:
            return set(connection.scalars(query))

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Encrypt a secret of the service itself with the master key."""
        return _encrypt(self._master, secret, purpose.encode())

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """The secret that was wrapped for this purpose; raises ValueError otherwise."""
        return _decrypt(self._master, wrapped, purpose.encode())

    def digest(self, text: str) -> str:
        """A keyed digest to look a personal value up by; not reversible without the master key."""
        return hmac.new(self._master, b"digest:" + text.encode(), sha256).hexdigest()

    def person(self, words: str) -> UUID:
        """The random id of whoever is known by these words; a new one when they are new here.

        Only a keyed digest of the words is kept, and it goes with the person's key: then nothing
        tells any more whose id it was, and the same words are those of somebody new.
        """
        row = {"digest": self.digest(words), "person": str(uuid4()), "since": sa.func.now()}
        known = insert(KNOWN_PEOPLE).values(row)
        # Whoever comes back is about to register, and must not be forgotten meanwhile.
        same = {"since": known.excluded.since}
        found = known.on_conflict_do_update(index_elements=["digest"], set_=same)
        with self._keys.begin() as connection:
            return UUID(connection.scalar(found.returning(KNOWN_PEOPLE.c.person)))

    def forget_strangers(self, after: timedelta = timedelta(days=1)) -> int:
        """Forget the ids of people of whom nothing was stored since; returns how many those were.

        Whoever asks for an id may be refused right after.
        """
        sealed = sa.exists().where(PERSON_KEYS.c.person == KNOWN_PEOPLE.c.person)
        since = KNOWN_PEOPLE.c.since < sa.func.now() - after
        with self._keys.begin() as connection:
            return connection.execute(sa.delete(KNOWN_PEOPLE).where(since, ~sealed)).rowcount

    def close(self) -> None:
        """Close the pool of the key database and forget all keys."""
        self._cache.clear()
        self._keys.dispose()

    def _key(self, person: str) -> bytes | None:
        with self._lock:
            if person in self._gone:
                return None
            cached = self._cache.get(person)
        if cached and cached[0] > monotonic():
            return cached[1]
        query = sa.select(PERSON_KEYS.c.wrapped).where(PERSON_KEYS.c.person == person)
        with self._keys.connect() as connection:
            wrapped = connection.scalar(query)
        return self._remember(person, wrapped and self.unwrap(wrapped, person))

    def _new_key(self, person: str) -> bytes:
        row = {
            "person": person,
            "wrapped": self.wrap(AESGCM.generate_key(256), person),
            "created_at": sa.func.now(),
        }
        with self._keys.begin() as connection:
            connection.execute(insert(PERSON_KEYS).values(row).on_conflict_do_nothing())
        with self._lock:
            self._cache.pop(person, None)
        key = self._key(person)
        if key is None:
            raise Conflict("person-erased", "The data of this person was erased.")
        return key

    def _remember(self, person: str, key: bytes | None) -> bytes | None:
        with self._lock:
            if person in self._gone:
                # Erased while the key was on its way.
                return None
            if len(self._cache) > 10_000:
                self._cache.clear()
            if key is not None:
                self._cache[person] = (monotonic() + self._seconds, key)
        return key


def _encrypt(key: bytes, plain: bytes, associated: bytes) -> bytes:
    nonce = urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, associated)


def _decrypt(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], associated)
    except InvalidTag as error:
        raise ValueError("sealed with another key, or for another place") from error


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()
