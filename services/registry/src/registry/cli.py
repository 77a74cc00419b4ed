"""Commands beside the roles: the first operator's client, and imports of the directory."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import click

from eventkit.console import Console
from eventkit.database import session
from eventkit.domain import Conflict
from eventkit.recorded import Context
from eventkit.unit import Kit
from registry.credentials import new_credentials
from registry.directory.plan import Changes, Plan, plan
from registry.directory.reading import Directory, read
from registry.directory.register import carry_out, present
from registry.domain.client import CLIENT, RegisterClient

ACTOR = "command-line"
# The one client whose id is known before it exists, so that it can be made only once.
FIRST_OPERATOR = "operator"
SHOWN_REFUSALS = 20


@click.command()
@click.pass_obj
def bootstrap(console: Console) -> None:
    """Make the first operator's client, once, and print its credentials as JSON."""
    credentials = new_credentials(FIRST_OPERATOR)
    command = RegisterClient(
        client_id=FIRST_OPERATOR,
        name="First operator",
        role="operator",
        secret_digest=credentials.digest,
    )
    try:
        console.kit.execute(CLIENT, FIRST_OPERATOR, command, context=Context(actor=ACTOR))
    except Conflict as refused:
        raise click.ClickException(
            "The first operator exists already; it can register further clients."
        ) from refused
    click.echo(
        json.dumps({"client_id": credentials.client_id, "client_secret": credentials.client_secret})
    )


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", is_flag=True, help="Change the register; without it, only look.")
@click.pass_obj
def import_directory(console: Console, file: Path, *, apply: bool) -> None:
    """Compare a GV100AD file with the register, and with --apply take it over."""
    directory = _read(file)
    with session(console.kit.engine) as connection:
        planned = plan(directory, present(connection))
    _tell(planned)
    if apply:
        _apply(console.kit, planned)
    else:
        click.echo("Nothing was changed. Repeat with --apply to change the register.")


def _read(file: Path) -> Directory:
    with (
        file.open("rb") as lines,
        click.progressbar(length=file.stat().st_size, label="Reading") as bar,
    ):
        return read(_counted(lines, bar.update))


def _counted(lines: BinaryIO, tick: Callable[[int], None]) -> Iterator[bytes]:
    for line in lines:
        tick(len(line))
        yield line


def _apply(kit: Kit, planned: Plan) -> None:
    total = len(planned.districts.commands) + len(planned.municipalities.commands)
    with click.progressbar(length=total, label="Applying") as bar:
        for settled in carry_out(kit, planned, Context(actor=ACTOR)):
            bar.update(settled)
    click.echo(f"{total} records changed.")


def _tell(planned: Plan) -> None:
    _tell_changes("Municipalities", planned.municipalities)
    _tell_changes("Districts", planned.districts)
    directory = planned.directory
    states = ", ".join(sorted(directory.states)) or "none"
    click.echo(f"States that the file holds whole: {states}")
    click.echo(f"Refused lines: {directory.refused_count}")
    for line in directory.refused[:SHOWN_REFUSALS]:
        click.echo(f"  line {line.number}: {line.reason}")
    if directory.refused_count > SHOWN_REFUSALS:
        click.echo(f"  and {directory.refused_count - SHOWN_REFUSALS} more")


def _tell_changes(label: str, changes: Changes) -> None:
    click.echo(
        f"{label}: {len(changes.new)} new, {len(changes.changed)} changed,"
        f" {len(changes.gone)} gone, {changes.unchanged} unchanged"
    )


COMMANDS = (bootstrap, import_directory)
