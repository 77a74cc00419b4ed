"""Every event once: one declaration gives the typed class, wire name and what is published."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from typing import (
    Annotated,
    Any,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from marshmallow.validate import Length

from contracts.topics import publisher

Text = Annotated[str, Length(min=1, max=200)]
LongText = Annotated[str, Length(min=1, max=20_000)]

# The day of the first release, with all that was declared until then.
FIRST_RELEASE = date(2026, 11, 21)

_NAME = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*\Z")
_RULES = re.compile(r"\s*\((?:[A-Z]+-?[0-9]+(?:, )?)+\)")
T = TypeVar("T")


@dataclass(frozen=True)
class Personal:
    """Marks a field that identifies a person; `of` names the field that holds the person's id.

    Such a field is encrypted with the person's key where it is stored and absent where the
    event is published. Its value is None when it was withheld or the person was erased.
    """

    of: str


@dataclass(frozen=True, kw_only=True)
class Deprecated:
    """Readers should go over to the event with the wire name `use`.

    `sunset` promises that none is published from that day on. An event that stands in streams
    already has none: who reads from the start meets it for ever.
    """

    since: date
    use: str
    sunset: date | None = None

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since:
            raise ValueError("An event ends after it was deprecated, not before.")


@dataclass(frozen=True, kw_only=True, eq=False)
class EventType:
    """One version of one event as the catalogue knows it; `since` is its first release."""

    name: str
    version: int
    cls: type[Any]
    is_published: bool
    personal: Mapping[str, str]
    since: date
    deprecated: Deprecated | None
    # The field with the id of the person whose personal data ended with this event.
    erases: str | None = None

    @property
    def wire(self) -> str:
        """The name on the wire, such as `meeting.scheduled.v1`."""
        return f"{self.name}.v{self.version}"

    @property
    def service(self) -> str:
        """The service that publishes it, or keeps it to itself."""
        return publisher(self.cls.__module__)

    @property
    def meaning(self) -> str:
        """Which fact it tells: the text of its declaration, without the numbers of our rules."""
        return " ".join(_RULES.sub("", self.cls.__doc__ or "").split())


class UnknownEvent(LookupError):
    """The catalogue has no event of this wire name or class."""


_by_wire: dict[str, EventType] = {}
_by_class: dict[type[Any], EventType] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type[T]) -> type[T]:
    """Make the class a frozen part that events are built from."""
    return dataclass(frozen=True, kw_only=True)(cls)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(
    name: str,
    *,
    version: int,
    published: bool = True,
    since: date = FIRST_RELEASE,
    deprecated: Deprecated | None = None,
    erases: str | None = None,
) -> Callable[[type[T]], type[T]]:
    """Enter the class into the catalogue; `published=False` keeps its whole stream private.

    `erases` names the field with the id of the person who is erased by it: every service that
    hears of it clears what it holds of them.
    """
    if not _NAME.match(name):
        raise ValueError(f"An event is named noun.participle, not {name!r}.")

    def declare(cls: type[T]) -> type[T]:
        frozen = value(cls)
        declared = EventType(
            name=name,
            version=version,
            cls=frozen,
            is_published=published,
            personal=_personal_fields(frozen),
            since=since,
            deprecated=deprecated,
            erases=erases,
        )
        if declared.wire in _by_wire:
            raise ValueError(f"{declared.wire} is declared twice.")
        _by_wire[declared.wire] = _by_class[frozen] = declared
        return frozen

    return declare


def find(wire: str) -> EventType:
    """Look an event up by its wire name; raises UnknownEvent."""
    try:
        return _by_wire[wire]
    except KeyError:
        raise UnknownEvent(wire) from None


def event_type(event: object) -> EventType:
    """Look an event or its class up; raises UnknownEvent."""
    cls = event if isinstance(event, type) else type(event)
    try:
        return _by_class[cls]
    except KeyError:
        raise UnknownEvent(cls.__name__) from None


def erased_person(event: object) -> str | None:
    """The id of the person whose personal data ended with this event; None for all others."""
    field = event_type(event).erases
    return None if field is None else str(getattr(event, field))


def wire(event: object) -> str:
    """The wire name of an event or event class."""
    return event_type(event).wire


def deprecation(wire: str) -> Deprecated | None:
    """What is to be said of an event that goes; None for one that is unknown or stays."""
    declared = _by_wire.get(wire)
    return declared.deprecated if declared else None


def published_by(service: str) -> list[EventType]:
    """The events that a service publishes, by wire name, all versions."""
    return [one for one in event_types() if one.is_published and one.service == service]


def event_types() -> list[EventType]:
    """All declared events by wire name; a module declares its events when it is imported."""
    return [_by_wire[name] for name in sorted(_by_wire)]


def newest(name: str) -> EventType:
    """The highest declared version of an event name; raises UnknownEvent."""
    versions = [declared for declared in _by_wire.values() if declared.name == name]
    if not versions:
        raise UnknownEvent(name)
    return max(versions, key=lambda declared: declared.version)


def _personal_fields(cls: type[Any]) -> dict[str, str]:
    hints = get_type_hints(cls, include_extras=True)
    found = {name: mark.of for name, hint in hints.items() for mark in _marks(hint)}
    for name, hint in hints.items():
        if any(map(_holds_mark, get_args(hint) if name in found else [hint])):
            raise TypeError(f"{cls.__name__}.{name}: Personal stands around a whole field.")
    optional = {f.name for f in fields(cls) if f.default is None and f.default is not MISSING}
    for name, of in found.items():
        if of not in hints or name not in optional:
            raise TypeError(
                f"{cls.__name__}.{name} is personal: it needs the default None "
                f"and a field {of!r} with the person's id."
            )
    return found


def _marks(hint: Any) -> list[Personal]:
    if get_origin(hint) is not Annotated:
        return []
    return [mark for mark in get_args(hint)[1:] if isinstance(mark, Personal)]


def _holds_mark(hint: Any) -> bool:
    """Whether a mark stands somewhere inside, where the forms would not see it."""
    parts = get_type_hints(hint, include_extras=True).values() if is_dataclass(hint) else ()
    return bool(_marks(hint)) or any(map(_holds_mark, (*get_args(hint), *parts)))
