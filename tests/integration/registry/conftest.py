"""The registry's app on a migrated database, and callers of every role."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.http.app import create_app
from eventkit.kits import open_kit
from eventkit.migrate import migrate, migrate_keys
from eventkit.settings import Settings
from eventkit.unit import Kit
from registry.app import SERVICE
from tests.conftest import MakeDatabases
from tests.unit.registry.directory_lines import district, municipality

PFORZHEIM = municipality(ags="08231000", association="0000", name="Pforzheim, Stadt", kind="62")
BADEN_BADEN = municipality(ags="08211000", association="0000", name="Baden-Baden, Stadt", kind="62")
KEY = b64encode(b"k" * 32).decode()


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

    def delete(self, path: str, of: str) -> TestResponse:
        """Delete with the version that is shown at `of`."""
        headers = {**self.headers, "If-Match": self.get(of).headers["ETag"]}
        return self.app.test_client().delete(path, headers=headers)

    def change(self, path: str, of: str, body: Any) -> TestResponse:
        """Post a change of what stands at `of`, with the version that is shown there."""
        return self.post(path, body, **{"If-Match": self.get(of).headers["ETag"]})

    def upload(self, content: bytes) -> TestResponse:
        return self.app.test_client().post(
            "/v1/municipalities/imports",
            data=content,
            headers={**self.headers, "Content-Type": "text/plain"},
        )

    def create(self, path: str, body: Any) -> str:
        """Post, and the id of what came of it."""
        return str(told(self.post(path, body), 201)["id"])


@dataclass(frozen=True)
class Callers:
    """Callers by role."""

    app: Flask
    kit: Kit

    def as_role(self, role: str, tenant: str | None = None, scopes: str = "") -> Caller:
        """A caller with these scopes, between blanks; without any, with those of the role."""
        signer = Signer.from_settings(self.kit.settings)
        given = frozenset(scopes.split())
        token = signer.sign(Principal(f"test-{role}-{tenant}", role, tenant, given))
        return Caller(self.app, {"Authorization": f"Bearer {token}"})

    @property
    def organiser(self) -> Caller:
        return self.as_role("organiser")

    @property
    def operator(self) -> Caller:
        return self.as_role("operator")

    @property
    def service(self) -> Caller:
        return self.as_role("service")

    @property
    def nobody(self) -> Caller:
        return Caller(self.app, {})


@pytest.fixture(scope="module")
def environment(
    module_databases: MakeDatabases, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The settings of a registry process on migrated databases."""
    made = module_databases("registry")
    urls = made.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=made.service, folder=SERVICE.migrations)
    journal = tmp_path_factory.mktemp("journal") / "erasures.jsonl"
    own = {"MASTER_KEY": KEY, "CHAIN_KEY": KEY, "ERASURE_JOURNAL": str(journal)}
    return made.migration_environment() | own


@pytest.fixture(scope="module")
def kit(environment: dict[str, str]) -> Iterator[Kit]:
    opened = open_kit(SERVICE, Settings.from_env(environment), pool_size=8)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def callers(kit: Kit) -> Callers:
    return Callers(create_app(SERVICE, kit), kit)


@pytest.fixture(scope="module")
def directory(callers: Callers) -> None:
    """Two cities and two districts, imported over HTTP."""
    lines = (district("08231"), district("08116", "Esslingen"), PFORZHEIM, BADEN_BADEN)
    preview = callers.operator.upload("\n".join(lines).encode())
    told(callers.operator.post(f"{preview.headers['Location']}/apply"))
