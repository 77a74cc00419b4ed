"""What can be set for `make run`, and where everything then listens."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.processes import BadSetting

CHECKOUT = Path(__file__).parents[2]
SERVICES = ("registry", "meetings", "notifications")
YES = {"yes": True, "no": False}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All ports follow from one; `database_url` names a server to use in place of our own."""

    port_base: int = 8400
    example: bool = True
    database_url: str | None = None
    kafka: str | None = None
    folder: Path = CHECKOUT / "var"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Reads PORT_BASE, NETZTREFF_EXAMPLE, DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS, VAR_FOLDER."""
        return cls(
            port_base=_port_base(environ.get("PORT_BASE") or "8400"),
            example=_yes(environ.get("NETZTREFF_EXAMPLE") or "yes"),
            database_url=_database(environ.get("DATABASE_URL") or None),
            kafka=environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
            folder=Path(environ.get("VAR_FOLDER") or CHECKOUT / "var").absolute(),
        )

    def api(self, service: str) -> int:
        return self.port_base + 1 + SERVICES.index(service)

    def operator(self, service: str) -> int:
        return self.port_base + 1001 + SERVICES.index(service)

    @property
    def webhooks(self) -> int:
        return self.port_base + 4

    @property
    def smtp(self) -> int:
        return self.port_base + 25

    @property
    def postgres(self) -> int:
        return self.port_base + 32

    def ports(self) -> dict[int, str]:
        """Every port that this run needs, and for what."""
        wanted = {self.api(service): service for service in SERVICES}
        wanted |= {self.operator(service): f"{service}'s metrics" for service in SERVICES}
        wanted |= {self.webhooks: "the webhook receiver", self.smtp: "the mail catcher"}
        if self.database_url is None:
            wanted[self.postgres] = "PostgreSQL"
        return wanted

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.api(service)}"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def mailbox(self) -> Path:
        return self.folder / "mailbox"

    @property
    def webhook_calls(self) -> Path:
        return self.folder / "webhooks.jsonl"

    @property
    def webhook_secrets(self) -> Path:
        return self.folder / "secrets" / "webhooks"

    @property
    def starting_file(self) -> Path:
        """What the run file will say, for the example's loader; the run file means ready."""
        return self.folder / "starting.json"

    @property
    def run_file(self) -> Path:
        return self.folder / "run.json"

    def environment_file(self, service: str) -> Path:
        """The service's settings, for its commands in a shell."""
        return self.folder / f"{service}.env"


def inherited() -> dict[str, str]:
    """The environment that children get beside their own settings."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _port_base(text: str) -> int:
    if not text.isdecimal() or not 1024 <= int(text) <= 64000:
        raise BadSetting(f"PORT_BASE must be a number from 1024 to 64000, not {text!r}.")
    return int(text)


def _yes(text: str) -> bool:
    if text.lower() not in YES:
        raise BadSetting(f"NETZTREFF_EXAMPLE must be yes or no, not {text!r}.")
    return YES[text.lower()]


def _database(url: str | None) -> str | None:
    if url is None or url.startswith(("postgresql://", "postgresql+psycopg://")):
        return url
    raise BadSetting(
        "DATABASE_URL must be a URL such as postgresql://admin:secret@host:5432/postgres."
    )
