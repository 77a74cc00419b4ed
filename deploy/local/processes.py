"""Child processes that are told apart by their pid and never outlive this process."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

Command = Sequence[str | os.PathLike[str]]
UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"'


class StartFailed(Exception):
    """Something could not be started; the text is for the person at the keyboard."""

    code = 1


class BadSetting(StartFailed):
    """A setting that can't be used; the text names it and what it takes."""

    code = 78


def spawn(
    command: Command,
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a process in a group of its own, so that Ctrl-C reaches only its parent.

    Must be called from the main thread: the kernel ends the child with the thread that made it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            _dying_with_parent(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=cwd,
            process_group=0,
        )


def stop(
    children: Iterable[subprocess.Popen[bytes]],
    *,
    how: signal.Signals = signal.SIGTERM,
    seconds: float = 30,
) -> None:
    """Asks all of them to end, waits for all of them, and kills what is left after that."""
    running = [child for child in children if child.poll() is None]
    for child in running:
        with suppress(ProcessLookupError):
            child.send_signal(how)
    deadline = time.monotonic() + seconds
    for child in running:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait_until(
    ready: Callable[[], bool],
    *,
    what: str,
    seconds: float,
    child: subprocess.Popen[bytes] | None = None,
) -> None:
    """Waits for a condition, and says so when the child ends or the time is over first."""
    deadline = time.monotonic() + seconds
    while not ready():
        if child is not None and child.poll() is not None:
            raise StartFailed(f"{what} ended with exit code {child.returncode} while starting.")
        if time.monotonic() > deadline:
            raise StartFailed(f"{what} was not ready after {seconds:.0f} seconds.")
        time.sleep(0.05)


def last_lines(log: Path, count: int = 5) -> str:
    """The end of a log, for a message about why something did not start."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])


def orphaned_never(command: Command) -> Command:
    """What runs the command once the kernel has been asked to end it with this process.

    Should this process have died before that, there would be no signal; hence the look at who
    the parent is by now.
    """
    return ["sh", "-c", UNLESS_ORPHANED, str(os.getpid()), *command]


def _dying_with_parent(command: Command) -> Command:
    """Has the kernel end the child when this process is killed; Linux only."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", *orphaned_never(command)] if setpriv else command
