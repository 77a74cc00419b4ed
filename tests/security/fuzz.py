"""`make fuzz`: schemathesis against the three services of an installation of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from local.credentials import load
from local.registry_client import create_client, token
from local.settings import CHECKOUT
from tests.e2e.installation import SERVICES, Installation, port_base
from tests.security.fuzzing import Tally, Target
from tests.security.known import known_things

ROLES = ("organiser", "municipality", "operator", "service")
# Enough that no limit hides what stands behind it.
GENEROUS = {
    f"RATE_LIMIT_{name}": "9999999/second"
    for name in ("PER_CLIENT", "PER_TENANT", "PER_SERVICE", "PER_ADDRESS", "TOKENS")
}
SEED = 20210318
# Clients that may be revoked; without the others nobody could go on.
DISPOSABLE = 20


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    """A running installation, and what its callers know of it."""

    installation: Installation
    known: Mapping[str, list[str]]
    disposable: Mapping[str, list[str]]

    def run(self, service: str, role: str, *, cases: int, coverage: bool) -> Tally:
        """At least so many cases of one caller at one service."""
        target = Target(
            url=self.installation.run_file["services"][service]["url"],
            token=self._token(role),
            known=self.known,
            disposable=self.disposable,
        )
        return target.fuzz(cases=cases, seed=SEED, coverage=coverage)

    def _token(self, role: str) -> str:
        # The second of the services' own clients; people's roles have the names of theirs.
        name = "notifications" if role == "service" else role
        clients = load(self.installation.folder / "secrets" / "credentials.json").clients
        return token(self.installation.base + 1, clients[name])


@contextmanager
def fuzzed(folder: Path) -> Iterator[Fuzzed]:
    """Everything that `make run` starts, with the example network and without narrow limits."""
    installation = Installation(folder=folder / "var", base=port_base(), settings=GENEROUS)
    try:
        installation.start()
        yield Fuzzed(
            installation=installation,
            known=_known(installation),
            disposable={"client_id": _disposable(installation)},
        )
    finally:
        installation.http.close()
        installation.end()


def _known(installation: Installation) -> dict[str, list[str]]:
    readers = [(service, "organiser") for service in SERVICES] + [("registry", "operator")]
    found = known_things([installation.api(service, role) for service, role in readers])
    directory = (CHECKOUT / "examples" / "gv100ad_example.txt").read_bytes()
    headers = {"Content-Type": "text/plain"}
    registry = installation.api("registry")
    preview = registry.send(
        "POST", "/v1/municipalities/imports", content=directory, headers=headers
    )
    uploads = {"upload_id": [preview.headers["Location"].rpartition("/")[2]]}
    return found | uploads | {"url": [installation.run_file["webhooks"]["url"]]}


def _disposable(installation: Installation) -> list[str]:
    operator = installation.run_file["tokens"]["operator"]
    body = {"name": "To be revoked", "role": "organiser"}
    return [
        create_client(installation.base + 1, operator, body).client_id for _ in range(DISPOSABLE)
    ]


def main(say: Callable[[str], None]) -> int:
    """Fuzz every service as every role; says 1 where a check failed."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="so many a service")
    parser.add_argument("--service", choices=SERVICES, help="this one only")
    wanted = parser.parse_args()
    failures = 0
    with TemporaryDirectory() as folder, fuzzed(Path(folder)) as ready:
        for service in [wanted.service] if wanted.service else SERVICES:
            for role in ROLES:
                cases = -(-wanted.cases // len(ROLES))
                tally = ready.run(service, role, cases=cases, coverage=True)
                say(f"{service:<14} {role:<13} {tally.cases:>7,} cases   {tally.classes}")
                for name, shown in tally.failures.items():
                    say(f"FAILED {' '.join(name)}\n{shown}")
                failures += len(tally.failures)
    say(f"{failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(lambda line: print(line, flush=True)))  # noqa: T201  (a command)
