"""`parked list|show|retry`: what waits, why, and trying it again."""

from __future__ import annotations

import click

from eventkit.console import Console
from eventkit.database import driver, session
from eventkit.parking import ask_for_retry, parked_event, parked_streams


@click.group("parked")
def parked() -> None:
    """Events of other services that could not be handled, and those waiting behind them."""


@parked.command("list")
@click.pass_obj
def list_parked(console: Console) -> None:
    """One line a stream, the longest waiting first."""
    with session(console.kit.engine) as connection:
        streams = parked_streams(driver(connection))
    for one in streams:
        since = one.since.isoformat(timespec="seconds")
        what = one.stream or "(no event)"
        click.echo(f"{one.id}\t{one.source}\t{what}\t{one.reason}\t{one.events} events\t{since}")
    click.echo(f"{len(streams)} waiting.", err=True)


@parked.command("show")
@click.argument("number", type=int, metavar="ID")
@click.pass_obj
def show_parked(console: Console, number: int) -> None:
    """One event, with the message as it came."""
    with session(console.kit.engine) as connection:
        found = parked_event(driver(connection), number)
    if found is None:
        raise click.ClickException(f"Nothing is parked as {number}.")
    for name in ("source", "stream", "version", "type", "reason", "detail", "since"):
        click.echo(f"{name}: {getattr(found, name)}")
    click.echo(found.message.decode(errors="replace"))


@parked.command("retry")
@click.argument("number", type=int, metavar="ID")
@click.pass_obj
def retry_parked(console: Console, number: int) -> None:
    """Have the consumer handle the stream of this event again, in order."""
    with session(console.kit.engine) as connection:
        asked = ask_for_retry(driver(connection), number)
    if not asked:
        raise click.ClickException(f"No event of a stream is parked as {number}.")
    click.echo("The consumer tries it in its next step; `parked list` shows what became of it.")
