"""Everything secret that a local run makes once and needs again: one file, for its owner only."""

import json
import os
from base64 import b64encode
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_bytes, token_urlsafe

from local.processes import StartFailed
from local.settings import SERVICES


@dataclass(frozen=True, kw_only=True)
class Client:
    """A machine client of the registry."""

    client_id: str
    client_secret: str


@dataclass(frozen=True, kw_only=True)
class ServiceKeys:
    """What one service's data is protected with."""

    owner_password: str
    service_password: str
    master_key: str
    chain_key: str


@dataclass(kw_only=True)
class Credentials:
    """Changes only by adding; `save` after each addition, before it is used."""

    path: Path
    postgres: str
    services: dict[str, ServiceKeys]
    clients: dict[str, Client] = field(default_factory=dict)

    def save(self) -> None:
        content = asdict(self)
        del content["path"]
        write_private(self.path, json.dumps(content, indent=2))


def load(path: Path) -> Credentials:
    """Reads the file, or makes it with new keys and passwords."""
    if path.exists():
        try:
            return _read(path)
        except (ValueError, KeyError, TypeError) as broken:
            raise StartFailed(f"{path} is damaged; bring back a copy of it.") from broken
    made = Credentials(
        path=path, postgres=token_urlsafe(18), services={name: _keys() for name in SERVICES}
    )
    made.save()
    return made


def write_private(path: Path, text: str) -> None:
    """Replaces a file in one step; nobody else may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    arriving = path.with_name(f".{path.name}.arriving")
    with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    arriving.replace(path)


def _read(path: Path) -> Credentials:
    content = json.loads(path.read_text(encoding="utf-8"))
    return Credentials(
        path=path,
        postgres=content["postgres"],
        services={name: ServiceKeys(**content["services"][name]) for name in SERVICES},
        clients={name: Client(**client) for name, client in content["clients"].items()},
    )


def _keys() -> ServiceKeys:
    return ServiceKeys(
        owner_password=token_urlsafe(18),
        service_password=token_urlsafe(18),
        master_key=_key(),
        chain_key=_key(),
    )


def _key() -> str:
    return b64encode(token_bytes(32)).decode("ascii")
