"""Upkeep that every service has: migrate databases, rebuild read models, verify the store."""

from __future__ import annotations

import click
import sqlalchemy as sa

from eventkit.console import Console
from eventkit.erasure.commands import erasure
from eventkit.health import Readiness
from eventkit.migrate import migrate, migrate_keys
from eventkit.needs import to_follow
from eventkit.origins import ForeignEvents, Origin, OwnEvents
from eventkit.parking.commands import parked
from eventkit.progress import shown
from eventkit.readmodel import ReadModel
from eventkit.rebuild import rebuild
from eventkit.restoring.commands import RESTORED
from eventkit.settings_command import settings_command
from eventkit.transport import make_topic, open_feed
from eventkit.unfinished import fingerprint
from eventkit.verifying.commands import heads, verify_command


@click.command("migrate")
@click.pass_obj
def migrate_command(console: Console) -> None:
    """Bring databases and topic to the newest revision, as the databases' owner."""
    settings = console.need("migration_database_url", "migration_key_database_url")
    store, keys = str(settings.migration_database_url), str(settings.migration_key_database_url)
    if settings.allow_newer_database and Readiness(console.service, settings).is_newer():
        click.echo(f"{console.service.name} stays at the revision of a newer release.")
        return
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

    Those that follow another service read its feed from the beginning. One that was interrupted
    goes on where it was, unless the software is another one since.
    """
    models = _read_models(console)
    if unknown := sorted(set(names) - set(models)):
        known = ", ".join(sorted(models)) or "none"
        raise click.UsageError(f"No read model {', '.join(unknown)}; there are: {known}.")
    wanted = names or tuple(models)
    followed = {source for name in wanted if (source := models[name][1]) is not None}
    settings = console.need("migration_database_url", *to_follow(followed))
    owner = str(settings.migration_database_url)
    for name in wanted:
        model, source = models[name]
        origin, software = _origin(console, source), _software(model)
        with shown(name) as progress:
            count = rebuild(owner, origin, model, progress, software=software)
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


def _software(model: ReadModel) -> str:
    """What decides on the rows: the service, the events and how they are read."""
    return fingerprint(model.change.__module__.partition(".")[0], "contracts", "eventkit")


def _role_of(url: str) -> str:
    return str(sa.make_url(url).username)


UPKEEP = (
    migrate_command,
    rebuild_command,
    verify_command,
    heads,
    parked,
    erasure,
    *RESTORED,
    settings_command,
)
