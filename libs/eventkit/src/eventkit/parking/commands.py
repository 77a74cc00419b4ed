"""`parked list|show|acts|retry|skip|discard`: what waits, why, and what is to become of it."""

from __future__ import annotations

from time import monotonic, sleep
from uuid import UUID, uuid4

import click

from contracts.operations import ParkedAct, ParkedTarget
from eventkit.console import Console
from eventkit.database import driver, session
from eventkit.domain import Conflict
from eventkit.parking.actions import (
    MOST_TARGETS,
    PARKED_ACTION,
    Act,
    acts,
    check,
    progress,
    requested,
)
from eventkit.parking.parked import REASONS, ParkedEvent, ParkedStream, parked_event, parked_streams
from eventkit.recorded import Context

ACTOR = "command-line"
WHY = "Why, for the audit, in at most 200 characters; no names, addresses or other personal data."
_id = click.argument("number", type=int, metavar="ID")
_why = click.option("--reason", "why", required=True, help=WHY)
_parked_for = click.option(
    "--parked-for", type=click.Choice(REASONS), help="Only what is parked for this reason."
)
_wait = click.option(
    "--wait", type=click.IntRange(0, 3600), default=10, show_default=True,
    help="Seconds to wait for the consumer, which carries it out in its next step.",
)  # fmt: skip


@click.group("parked")
def parked() -> None:
    """Events of other services that could not be handled, and those waiting behind them.

    A stream waits in order; all others go on. Whatever is done about it is the consumer's work, so
    these commands record what is wanted, as an event, and the consumer what became of it.
    """


@parked.command("list")
@click.option("--source", help="Of this service only.")
@_parked_for
@click.pass_obj
def list_parked(console: Console, source: str | None, parked_for: str | None) -> None:
    """One line a stream, the longest waiting first."""
    streams = _streams(console, source, parked_for)
    for one in streams:
        _show_stream(one)
    click.echo(f"{len(streams)} waiting.", err=True)


@parked.command("show")
@_id
@click.pass_obj
def show_parked(console: Console, number: int) -> None:
    """One event, with the message as it came."""
    found = _found(console, number)
    for name in ("source", "stream", "version", "type", "reason", "detail", "since"):
        click.echo(f"{name}: {getattr(found, name)}")
    click.echo(found.message.decode(errors="replace"))


@parked.command("acts")
@click.option("--source", help="About events of this service only.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.pass_obj
def list_acts(console: Console, source: str | None, limit: int) -> None:
    """Who wanted what done about which event, why, and what became of it; the last first."""
    with session(console.kit.engine) as connection:
        found = acts(driver(connection), source, limit)
    for one in found:
        _show_act(one)
    click.echo(f"{len(found)} acts.", err=True)


@parked.command("retry")
@click.argument("number", type=int, metavar="[ID]", required=False)
@click.option("--all", "every", is_flag=True, help="All streams, or those that filters name.")
@click.option("--source", help="With --all: of this service only.")
@_parked_for
@click.option(
    "--limit", type=click.IntRange(1, MOST_TARGETS), default=MOST_TARGETS, show_default=True,
    help="With --all: so many streams, those that wait the longest.",
)  # fmt: skip
@click.option("--reason", "why", help=WHY)
@click.option("--dry-run", is_flag=True, help="Only say which streams it would be.")
@_wait
@click.pass_obj
def retry_parked(console: Console, /, number: int | None, wait: int, **options: object) -> None:
    """Have the consumer handle the stream of this event again, in order; or many streams."""
    if (number is None) != bool(options["every"]):
        raise click.UsageError("Name one ID, or say --all.")
    why = checked(_text(options["why"]))
    streams = _streams(console, _text(options["source"]), _text(options["parked_for"]))
    if number is not None:
        streams = [one for one in streams if one.id == number]
    # What is no event of a stream can't be tried.
    streams = [one for one in streams if one.stream][: int(str(options["limit"]))]
    if number is not None and not streams:
        raise click.ClickException(f"No stream waits for an event that is parked as {number}.")
    if options["dry_run"]:
        for one in streams:
            _show_stream(one)
        click.echo(f"{len(streams)} would be tried again.", err=True)
    elif streams:
        targets = [ParkedTarget(parked_id=one.id, source=one.source) for one in streams]
        _ask(console, ParkedAct.RETRY, targets, why, wait)
    else:
        click.echo("Nothing is parked that this would try again.", err=True)


@parked.command("skip")
@_id
@_why
@_wait
@click.pass_obj
def skip_parked(console: Console, number: int, why: str, wait: int) -> None:
    """Pass this one event over: it has no effect here, and its stream goes on behind it.

    It is recorded as skipped, so that it leaves no gap, and a rebuild leaves it out as well.
    """
    _act(console, ParkedAct.SKIP, number, why, wait)


@parked.command("discard")
@_id
@_why
@_wait
@click.pass_obj
def discard_parked(console: Console, number: int, why: str, wait: int) -> None:
    """Forget all that is parked of this stream, and take it from its source again.

    What the source has comes back, in order; what was never its own is gone. Of what is no event,
    this one copy goes.
    """
    _act(console, ParkedAct.DISCARD, number, why, wait)


def _act(console: Console, act: ParkedAct, number: int, why: str, wait: int) -> None:
    checked(why)
    found = _found(console, number)
    try:
        check(act, found.stream, found.reason, found.type)
    except Conflict as refused:
        raise click.ClickException(refused.detail) from refused
    target = ParkedTarget(parked_id=number, source=found.source, revision=found.revision)
    _ask(console, act, [target], why, wait)


def checked(why: str | None) -> str | None:
    """The reason; raises UsageError where it is no line of text."""
    if why is not None and (not 1 <= len(why) <= 200 or not why.isprintable()):
        raise click.UsageError("The reason is one line of 1 to 200 characters.")
    return why


def _ask(
    console: Console, act: ParkedAct, targets: list[ParkedTarget], why: str | None, wait: int
) -> None:
    action_id = uuid4()
    command = requested(action_id, act, targets, why)
    console.kit.execute(PARKED_ACTION, action_id, command, context=Context(actor=ACTOR), expected=0)
    click.echo(f"Asked for {len(targets)}; the consumer does it in its next step ({action_id}).")
    _follow(console, action_id, monotonic() + wait)


def _follow(console: Console, action_id: UUID, until: float) -> None:
    """Say what becomes of each target, as it is done, until all are or the time is over."""
    told: set[int] = set()
    while True:
        with session(console.kit.engine) as connection:
            results = progress(driver(connection), action_id)
        for number, outcome, why in results:
            if outcome is not None and number not in told:
                told.add(number)
                because = f" ({why})" if why else ""
                click.echo(f"{len(told)}/{len(results)}\t{number}\t{outcome}{because}")
        if len(told) == len(results):
            return
        if monotonic() >= until:
            click.echo("Not done yet; `parked list` shows what is left.", err=True)
            return
        sleep(0.2)


def _streams(console: Console, source: str | None, parked_for: str | None) -> list[ParkedStream]:
    with session(console.kit.engine) as connection:
        streams = parked_streams(driver(connection))
    return [
        one for one in streams if source in (None, one.source) and parked_for in (None, one.reason)
    ]


def _found(console: Console, number: int) -> ParkedEvent:
    with session(console.kit.engine) as connection:
        found = parked_event(driver(connection), number)
    if found is None:
        raise click.ClickException(f"Nothing is parked as {number}.")
    return found


def _show_stream(one: ParkedStream) -> None:
    since = one.since.isoformat(timespec="seconds")
    what = one.stream or "(no event)"
    click.echo(f"{one.id}\t{one.source}\t{what}\t{one.reason}\t{one.events} events\t{since}")


def _show_act(one: Act) -> None:
    asked = one.asked_at.isoformat(timespec="seconds")
    became = f"{one.outcome or 'open'} ({one.why})" if one.why else one.outcome or "open"
    what = f"{one.act}\t{one.parked_id}\t{one.source}\t{became}"
    click.echo(f"{asked}\t{one.actor}\t{what}\t{one.reason or ''}")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
