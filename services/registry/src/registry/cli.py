"""Commands beside the roles: the first operator's client, and imports of the directory."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import click

from eventkit.auth.keys import signing_key
from eventkit.auth.principal import SCOPES
from eventkit.console import Console
from eventkit.database import session
from eventkit.domain import Conflict
from eventkit.recorded import Context
from eventkit.unit import Kit
from registry.credentials import new_credentials
from registry.directory.plan import Plan, plan
from registry.directory.reading import Directory, read, require_usable
from registry.directory.register import carry_out, present
from registry.directory.report import report
from registry.domain.client import CLIENT, RegisterClient
from registry.signing_keys import NOTICE, generations, rotate

ACTOR = "command-line"
# The one client whose id is known before it exists, so that it can be made only once.
FIRST_OPERATOR = "operator"


@click.command()
@click.pass_obj
def bootstrap(console: Console) -> None:
    """Make the first operator's client, once, and print its credentials as JSON."""
    credentials = new_credentials(FIRST_OPERATOR)
    command = RegisterClient(
        client_id=FIRST_OPERATOR,
        name="First operator",
        role="operator",
        secret_id=credentials.secret_id,
        secret_digest=credentials.digest,
        scopes=SCOPES,
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
    # Opened before anything is said: a bad setting is found first.
    kit = console.kit
    directory = _read(file)
    require_usable(directory)
    with session(kit.engine) as connection:
        register = present(connection)
    planned = plan(directory, register)
    for line in report(planned, register):
        click.echo(line)
    if apply:
        _apply(kit, planned)
    elif planned.size:
        click.echo("Nothing was changed. Repeat with --apply to change the register.")
    else:
        click.echo("There is nothing to change.")


@click.group()
def keys() -> None:
    """The keys that tokens are signed with."""


@keys.command("list")
@click.pass_obj
def list_keys(console: Console) -> None:
    """Name the keys that verify tokens now, and when each of them signs."""
    with session(console.kit.engine) as connection:
        kept = generations(connection)
    for one in kept:
        kid = signing_key(console.settings.master_key, one.number).kid
        until = f", ends {_moment(one.ends_at)}" if one.ends_at else ""
        click.echo(f"{one.number} {kid} signs from {_moment(one.signs_from)}{until}")


@keys.command("rotate")
@click.option(
    "--now", "at_once", is_flag=True, help="Sign with the new key at once, before others know it."
)
@click.pass_obj
def rotate_keys(console: Console, *, at_once: bool) -> None:
    """Make a new key. It is published at once and signs after ten minutes."""
    notice = timedelta() if at_once else NOTICE
    made = rotate(console.kit.engine, console.kit.now(), notice)
    click.echo(f"Key {made.number} signs from {_moment(made.signs_from)} on.")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


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
    with click.progressbar(length=planned.size, label="Applying") as bar:
        for settled in carry_out(kit, planned, Context(actor=ACTOR)):
            bar.update(settled)
    click.echo(f"{planned.size} record{'' if planned.size == 1 else 's'} changed.")


COMMANDS = (bootstrap, import_directory, keys)
