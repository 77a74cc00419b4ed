"""The command line of a service: roles, upkeep, its own commands; and how each of them may end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial

import click
import psycopg
import sqlalchemy as sa
import structlog

from eventkit import logs
from eventkit.chain import BrokenStream
from eventkit.commands import UPKEEP
from eventkit.console import Console
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.database import Unavailable
from eventkit.domain import Refusal
from eventkit.kafka.clients import TopicUnavailable
from eventkit.needs import NothingToDo, settings_of
from eventkit.process import RoleProcess
from eventkit.service import Service
from eventkit.settings import BadSettings
from eventkit.starting import CannotStart
from eventkit.web import PortTaken

_log = structlog.get_logger(component="run")
_ROLES = {
    "api": "Answer HTTP requests at HTTP_BIND.",
    "relay": "Publish the stored events to Kafka.",
    "consumer": "Follow the events of other services.",
    "worker": "Do the service's own work, such as sending mail.",
    "all": "All roles side by side; one that dies is started again.",
}
_AWAY = (
    Unavailable,
    TopicUnavailable,
    SourceUnavailable,
    psycopg.OperationalError,
    sa.exc.OperationalError,
)
_CODES: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
    ((BadSettings, NothingToDo, CannotStart), os.EX_CONFIG),
    (_AWAY, os.EX_TEMPFAIL),
    ((PortTaken, Refusal, BrokenStream), 1),
)
_KNOWN = tuple(kind for kinds, _ in _CODES for kind in kinds)
Tell = Callable[[str], None]


def main(service: Service) -> None:
    """Run the command line, and exit: 0, 1 where it failed, 75 try later, 78 bad setting."""
    sys.exit(guard(partial(_run, service), _print))


def command_line(service: Service) -> click.Group:
    """All commands of a service; each gets a Console as its object."""
    group = click.Group(
        service.name,
        help=f"The service {service.name} of Netztreff.\n\nRoles run until SIGTERM or Ctrl-C; "
        "/livez, /readyz and /metrics are at OPERATOR_BIND. Settings come from the environment; "
        "wrong ones are named, and end a command with code 78.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for role, text in _ROLES.items():
        run = click.pass_obj(partial(_run_role, role))
        group.add_command(click.Command(role, callback=run, help=text))
    for upkeep in (*UPKEEP, *service.commands):
        group.add_command(upkeep)
    return group


def guard(run: Callable[[], int | None], tell: Tell) -> int:
    """Run, and turn whatever it raises into one sentence and an exit code."""
    try:
        return run() or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except _KNOWN as error:
        tell(_sentence(error))
        return next(code for kinds, code in _CODES if isinstance(error, kinds))
    except Exception as error:
        _log.error("crashed", **logs.crash(error))
        tell(f"This is a bug: {type(error).__name__}; the log says where.")
        return 1


def _run(service: Service) -> int | None:
    arguments = sys.argv[1:] or ["--help"]
    code: int | None = command_line(service).main(
        arguments,
        prog_name=f"python -m {service.name}",
        obj=Console(service),
        standalone_mode=False,
    )
    return code


def _run_role(role: str, console: Console) -> int:
    settings = settings_of(console, role)
    logs.configure(service=console.service.name, role=role, level=settings.log_level)
    return RoleProcess(console.service, settings, role, partial(guard, tell=_report)).run()


def _print(sentence: str) -> None:
    click.echo(sentence, err=True)


def _report(sentence: str) -> None:
    _log.error("failed", cause=sentence)


def _sentence(error: Exception) -> str:
    if not isinstance(error, _AWAY):
        return str(error)
    cause = getattr(error, "orig", None) or error
    return f"What this needs does not answer: {cause}".partition("\n")[0]
