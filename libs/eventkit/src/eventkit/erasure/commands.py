"""`erasure erase | export | certificate | replay`: a person's data, by one command each."""

from __future__ import annotations

from os import EX_TEMPFAIL
from uuid import UUID

import click

from contracts.erasure import ErasureReason
from eventkit.console import Console
from eventkit.erasure.certificate import certificate
from eventkit.erasure.eraser import Eraser, Request
from eventkit.erasure.export import export, readable
from eventkit.recorded import Context

_ACTOR = "command-line"
_REASONS = [reason.value for reason in ErasureReason]
_WAITS = "The store is suspect: keys are gone, events wait until `store-restored` was said."
_NOT_WHOLE = (
    "Lines of the journal are damaged or missing (see the log), and whoever they name is not"
    " erased: compare the file with its backup."
)


@click.group("erasure")
def erasure() -> None:
    """The personal data of one person, by id: give it out, erase it, prove that it is gone."""


@erasure.command("export")
@click.argument("person", type=click.UUID)
@click.pass_obj
def export_person(console: Console, person: UUID) -> None:
    """Print all that this service holds of a person as JSON, with where it came from."""
    click.echo(readable(export(console.kit, person)))


@erasure.command("erase")
@click.argument("person", type=click.UUID)
@click.option("--reason", type=click.Choice(_REASONS), required=True)
@click.pass_obj
def erase_person(console: Console, person: UUID, reason: str) -> None:
    """Erase a person whose data this service owns; it cannot be undone."""
    wish = Request(context=Context(actor=_ACTOR))
    _eraser(console).erase(person, ErasureReason(reason), wish)
    click.echo(f"{person} is erased; other processes forget the key within a minute.")
    click.echo(f"`erasure certificate {person}` says how far the other services are.")


@erasure.command("certificate")
@click.argument("person", type=click.UUID)
@click.pass_obj
def show_certificate(console: Console, person: UUID) -> None:
    """Print which services have cleared their part of a person, with counts and hashes."""
    click.echo(readable(certificate(console.kit, person)))


@erasure.command("replay")
@click.pass_obj
def replay(console: Console) -> None:
    """Carry out again what restored databases have forgotten; every start does the same.

    Ends with 75 where a suspect store lets it wait, with 1 where the journal is not whole.
    """
    replayed = _eraser(console).replay()
    if replayed.waits:
        click.echo(_WAITS, err=True)
    if not replayed.is_whole:
        click.echo(_NOT_WHOLE, err=True)
    if replayed.waits or not replayed.is_whole:
        raise SystemExit(EX_TEMPFAIL if replayed.is_whole else 1)
    click.echo("Whoever stands in the journal is erased.")


def _eraser(console: Console) -> Eraser:
    try:
        return Eraser(console.kit)
    except LookupError as error:
        raise click.ClickException(f"{error}.") from error
