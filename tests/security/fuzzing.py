"""schemathesis against a running service as one caller, with ids and versions of real things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import schemathesis
from hypothesis.strategies import integers
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CheckFailureInfo, ScenarioRecorder
from schemathesis.engine.run import PhaseName
from schemathesis.generation.case import Case
from schemathesis.generation.modes import GenerationMode
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER, HookContext
from schemathesis.openapi.checks import AllowHeaderMismatch, RejectedPositiveData

# Of the years that are taken, as the document says; only a few of all years would be.
SECONDS = integers(-2_208_902_400, 7_258_000_000)
schemathesis.openapi.format(
    "date-time", SECONDS.map(lambda second: datetime.fromtimestamp(second, UTC).isoformat())
)

Known = Mapping[str, list[str]]
# Milliseconds.
SOON = 20
# As many cases an operation gets in one round; the rounds differ in their seeds.
ROUND = 10
# Statuses beside schemathesis's own: a missing If-Match is 428, as RFC 6585 has it.
MISSING_HEADER = ["400", "401", "403", "406", "415", "422", "428"]
# What no schema can say in advance. Every other refusal of what the schema allows is a failure,
# above all `invalid`: the document promises less than the service wants.
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "429"]
# Places of which the document can't say all: the form of a party's key depends on its kind,
# `fromVersion` needs a `subject`, `type` knows the network's events, and an address, of mail or of
# the web, is more than a pattern.
UNSAYABLE = frozenset({"#/party/key", "fromVersion", "type", "#/email", "#/join_url", "#/url"})
# The server's own refusals of a line or a head that is too long; it knows no route by then.
BEFORE_ROUTES = frozenset({414, 431})
# Two templates have this address: what is posted here is read under the other one.
SHARED = "POST /v1/municipalities/imports"
# As schemathesis has it, and 412: an old If-Match is told before a bad Idempotency-Key.
REJECTED = ["400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "428", "429"]
OF_THE_SCHEMA = frozenset({"invalid", "unparsable", "bad-if-match", "bad-idempotency-key"})


@dataclass(kw_only=True)
class Tally:
    """What one service answered one caller."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def add(self, recorder: ScenarioRecorder) -> None:
        self.cases += len(recorder.cases)
        for interaction in recorder.interactions.values():
            response = interaction.response
            self.statuses[response.status_code if response else 0] += 1
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if told := check.failure_info:
                    case = recorder.cases[case_id].value
                    key = (check.name, case.operation.label, told.failure.title)
                    answer = recorder.interactions[case_id].response
                    self.failures.setdefault(key, _shown(told, answer))

    @property
    def classes(self) -> str:
        found: Counter[int] = Counter()
        for status, number in self.statuses.items():
            found[status // 100] += number
        return "  ".join(f"{kind}xx {number:,}" for kind, number in sorted(found.items()))


@dataclass(frozen=True, kw_only=True)
class Target:
    """A service, a caller's token, and the ids that exist, by the name of the field that has them.

    `disposable` are ids that replace whatever else a parameter of that name would have had.
    """

    url: str
    token: str
    known: Known
    disposable: Known = field(default_factory=dict)

    def fuzz(self, *, cases: int, seed: int, coverage: bool) -> Tally:
        """Try at least so many cases with every check there is.

        With `coverage` all edges of the document come first, however many they are.
        """
        tally = Tally()
        while tally.cases < cases:
            self._round(tally, cases, seed, coverage=coverage)
            seed, coverage = seed + 1, False
        return tally

    def _round(self, tally: Tally, cases: int, seed: int, *, coverage: bool) -> None:
        config = SchemathesisConfig.from_dict(self._config(seed, coverage=coverage))
        schema = schemathesis.openapi.from_url(f"{self.url}/openapi.json", config=config)
        schema.hooks.register_hook_with_name(is_a_failure, "filter_failure")
        with real_things(self, Random(seed)):
            stream = from_schema(schema).execute()
            for event in stream:
                if isinstance(event, events.NonFatalError):
                    tally.failures[("error", event.label, "")] = str(event.value)
                if isinstance(event, events.ScenarioFinished):
                    tally.add(event.recorder)
                    # What the document's edges give is bounded by itself, and worth it as a whole.
                    if tally.cases >= cases and event.phase is not PhaseName.COVERAGE:
                        stream.stop()

    def _config(self, seed: int, *, coverage: bool) -> dict[str, Any]:
        return {
            "seed": seed,
            # Words of the code beside it are not the caller's to know, nor the same everywhere.
            "analysis": {"constants": {"enabled": False}},
            # Every run starts from nothing, so that the same seed gives the same cases.
            "cache": {"enabled": False},
            "base-url": self.url,
            "headers": {"Authorization": f"Bearer {self.token}"},
            "continue-on-failure": True,
            "request-timeout": 30,
            "generation": {"max-examples": ROUND, "no-shrink": True, "database": "none"},
            "phases": {"coverage": {"enabled": coverage}},
            "checks": {
                "enabled": True,
                "missing_required_header": {"expected-statuses": MISSING_HEADER},
                "positive_data_acceptance": {"expected-statuses": ACCEPTED},
                "negative_data_rejection": {"expected-statuses": REJECTED},
            },
        }


@contextmanager
def real_things(target: Target, random: Random) -> Iterator[None]:
    """Half of the ids, keys and versions that schemathesis made up become real ones."""

    def before_call(_: HookContext, case: Case[Any], __: dict[str, Any]) -> None:
        Aim(case, target, random).take()

    GLOBAL_HOOK_DISPATCHER.register_hook_with_name(before_call, "before_call")
    try:
        yield
    finally:
        GLOBAL_HOOK_DISPATCHER.unregister(before_call)


@dataclass(frozen=True)
class Aim:
    """One case, about to be sent; what was made invalid on purpose stays so."""

    case: Case[Any]
    target: Target
    random: Random

    def take(self) -> None:
        self._spare()
        self._hasten()
        if self._is_valid(ParameterLocation.PATH):
            self.case.path_parameters = {
                name: self._real(name, value) for name, value in self.case.path_parameters.items()
            }
        if self._is_valid(ParameterLocation.BODY):
            self.case.body = self._aimed(self.case.body)
        if self._is_valid(ParameterLocation.HEADER):
            self._aim_headers()

    def _spare(self) -> None:
        """What others still need is left alone, also where schemathesis found it by itself."""
        for name, spare in self.target.disposable.items():
            if self.case.path_parameters.get(name) in self.target.known.get(name, []):
                self.case.path_parameters[name] = self.random.choice(spare)

    def _hasten(self) -> None:
        """A feed waits as long as it is asked to, up to 20 s; that is tried elsewhere."""
        wait = self.case.query.get("timeout")
        if isinstance(wait, int) and wait > SOON:
            self.case.query["timeout"] = SOON

    def _is_valid(self, part: ParameterLocation) -> bool:
        info = self.case.meta.components.get(part) if self.case.meta else None
        return info is not None and info.mode is GenerationMode.POSITIVE

    def _real(self, name: str, value: Any) -> Any:
        if found := self.target.disposable.get(name):
            return self.random.choice(found)
        found = self.target.known.get(name)
        return self.random.choice(found) if found and self._now() else value

    def _aimed(self, part: Any) -> Any:
        match part:
            case dict():
                return {
                    name: self._real(name, inner) if isinstance(inner, str) else self._aimed(inner)
                    for name, inner in part.items()
                }
            case list():
                return [self._aimed(inner) for inner in part]
        return part

    def _aim_headers(self) -> None:
        headers = self.case.headers
        if "Idempotency-Key" in headers and self._now():
            headers["Idempotency-Key"] = f'"{self.random.getrandbits(128):032x}"'
        if "If-Match" in headers and self._now() and (etag := self._etag()):
            headers["If-Match"] = etag

    def _etag(self) -> str | None:
        """The version of what stands at the case's address, or right above it."""
        paths = self.case.operation.schema.raw_schema["paths"]
        parent = self.case.path.rpartition("/")[0]
        shown = [path for path in (self.case.path, parent) if "get" in paths.get(path, {})]
        if not shown:
            return None
        address = shown[0]
        for name, value in self.case.path_parameters.items():
            address = address.replace(f"{{{name}}}", str(value))
        headers = {"Authorization": f"Bearer {self.target.token}"}
        etag: str | None = httpx.get(f"{self.target.url}{address}", headers=headers).headers.get(
            "ETag"
        )
        return etag

    def _now(self) -> bool:
        return self.random.random() < 0.5


def is_a_failure(_: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a check that failed found a fault of ours."""
    if response.status_code in BEFORE_ROUTES:
        return False
    if isinstance(failure, AllowHeaderMismatch):
        return bool(case.operation.label != SHARED)
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    faults = problem.get("errors", [])
    places = {fault.get("pointer") or fault.get("parameter") for fault in faults}
    is_sayable = not places or not places <= UNSAYABLE
    code: str | None = problem.get("code")
    return is_sayable and code in OF_THE_SCHEMA


def _shown(told: CheckFailureInfo, answer: Response | None) -> str:
    said = f"{answer.status_code} {answer.text[:500]}" if answer else "no answer"
    return f"{told.failure.message}\n{told.code_sample}\n{said}"
