"""Exchanges every container, one after another, unnoticed by who calls: `python -m local.rolling`.

Run it once images or settings have changed; the new release's migrations come first.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from local.compose import Composition, carry_out
from local.processes import StartFailed
from local.progress import step

# Who follows comes before whom it follows, and an api after whom it wakes.
SERVICES = ("notifications", "meetings", "registry")
ROLES = ("relay", "consumer", "worker", "api", "api-2")
WAIT_SECONDS = 3.0
# Closes callers' idle connections, so only where there is something new to read; ends with the
# fault where that is not in order, and the proxy goes on with what it has. Copies may keep the time
# at which they were written, and no copy that of its change (-cnewer).
PROXY_READS = (
    'test -z "$(find /etc/edge -cnewer nginx.pid)" || '
    "{ nginx -e stderr -p /run/edge/ -c /etc/edge/nginx.conf -s reload && touch nginx.pid; }"
)
# Where files are not in order, both would go on with the old ones, and only their logs say so.
CHECKS = {
    "alertmanager": "amtool check-config /etc/alertmanager/alertmanager.yml",
    "prometheus": "promtool check config /etc/prometheus/prometheus.yml",
}


class Replica(Protocol):
    """One process of one role."""

    @property
    def name(self) -> str: ...

    def leave(self) -> None:
        """Announce the end: not ready any more, but at work."""

    def exchange(self) -> None:
        """End it and start it anew; returns when it is ready."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """A service of docker-compose.yml."""

    name: str
    composition: Composition

    def leave(self) -> None:
        self.composition.run("kill", "--signal", "SIGUSR1", self.name)

    def exchange(self) -> None:
        self.composition.run("rm", "--stop", "--force", self.name)
        # Not in one step: `up` alone would also recreate a changed database or broker, and migrate
        # again; with --no-deps it would make a container that the next whole `up` recreates.
        self.composition.run("create", "--no-recreate", self.name)
        alone = ("--no-deps", "--no-recreate", "--wait")
        self.composition.run("up", "--detach", *alone, self.name)


def roll(replicas: Iterable[Replica], *, wait: float = WAIT_SECONDS) -> None:
    """Exchange one after another: unready, wait (seconds), end, start, ready.

    The wait is for whoever asks /readyz, such as a load balancer. The proxy of this project needs
    none: it goes by refused connections.
    """
    for replica in replicas:
        with step(f"Exchanging {replica.name}"):
            replica.leave()
            time.sleep(wait)
            replica.exchange()


def in_order(running: Iterable[str]) -> list[str]:
    """Those of these containers that are roles of ours, in the order to exchange them in."""
    known = set(running)
    return [
        name for service in SERVICES for role in ROLES if (name := f"{service}-{role}") in known
    ]


def alone(names: Sequence[str]) -> list[str]:
    """The services whose calls fail for some seconds, because their api has no second replica."""
    return [one for one in SERVICES if f"{one}-api" in names and f"{one}-api-2" not in names]


def migrate(composition: Composition, service: str) -> None:
    composition.run("run", "--rm", "--no-deps", f"{service}-migrate")
    # The one of the release before; it is made anew with the first container that waits for it.
    composition.run("rm", "--force", f"{service}-migrate")


def read_anew(composition: Composition, running: Iterable[str]) -> None:
    """Have proxy and monitoring, where they run, take over what changed in their files.

    Raises StartFailed where they are not in order; what is wrong stands on the terminal then.
    """
    for name in sorted(CHECKS.keys() & set(running)):
        # Docker takes a container that it sent a signal for ended by hand, and does not start it
        # with the machine.
        composition.run("exec", "-T", name, "sh", "-c", f"{CHECKS[name]} >&2 && kill -HUP 1")
    if "edge" in running:
        composition.run("exec", "-T", "--workdir", "/run/edge", "edge", "sh", "-c", PROXY_READS)


def exchange_all(composition: Composition, wait: float) -> None:
    """Migrate, and exchange what runs; PostgreSQL and Kafka stay. Raises StartFailed."""
    running = composition.run("ps", "--services", "--status", "running").split()
    names = in_order(running)
    if not names:
        raise StartFailed("Nothing runs that could be exchanged; `make up` starts it.")
    for service in alone(names):
        print(f"  {service} has one api only: calls fail while it starts.")
    for service in [one for one in SERVICES if any(name.startswith(f"{one}-") for name in names)]:
        with step(f"Migrating {service}"):
            migrate(composition, service)
    roll([Container(name=name, composition=composition) for name in names], wait=wait)
    read_anew(composition, running)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.rolling", description=__doc__)
    parser.add_argument("--wait", type=float, default=WAIT_SECONDS, help="seconds to stay unready")
    wait = parser.parse_args().wait
    return carry_out(lambda composition: exchange_all(composition, wait))


if __name__ == "__main__":
    sys.exit(main())
