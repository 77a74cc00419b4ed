"""The meetings app on a migrated database, callers of every role, and a network that it knows."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from contracts.events.registry import (
    CohortPlanned,
    ContactAppointed,
    MunicipalityRegistered,
    Party,
    PartyKind,
    ProgrammeDecided,
)
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.database import driver, session
from eventkit.http.app import create_app
from eventkit.kits import open_kit
from eventkit.migrate import migrate, migrate_keys
from eventkit.projection import Projector
from eventkit.testing import recorded
from eventkit.unit import Kit
from meetings.app import SERVICE
from meetings.settings import MeetingSettings
from tests.conftest import MakeDatabases

KEY = b64encode(b"k" * 32).decode()
PROGRAMME_ID = UUID("6a1f7a55-3f9c-4a63-9a53-0d7a9a4b1c01")
EARLIER_COHORT = UUID("6a1f7a55-3f9c-4a63-9a53-0d7a9a4b1c02")
COHORT = UUID("6a1f7a55-3f9c-4a63-9a53-0d7a9a4b1c03")
CONTACT = UUID("6a1f7a55-3f9c-4a63-9a53-0d7a9a4b1c04")
BADEN_BADEN, PFORZHEIM = "08211000", "08231000"
STARTS_AT = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
ENDS_AT = STARTS_AT + timedelta(hours=3)


def told(answer: TestResponse, status: int = 200) -> Any:
    """What the answer says, which must have this status."""
    assert answer.status_code == status, answer.text
    return answer.json


@dataclass(frozen=True)
class Caller:
    """A client with a role; every POST carries a new Idempotency-Key unless told otherwise."""

    app: Flask
    headers: Mapping[str, str]

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.app.test_client().get(path, headers={**self.headers, **headers})

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {"Idempotency-Key": f'"{uuid4()}"', **self.headers, **headers}
        return self.app.test_client().post(path, json=body, headers=sent)

    def put(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.app.test_client().put(path, json=body, headers={**self.headers, **headers})

    def create(self, path: str, body: Any) -> str:
        """Post, and the id of what came of it."""
        return str(told(self.post(path, body), 201)["id"])

    def do(self, meeting: str, action: str, body: Any = None) -> TestResponse:
        """An action on a meeting in the version that is shown now."""
        return self.post(f"{meeting}/{action}", body, **self._version(meeting))

    def set(self, meeting: str, part: str, body: Any) -> TestResponse:
        """Replace a part of a meeting in the version that is shown now."""
        return self.put(f"{meeting}/{part}", body, **self._version(meeting))

    def items(self, path: str) -> list[Any]:
        return list(told(self.get(path))["items"])

    def _version(self, meeting: str) -> dict[str, str]:
        return {"If-Match": self.get(meeting).headers["ETag"]}


@dataclass(frozen=True)
class Callers:
    """Callers by role."""

    app: Flask
    kit: Kit

    def as_role(self, role: str, tenant: str | None = None) -> Caller:
        signer = Signer.from_settings(self.kit.settings)
        token = signer.sign(Principal(subject=f"test-{role}-{tenant}", role=role, tenant=tenant))
        return Caller(self.app, {"Authorization": f"Bearer {token}"})

    @property
    def organiser(self) -> Caller:
        return self.as_role("organiser")

    @property
    def moderator(self) -> Caller:
        return self.as_role("moderator")

    @property
    def nobody(self) -> Caller:
        return Caller(self.app, {})

    def scheduled(self, **changes: Any) -> str:
        """The address of a new meeting that is ahead and has a time."""
        body = {
            "kind": "network_meeting",
            "title": "Netzwerktreffen",
            "mode": "in_person",
            "cohort_id": str(COHORT),
            "starts_at": STARTS_AT.isoformat(),
            "ends_at": ENDS_AT.isoformat(),
        }
        return f"/v1/meetings/{self.organiser.create('/v1/meetings', body | changes)}"

    def open(self, capacity: int | None = None) -> str:
        """The address of a new meeting that people can register for."""
        meeting = self.scheduled()
        body = {"audience": [{"kind": "cohort", "id": str(COHORT)}], "capacity": capacity}
        told(self.organiser.do(meeting, "open-invitations", body))
        return meeting


@pytest.fixture(scope="module")
def environment(
    module_databases: MakeDatabases, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The settings of a meetings process on migrated databases."""
    made = module_databases("meetings")
    urls = made.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=made.service, folder=SERVICE.migrations)
    journal = tmp_path_factory.mktemp("journal") / "erasures.jsonl"
    return urls | {"MASTER_KEY": KEY, "CHAIN_KEY": KEY, "ERASURE_JOURNAL": str(journal)}


@pytest.fixture(scope="module")
def kit(environment: dict[str, str]) -> Iterator[Kit]:
    opened = open_kit(SERVICE, MeetingSettings.from_env(environment), pool_size=12)
    tell(opened, network())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def callers(kit: Kit) -> Callers:
    """The app takes the tests' own tokens, as it takes the registry's elsewhere."""
    return Callers(create_app(replace(SERVICE, issues_tokens=True), kit), kit)


def tell(kit: Kit, facts: Sequence[object]) -> None:
    """Let the service know facts of the registry, as its consumer would."""
    (subscription,) = SERVICE.subscriptions
    with session(kit.engine) as connection, driver(connection).transaction():
        for model in subscription.read_models:
            for number, fact in enumerate(facts):
                stream = recorded(fact, stream=f"registry-{number}")
                Projector(model).apply(driver(connection), [stream])


def network() -> list[object]:
    """Two cities, a programme with its two cohorts, and a contact."""
    return [
        city(BADEN_BADEN, "Baden-Baden"),
        city(PFORZHEIM, "Pforzheim"),
        ProgrammeDecided(programme_id=PROGRAMME_ID, title="Integration durch Engagement"),
        cohort(EARLIER_COHORT, 2018),
        cohort(COHORT, 2020),
        ContactAppointed(
            contact_id=CONTACT,
            party=Party(kind=PartyKind.MUNICIPALITY, key=PFORZHEIM),
            role="Integrationsbeauftragte:r der Stadt Pforzheim",
            purpose="Einladungen zu Netzwerktreffen",
        ),
    ]


def city(ags: str, name: str) -> MunicipalityRegistered:
    return MunicipalityRegistered(
        ags=ags,
        ars=f"{ags[:5]}0000{ags[5:]}",
        name=name,
        kind="61",
        district_key=ags[:5],
        valid_on=date(2020, 12, 31),
    )


def cohort(cohort_id: UUID, year: int) -> CohortPlanned:
    return CohortPlanned(
        cohort_id=cohort_id,
        programme_id=PROGRAMME_ID,
        label=f"{year}/{year + 1}",
        starts_year=year,
        ends_year=year + 1,
    )
