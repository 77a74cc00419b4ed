"""What access costs: CPU a token and a call, and what one tenant's flood costs the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from time import process_time

from flask import Flask, g, request

from bench.fairness import beside_flood, undisturbed
from bench.installation import installed
from bench.server import KEY, migrated, running_server
from bench.table import Contestant, Goal, compete, report
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.http.app import create_app
from eventkit.http.requests import Runtime, admit
from eventkit.kits import open_kit
from eventkit.settings import Settings
from registry.app import SERVICE

CALLS = 3000
CLIENTS = 40
ENDPOINT = "municipalities.list_municipalities"
# Blocks as large as the usual quotas', in windows that end while we measure.
QUOTAS = {"RATE_LIMIT_PER_CLIENT": "600/second", "RATE_LIMIT_PER_TENANT": "1200/second"}
BUDGET = "0.3 ms of CPU a call"
FIRST, AGAIN = "a token seen for the first time", "a token seen before"
ADMITTED = "admitted: token seen before, limits, policy"
ALONE, FLOODED = "alone", "beside 10 x the quota of another"


@dataclass(frozen=True)
class Access:
    """A registry's app in this process, and tokens of municipalities' clients."""

    app: Flask
    runtime: Runtime
    signer: Signer
    numbers: Iterator[int]

    def token(self) -> str:
        number = next(self.numbers)
        tenant = f"08{number % CLIENTS:03}000"
        return self.signer.sign(Principal(f"client-{number}", "municipality", tenant))

    def first(self) -> float:
        """Verifications of tokens that are new to the verifier, a second of CPU."""
        tokens = iter([self.token() for _ in range(CALLS)])
        return per_cpu_second(lambda: self.runtime.trust.verifier.verify(next(tokens)))

    def again(self) -> float:
        token = self.token()
        return per_cpu_second(lambda: self.runtime.trust.verifier.verify(token))

    def admitted(self) -> float:
        """Whole admissions, by clients in turn."""
        bearers = [f"Bearer {self.token()}" for _ in range(CLIENTS)]
        turns = count()

        def call() -> None:
            request.environ["HTTP_AUTHORIZATION"] = bearers[next(turns) % CLIENTS]
            admit(ENDPOINT)
            g.pop("rate_limits")

        with self.app.test_request_context("/v1/municipalities"):
            for _ in range(CLIENTS):
                call()
            return per_cpu_second(call)


def per_cpu_second(call: Callable[[], object]) -> float:
    """How often a second of this process's CPU time, with all its threads."""
    began = process_time()
    for _ in range(CALLS):
        call()
    return CALLS / (process_time() - began)


@contextmanager
def opened() -> Iterator[Access]:
    with running_server() as server:
        databases = migrated(server, "registry", SERVICE.migrations)
        secrets = {"MASTER_KEY": KEY, "CHAIN_KEY": KEY}
        settings = Settings.from_env(databases.environment() | secrets | QUOTAS)
        kit = open_kit(SERVICE, settings, pool_size=2)
        try:
            app = create_app(SERVICE, kit)
            runtime: Runtime = app.extensions["eventkit"]
            signer = Signer.from_settings(settings, runtime.trust.keys)
            yield Access(app, runtime, signer, count())
        finally:
            kit.close()


def run(rounds: int, seconds: float) -> bool:
    """True when the goals for CPU and for fairness are reached."""
    is_cheap = _cpu(rounds)
    return _fairness(rounds, seconds) and is_cheap


def _cpu(rounds: int) -> bool:
    with opened() as access:
        contestants: dict[str, Contestant] = {
            BUDGET: lambda: 1 / 0.0003,
            FIRST: access.first,
            AGAIN: access.again,
            ADMITTED: access.admitted,
        }
        figures = compete(contestants, rounds)
    goals = [Goal(who=who, beside=BUDGET, at_least=1) for who in (FIRST, AGAIN, ADMITTED)]
    return report("Access in one process", "calls a second of CPU", figures, goals)


def _fairness(rounds: int, seconds: float) -> bool:
    with installed(example=False) as installation:
        contestants: dict[str, Contestant] = {
            ALONE: lambda: undisturbed(installation.run, seconds),
            FLOODED: lambda: beside_flood(installation.run, seconds),
        }
        figures = compete(contestants, rounds)
    # Less is better, so the ratio stands the other way round: at most twice as slow.
    goals = [Goal(who=ALONE, beside=FLOODED, at_least=0.5)]
    return report("The slowest hundredth of other tenants' requests", "µs", figures, goals)
