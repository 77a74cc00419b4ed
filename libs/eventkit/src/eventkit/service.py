"""What a service consists of: the value that its composition root hands to the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventkit.domain import Aggregate
from eventkit.http.policy import Policy
from eventkit.http.problem_kinds import Kind
from eventkit.readmodel import ReadModel
from eventkit.recorded import Recorded
from eventkit.settings import Settings

if TYPE_CHECKING:
    import click
    import sqlalchemy as sa
    from prometheus_client.metrics_core import Metric

    from eventkit.auth.trust import Issuing
    from eventkit.erasure.holdings import Holding, People
    from eventkit.http.blueprint import Blueprint
    from eventkit.unit import Kit, Unit

React = Callable[["Unit", Recorded[Any]], None]
Step = Callable[["Kit"], bool]
# Metrics that a query gives; asked at each scrape, so it must be quick.
Gauges = Callable[["sa.Connection"], Iterable["Metric"]]


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Another service's events, and what they change here.

    `react` runs in the consumer's transaction, once in effect for every event.
    """

    source: str
    read_models: tuple[ReadModel, ...] = ()
    react: React | None = None


@dataclass(frozen=True)
class Worker:
    """A loop of its own. `step` says True when it did something and wants to go on at once.

    `every` is how many seconds to wait when it did nothing; without it, from 0.01 to 0.5.
    `close` finishes what steps began in threads of their own, before the process ends; it has some
    20 seconds for that.
    """

    name: str
    step: Step
    every: float | None = None
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, kw_only=True)
class Service:
    """A whole service. `policy` has a row for every endpoint; `settings` adds the service's own.

    `about` says in a sentence what it is; `problems` explains its codes, `words` are what examples
    are made of, and `sentences` names the .po file with the German of what it says.
    """

    name: str
    about: str = ""
    aggregates: tuple[Aggregate[Any, Any, Any], ...] = ()
    read_models: tuple[ReadModel, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    blueprints: tuple[Blueprint, ...] = ()
    policy: Mapping[str, Policy] = field(default_factory=dict)
    problems: Mapping[str, Kind] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    sentences: Path | None = None
    workers: tuple[Worker, ...] = ()
    migrations: Path
    commands: tuple[click.Command, ...] = ()
    gauges: tuple[Gauges, ...] = ()
    settings: type[Settings] = Settings
    issues_tokens: bool = False
    issuing: Issuing | None = None
    # What it knows of the register: ags, district_key, active (see eventkit.tenants).
    municipalities: sa.Table | None = None
    # Whose personal data it owns, and in which tables people stand, its own and those of others.
    people: People | None = None
    holdings: tuple[Holding, ...] = ()
    # What personal links of this service are for; without it, it takes none.
    links: str | None = None
