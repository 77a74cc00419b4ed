"""`make run`: all of Netztreff on this machine until Ctrl-C."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg

from local import run_file
from local.credentials import Credentials, load
from local.launch import Local
from local.ports import is_free
from local.processes import Command, StartFailed, stop
from local.settings import CHECKOUT, Settings

RENEW_SECONDS = 300
RETRY_SECONDS = 5
LOADER = CHECKOUT / "examples" / "load.py"
ENDED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """Somebody asked this run to end."""


def main() -> int:
    """Runs until asked to end; 0 after that, 1 or 78 with a sentence about what is wrong."""
    for number in ENDED_BY:
        signal.signal(number, _end)
    try:
        run(Settings.from_env(os.environ))
    except Ended:
        return os.EX_OK
    except StartFailed as failure:
        return _complain(str(failure), failure.code)
    except psycopg.Error as failure:
        reason = str(failure).strip().splitlines()[0]
        return _complain(f"The database server does not play along: {reason}", 1)
    except OSError as failure:
        return _complain(f"{failure.filename or 'This machine'}: {failure.strerror}.", 1)
    return os.EX_OK


def run(settings: Settings) -> None:
    started = time.monotonic()
    with only_run(settings.folder) as unclean, ExitStack() as ending:
        wait_for_ports(settings, seconds=15 if unclean else 0)
        credentials = load(settings.folder / "secrets" / "credentials.json")
        local = Local(settings=settings, credentials=credentials, ending=ending)
        for file in (settings.run_file, settings.starting_file):
            file.unlink(missing_ok=True)
            ending.callback(file.unlink, missing_ok=True)
        try:
            local.up()
            load_example(settings, credentials, ending)
            tokens = run_file.write(settings, credentials, settings.run_file)
            show(settings, tokens, time.monotonic() - started)
            stay(local, credentials)
        finally:
            announce_end()


@contextmanager
def only_run(folder: Path) -> Iterator[bool]:
    """Holds the folder for this process alone; says whether the run before was killed."""
    # It will hold mails and logs.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a+") as lock:
        lock.seek(0)
        before = lock.read()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise StartFailed(f"Netztreff runs already, as process {before}.") from taken
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield before != ""
        finally:
            lock.truncate(0)


def wait_for_ports(settings: Settings, seconds: float) -> None:
    """Refuses to start on a port in use, after letting what a killed run left behind end."""
    deadline = time.monotonic() + seconds
    while taken := [port for port in settings.ports() if not is_free(port)]:
        if time.monotonic() >= deadline:
            port = taken[0]
            raise StartFailed(
                f"Port {port} ({settings.ports()[port]}) is in use; end what uses it, or name "
                "another range: PORT_BASE=8500 make run"
            )
        time.sleep(0.1)


def load_example(settings: Settings, credentials: Credentials, ending: ExitStack) -> None:
    """Loads the example network once; a load that was broken off is done again from the start."""
    loaded = settings.folder / "example.loaded"
    if not settings.example or loaded.exists() or not LOADER.exists():
        return
    print("  Loading the example network ...", flush=True)
    run_file.write(settings, credentials, settings.starting_file)
    command: Command = [sys.executable, LOADER, settings.starting_file]
    process = subprocess.Popen(command, cwd=CHECKOUT, process_group=0)
    ending.callback(stop, [process])
    if process.wait():
        raise StartFailed(f"The example network could not be loaded (exit {process.returncode}).")
    settings.starting_file.unlink()
    loaded.touch()


def show(settings: Settings, tokens: dict[str, str], seconds: float) -> None:
    print(f"\nNetztreff runs, ready after {seconds:.0f} s. Ctrl-C ends it.\n")
    print(run_file.table(settings))
    print("\nTokens, good for 10 minutes (Authorization: Bearer …):\n")
    for role, token in tokens.items():
        print(f"  {role:<15} {token}")
    sys.stdout.flush()


def stay(local: Local, credentials: Credentials) -> NoReturn:
    """Keeps the tokens in the run file fresh until a part ends or somebody ends us."""
    renew_at = time.monotonic() + RENEW_SECONDS
    while True:
        time.sleep(0.5)
        if failure := local.ended():
            raise failure
        if time.monotonic() > renew_at:
            renew_at = time.monotonic() + renew(local.settings, credentials)


def renew(settings: Settings, credentials: Credentials) -> float:
    """Puts fresh tokens into the run file; returns the seconds until that is due again."""
    try:
        run_file.write(settings, credentials, settings.run_file)
    except StartFailed:
        # The registry's own supervisor is bringing it back.
        return RETRY_SECONDS
    return RENEW_SECONDS


def announce_end() -> None:
    """From here on nothing may interrupt, or processes would be left to the kernel."""
    for number in ENDED_BY:
        signal.signal(number, signal.SIG_IGN)
    print("\nEnding ...", flush=True)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Ended


def _complain(text: str, code: int) -> int:
    print(f"\n{text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
