"""`settings [ROLE]`: look whether a role or command would start with this environment."""

from __future__ import annotations

import click

from eventkit.console import Console
from eventkit.needs import ALL, API, CONSUMER, RELAY, WORKER, settings_of
from eventkit.settings import declared


@click.command("settings")
@click.argument("role", type=click.Choice([API, RELAY, CONSUMER, WORKER, ALL]), default=ALL)
@click.pass_obj
def settings_command(console: Console, role: str) -> None:
    """Check all settings, and print them without the secrets; 78 and every fault where not."""
    settings_of(console, role)
    for _, one in declared(console.service.settings):
        click.echo(f"{one.name}\t{console.shown(one)}")
