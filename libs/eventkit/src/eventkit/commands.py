"""Upkeep that every service has: migrate databases, rebuild read models, verify the store."""

from __future__ import annotations

from functools import partial
from typing import Any

import click
import sqlalchemy as sa

from eventkit.console import Console
from eventkit.migrate import migrate, migrate_keys
from eventkit.origins import ForeignEvents, Origin, OwnEvents
from eventkit.parked_commands import parked
from eventkit.readmodel import ReadModel
from eventkit.rebuild import rebuild
from eventkit.settings import BadSettings, Settings
from eventkit.transport import make_topic, open_feed
from eventkit.verify import verify


@click.command("migrate")
@click.pass_obj
def migrate_command(console: Console) -> None:
    """Bring databases and topic to the newest revision, as the databases' owner."""
    settings = console.settings
    store, keys = _owner(settings), settings.migration_key_database_url
    if keys is None:
        raise BadSettings(["MIGRATION_KEY_DATABASE_URL is needed to migrate."])
    migrate_keys(keys, service_role=_role_of(settings.key_database_url))
    migrate(
        store,
        service_role=_role_of(settings.database_url),
        folder=console.service.migrations,
    )
    make_topic(console.service, settings)
    click.echo(f"{console.service.name} is at its newest revision.")


@click.command("rebuild")
@click.argument("names", nargs=-1, metavar="[READ_MODEL]...")
@click.pass_obj
def rebuild_command(console: Console, names: tuple[str, ...]) -> None:
    """Fill read models anew from their events, beside the live ones; all without names.

    Those that follow another service read its feed from the beginning.
    """
    models = _read_models(console)
    if unknown := sorted(set(names) - set(models)):
        known = ", ".join(sorted(models)) or "none"
        raise click.UsageError(f"No read model {', '.join(unknown)}; there are: {known}.")
    owner = _owner(console.settings)
    for name in names or models:
        model, source = models[name]
        with click.progressbar(length=1, label=name) as bar:
            count = rebuild(owner, _origin(console, source), model, partial(_show, bar))
        click.echo(f"{name}: {count} events")


def _read_models(console: Console) -> dict[str, tuple[ReadModel, str | None]]:
    """All of a service, each with the service that it follows where that is another one."""
    own = {model.name: (model, None) for model in console.service.read_models}
    followed = {
        model.name: (model, subscription.source)
        for subscription in console.service.subscriptions
        for model in subscription.read_models
    }
    return {**own, **followed}


def _origin(console: Console, source: str | None) -> Origin:
    if source is None:
        return OwnEvents(console.kit.store)
    return ForeignEvents(source, open_feed(console.settings, source))


@click.command("verify")
@click.pass_context
def verify_command(context: click.Context) -> None:
    """Check that no stored event was changed, moved or taken out; 1 when one was."""
    console = context.find_object(Console)
    assert console is not None  # noqa: S101  (main passes one)
    checked = faults = 0
    for stored, fault in verify(console.settings.database_url, console.kit.store):
        checked += 1
        if fault is not None:
            faults += 1
            click.echo(f"{stored.stream} version {stored.version}: {fault}")
    click.echo(f"{checked} events checked, {faults} faults.")
    if faults:
        context.exit(1)


def _show(bar: Any, done: int, of: int) -> None:
    bar.length = max(of, 1)
    bar.update(done - bar.pos)


def _owner(settings: Settings) -> str:
    if settings.migration_database_url is None:
        raise BadSettings(["MIGRATION_DATABASE_URL is needed: this is work of the owner's role."])
    return settings.migration_database_url


def _role_of(url: str) -> str:
    return str(sa.make_url(url).username)


UPKEEP = (migrate_command, rebuild_command, verify_command, parked)
