"""`verify` and `heads`: is the store what it was, and what was signed of it."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from eventkit.console import Console
from eventkit.database import driver, session
from eventkit.progress import shown
from eventkit.verifying.exports import lines_of, newest
from eventkit.verifying.signed import Statement, checked, key_of, opened, public
from eventkit.verifying.verify import Report, verify

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("verify")
@click.option("--heads", type=_FILE, help="Compare with this file of exported heads as well.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as one JSON object.")
@click.pass_context
def verify_command(context: click.Context, heads: Path | None, as_json: bool) -> None:
    """Check that no stored event was changed, moved or taken out; 1 when one was."""
    console = _console(context)
    kit, exported = console.kit, _exported(heads) if heads else []
    with shown("verify", err=True) as show:
        report = verify(kit, exported, show)
    (_as_json if as_json else _as_text)(console.service.name, report)
    if report.findings:
        context.exit(1)


@click.group("heads", invoke_without_command=True)
@click.pass_context
def heads(context: click.Context) -> None:
    """The newest signed head: what was stored, up to which position, and its digest."""
    if context.invoked_subcommand is not None:
        return
    console = _console(context)
    with session(console.kit.engine) as connection:
        text = newest(driver(connection))
    if text is None:
        raise click.ClickException("No head was signed yet; the role worker does it.")
    _tell(opened(text, key_of(console.settings.chain_key)))
    click.echo(text)


@heads.command("key")
@click.pass_obj
def show_key(console: Console) -> None:
    """The public key of the heads (a JWK), for whoever shall check them without us."""
    click.echo(json.dumps(public(key_of(console.settings.chain_key))))


@heads.command("verify")
@click.argument("file", type=_FILE)
@click.option("--key", type=_FILE, help="The public key; without it, the service's own.")
@click.pass_context
def verify_heads(context: click.Context, file: Path, key: Path | None) -> None:
    """Check signatures and order of a file of heads; 1 when a line cannot be believed.

    With --key it needs no setting and no database.
    """
    found = _key(key) if key else key_of(_console(context).settings.chain_key)
    last, faults, lines = None, 0, lines_of(file)
    for number, statement, fault in checked(lines, found):
        last = statement or last
        if fault is not None:
            faults += 1
            click.echo(f"line {number}: {fault}")
    click.echo(f"{len(lines)} lines checked, {faults} faults.")
    if last is not None:
        _tell(last)
    if faults or last is None:
        context.exit(1)


def _exported(file: Path) -> list[str]:
    lines = lines_of(file)
    if not lines:
        raise click.ClickException(f"{file} holds no head, so there is nothing to compare with.")
    return lines


def _as_text(_: str, report: Report) -> None:
    for note in report.notes:
        click.echo(f"Note: {note}")
    for finding in report.findings:
        click.echo(str(finding))
    if report.followed < report.position:
        text = f"Heads are kept up to position {report.followed} of {report.position}"
        click.echo(f"Note: {text}; an end cut off after that is not seen.")
    count = f"{report.events} events of {report.streams} streams checked"
    click.echo(f"{count}, {len(report.findings)} faults.")


def _as_json(service: str, report: Report) -> None:
    told = {"service": service, **msgspec.to_builtins(report)}
    click.echo(json.dumps(told, ensure_ascii=False))


def _tell(statement: Statement) -> None:
    for name, value in msgspec.to_builtins(statement).items():
        click.echo(f"{name}: {'-' if value is None else value}")


def _key(path: Path) -> OKPKey:
    try:
        return OKPKey.import_key(json.loads(path.read_text("utf-8")))
    except (JoseError, ValueError, KeyError) as error:
        raise click.ClickException(f"{path} is no public key of heads.") from error


def _console(context: click.Context) -> Console:
    console = context.find_object(Console)
    assert console is not None  # noqa: S101  (main passes one)
    return console
