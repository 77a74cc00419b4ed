"""What roles and commands need of the settings, asked before anything of them starts."""

from __future__ import annotations

from collections.abc import Collection

from eventkit.console import Console
from eventkit.service import Service
from eventkit.settings import Settings

API, RELAY, CONSUMER, WORKER, ALL = "api", "relay", "consumer", "worker", "all"


class NothingToDo(Exception):
    """A role that this service, or this configuration, does not have."""


def settings_of(console: Console, role: str) -> Settings:
    """The environment in which the role starts; raises BadSettings and NothingToDo."""
    settings = console.need(*needed(console.service, role))
    single_roles(console.service, settings, role)
    return settings


def needed(service: Service, role: str) -> list[str]:
    """The fields of the settings without which the role cannot work."""
    wanted: set[str] = set()
    if role in (API, ALL) and not service.issues_tokens:
        wanted.add("registry_url")
    # A worker acknowledges the erasures that the consumer heard of.
    if role in (CONSUMER, WORKER, ALL):
        wanted |= to_follow({one.source for one in service.subscriptions})
    return sorted(wanted)


def to_follow(sources: Collection[str]) -> set[str]:
    """The fields that whoever asks other services for their events needs."""
    if not sources:
        return set()
    return {"registry_url", "client_id", "client_secret", *(f"{one}_url" for one in sources)}


def single_roles(service: Service, settings: Settings, role: str) -> tuple[str, ...]:
    """The roles behind a role's name; raises NothingToDo where there is none."""
    absent: dict[str, str] = {}
    if not settings.kafka_bootstrap_servers:
        absent[RELAY] = "There is nothing to relay to: KAFKA_BOOTSTRAP_SERVERS is empty."
    if not service.subscriptions:
        absent[CONSUMER] = f"{service.name} follows no other service, so it has no consumer."
    if role in absent:
        raise NothingToDo(absent[role])
    if role != ALL:
        return (role,)
    return tuple(name for name in (API, RELAY, CONSUMER, WORKER) if name not in absent)
