"""A single Apache Kafka broker from Maven Central's jars and this machine's Java.

`python -m local.kafka` runs one in the foreground, with its data under var/kafka.
"""

import argparse
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from local.ports import LOOPBACK, answers, free_port
from local.processes import Command, StartFailed, last_lines, spawn, stop, wait_until

CHECKOUT = Path(__file__).parents[2]
FILES = CHECKOUT / "deploy" / "broker"
CACHE = CHECKOUT / ".cache"
JAVA_OPTIONS = (
    "-Xms64m",
    "-Xmx320m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Broker:
    process: subprocess.Popen[bytes]
    bootstrap: str

    def stop(self) -> None:
        stop([self.process])


def version() -> str:
    found = re.search(r"<kafka\.version>(.+)</", (FILES / "pom.xml").read_text("utf-8"))
    if found is None:
        raise StartFailed("deploy/broker/pom.xml names no kafka.version.")
    return found[1]


def start(data: Path, *, port: int, log: Path, tell: Tell, advertised: int | None = None) -> Broker:
    """Starts the broker, formatting its data folder the first time; returns once it answers."""
    java = _program("java", "a Java runtime (17 or newer)")
    classpath = f"{jars(tell)}/*"
    properties = _properties(data, port, advertised or port)
    run: Command = [java, *JAVA_OPTIONS, "-cp", classpath]
    if not (data / "meta.properties").exists():
        _format([*run, "kafka.tools.StorageTool"], properties)
    process = spawn([*run, "kafka.Kafka", properties], log=log)
    try:
        wait_until(lambda: answers(port), child=process, what="Kafka", seconds=90)
    except StartFailed as failure:
        stop([process])
        raise StartFailed(f"{failure}\n{last_lines(log)}") from failure
    return Broker(process=process, bootstrap=f"{LOOPBACK}:{port}")


def jars(tell: Tell) -> Path:
    """The folder with the broker's jars, downloaded once a checkout."""
    folder = CACHE / f"kafka-{version()}"
    if folder.exists():
        return folder
    with _locked(CACHE / "kafka.lock"):
        if not folder.exists():
            tell(f"Downloading Apache Kafka {version()} from Maven Central (43 MB, once) ...")
            _download(folder)
    return folder


def _download(folder: Path) -> None:
    maven = _program("mvn", "Maven")
    arriving = folder.with_name(f"{folder.name}.arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    pom = FILES / "pom.xml"
    command: Command = [
        maven,
        "-q",
        "-B",
        "-Dstyle.color=never",
        "-f",
        pom,
        *goal,
        f"-DoutputDirectory={arriving}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        plain = re.sub(r"\x1b\[\d*m|\[ERROR\]", "", done.stdout).strip()
        reason = plain.partition("\n")[0]
        raise StartFailed(f"Maven could not fetch Apache Kafka: {reason}")
    arriving.rename(folder)


def _properties(data: Path, port: int, advertised: int) -> Path:
    template = Template((FILES / "server.properties").read_text("utf-8"))
    text = template.substitute(
        port=port, advertised=advertised, controller_port=free_port(), data=data
    )
    data.parent.mkdir(parents=True, exist_ok=True)
    path = data.with_name(f"{data.name}.properties")
    path.write_text(text, encoding="utf-8")
    return path


def _format(storage_tool: Command, properties: Path) -> None:
    # A first byte below 128 keeps "-" from the front, which the tool would take for an option.
    raw = uuid.UUID(int=uuid.uuid4().int >> 1).bytes
    cluster = urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
    command = [*storage_tool, "format", "-t", cluster, "-c", properties]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailed(f"Kafka could not prepare its data folder: {done.stderr.strip()}")


def _program(name: str, what: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise StartFailed(f"Apache Kafka needs {what}, and there is no `{name}` here.")
    return path


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.kafka", description=__doc__)
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", type=Path, default=CHECKOUT / "var" / "kafka")
    options = parser.parse_args()
    waiting = {signal.SIGINT, signal.SIGTERM}
    try:
        log = options.data.with_name("kafka.log")
        broker = start(options.data, port=options.port, log=log, tell=print)
    except StartFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"KAFKA_BOOTSTRAP_SERVERS={broker.bootstrap}   (Ctrl-C ends it)", flush=True)
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
        signal.sigwait(waiting)
    finally:
        broker.stop()
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
