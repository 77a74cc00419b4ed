"""A registry with one contact and a journal, as processes that a test starts and ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from eventkit.http.app import create_app
from eventkit.kits import open_kit
from eventkit.settings import Settings
from local.databases import Databases, connect
from registry.app import SERVICE
from tests.conftest import MakeDatabases
from tests.integration.registry.conftest import PFORZHEIM, Callers, told
from tests.integration.registry.replicas import OWN, TLS, Process, migrated, running
from tests.unit.registry.directory_lines import district

NAME, EMAIL = "Kontakt Kanarienvogel", "kanarienvogel@example.org"
BODY = {
    "party": {"kind": "municipality", "key": "08231000"},
    "role": "Leitung",
    "purpose": "Einladungen",
    "name": NAME,
    "email": EMAIL,
}


@dataclass(frozen=True, kw_only=True)
class Site:
    """A registry with one contact and no process of its own."""

    databases: Databases
    environment: dict[str, str]
    contact: str
    folder: Path

    def token(self) -> str:
        signer = Signer.from_settings(Settings.from_env(self.environment))
        return signer.sign(Principal("test", "organiser"))

    @contextmanager
    def running(self, **settings: str) -> Iterator[Process]:
        log = self.folder / f"{uuid4()}.log"
        with running("registry", self.environment | settings, log) as process:
            yield process

    def shown(self, process: Process, path: str = "") -> Any:
        return process.get(f"/v1/contacts/{self.contact}{path}", self.token()).json()

    def erase(self, process: Process) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.token()}",
            "Idempotency-Key": '"one"',
            "If-Match": '"1"',
        }
        url = f"{process.url}/v1/contacts/{self.contact}/erasure"
        return httpx.post(url, json={"reason": "request"}, headers=headers, verify=TLS, timeout=30)

    def operate(self, process: Process, path: str, body: Any) -> Any:
        """A POST of an operator."""
        signer = Signer.from_settings(Settings.from_env(self.environment))
        token = signer.sign(Principal("test", "operator"))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f'"{uuid4()}"'}
        answer = httpx.post(f"{process.url}{path}", json=body, headers=headers, verify=TLS)
        assert answer.is_success, answer.text
        return answer.json()

    def events(self) -> list[str]:
        owner = self.databases.migration_environment()["MIGRATION_DATABASE_URL"]
        with connect(owner) as store:
            query = "SELECT type FROM events WHERE stream = %s ORDER BY version"
            return [str(row[0]) for row in store.execute(query, [f"contact-{self.contact}"])]

    def as_owner(self, statement: str) -> None:
        """Change the store as nobody else may."""
        owner = self.databases.migration_environment()["MIGRATION_DATABASE_URL"]
        with connect(owner) as store:
            store.execute(statement.encode())

    def has_key(self) -> bool:
        owner = self.databases.migration_environment()["MIGRATION_KEY_DATABASE_URL"]
        with connect(owner) as keys:
            query = "SELECT wrapped IS NOT NULL FROM person_keys WHERE person = %s"
            return keys.execute(query, [self.contact]).fetchone() == (True,)


@pytest.fixture
def site(databases: MakeDatabases, tmp_path: Path) -> Site:
    made = databases("registry")
    journal = {"ERASURE_JOURNAL": str(tmp_path / "erasures.jsonl")}
    environment = migrated(SERVICE, made) | OWN | journal
    kit = open_kit(SERVICE, Settings.from_env(environment), pool_size=4)
    callers = Callers(create_app(SERVICE, kit), kit)
    preview = callers.operator.upload("\n".join((district("08231"), PFORZHEIM)).encode())
    told(callers.operator.post(f"{preview.headers['Location']}/apply"))
    contact = callers.organiser.create("/v1/contacts", BODY)
    kit.close()
    return Site(databases=made, environment=environment, contact=contact, folder=tmp_path)
