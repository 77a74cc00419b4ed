"""`store-restored` after a restore of the own store, and `lost` after one of another service's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click
import psycopg
import sqlalchemy as sa

from contracts.topics import topic
from eventkit.console import Console
from eventkit.consuming.incoming import Arrival
from eventkit.consuming.lost import lost_events
from eventkit.database import driver, session
from eventkit.kafka.reader import TopicReader
from eventkit.parking.commands import ACTOR, WHY, checked
from eventkit.recorded import Context
from eventkit.restoring.acknowledged import acknowledge
from eventkit.restoring.restored import Evidence, NotNow, begin, examine

UNPROVEN = (
    "Nothing proves how much of the present generation others have in common with this store, so "
    "all of it is told again; readers drop by id what they know. --fork-position narrows it."
)
NO_EVIDENCE = (
    "Nothing shows that this store was restored: it is not suspect, and no topic is ahead of it. "
    "If it was, say --yes; a generation more than needed loses nothing, but has others read all "
    "of the present one again."
)


@click.command("store-restored")
@click.option(
    "--fork-position",
    type=click.IntRange(0),
    metavar="N",
    help="The last position that the backup held. Without it: as far as the dump or the topic"
    " proves it, else where the present generation began, which is always safe.",
)
@click.option("--yes", is_flag=True, help="Go on although nothing shows that there was a restore.")
@click.pass_obj
def store_restored(console: Console, fork_position: int | None, yes: bool) -> None:
    """Say that this service's database was restored from a backup, as the databases' owner.

    The store begins another generation, under which it takes events again; who read the old one
    follows and learns what was lost. Prints a line for each event that the topic still has.
    """
    with psycopg.connect(_owner(console), autocommit=True) as connection:
        evidence = examine(connection, _topic(console))
        if not (evidence.is_restored or yes):
            raise click.ClickException(NO_EVIDENCE)
        try:
            fork = evidence.fork(fork_position)
            began = begin(connection, evidence, fork)
        except NotNow as error:
            raise click.ClickException(str(error)) from error
    _tell(evidence, str(began), fork)
    if fork_position is None and evidence.proven is None:
        click.echo(UNPROVEN, err=True)


@click.group("lost")
def lost() -> None:
    """Events of other services that their stores lost in a restore."""


@lost.command("list")
@click.pass_obj
def list_lost(console: Console) -> None:
    """One line an event; those with an effect had it here before the restore."""
    with session(console.kit.engine) as connection:
        found = lost_events(driver(connection))
    for one in found:
        effect = "had effect" if one.had_effect else "no effect"
        since = one.found_at.isoformat(timespec="seconds")
        seen = "acknowledged" if one.acknowledged_at else "new"
        which = f"{one.event_id}\t{one.source}\t{one.stream}\t{one.version}"
        click.echo(f"{which}\t{effect}\t{since}\t{seen}")
    click.echo(f"{len(found)} lost.", err=True)


@lost.command("show")
@click.argument("event_id", type=click.UUID, metavar="ID")
@click.pass_obj
def show_lost(console: Console, event_id: str) -> None:
    """One event, with what it said where a topic still had it."""
    with session(console.kit.engine) as connection:
        found = [one for one in lost_events(driver(connection)) if one.event_id == event_id]
    if not found:
        raise click.ClickException(f"No event {event_id} was lost, as far as is known here.")
    for one in found:
        for name in (
            "source",
            "stream",
            "version",
            "generation",
            "had_effect",
            "found_at",
            "acknowledged_at",
        ):
            click.echo(f"{name}: {getattr(one, name)}")
        click.echo((one.message or b"(only its id is known)").decode(errors="replace"))


@lost.command("acknowledge")
@click.argument("source")
@click.option("--reason", "why", required=True, help=WHY)
@click.pass_obj
def acknowledge_lost(console: Console, source: str, why: str) -> None:
    """Say that all that this service lost was seen to: the alarm ends, and the list stays."""
    checked(why)
    told = acknowledge(console.kit, source, why, Context(actor=ACTOR))
    if told is None:
        raise click.ClickException(f"{source} lost nothing that nobody has acknowledged.")
    click.echo(f"{told.events} acknowledged.")


def _tell(evidence: Evidence, began: str, fork: int) -> None:
    click.echo(f"generation\t{began}\tafter position {fork} of {evidence.present.id}")
    if evidence.suspicion is not None:
        click.echo(f"suspicion\t{evidence.suspicion}")
    for one in sorted(evidence.topic.lost, key=lambda one: one.position):
        click.echo(f"lost\t{one.position}\t{one.id}\t{one.type}\t{one.subject}\t{one.version}")


def _topic(console: Console) -> Iterator[Sequence[Arrival]]:
    """All that stands on the service's topic; nothing where there is no broker."""
    servers = console.settings.kafka_bootstrap_servers
    if not servers:
        return
    reader = TopicReader(servers, topic(console.service.name), look_every=0.2)
    reader.resume({})
    try:
        is_read = False
        while not is_read:
            batch = reader.poll(0.2)
            yield batch.arrivals
            is_read = batch.current
    finally:
        reader.close()


def _owner(console: Console) -> str:
    url = sa.make_url(str(console.need("migration_database_url").migration_database_url))
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


RESTORED = (store_restored, lost)
