"""The environment, read once and nowhere else; all faults are reported together."""

from __future__ import annotations

import dataclasses
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from eventkit import crash_points
from eventkit.auth.issuers import BadIssuers, IssuerRules, parse_issuers

Address = tuple[str, int]
Networks = tuple[IPv4Network | IPv6Network, ...]
# Requests, and the seconds in which they are counted.
Rate = tuple[int, int]
_REQUIRED = object()
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class BadSettings(Exception):
    """What is wrong with the environment: one sentence a setting, none of them with its value."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Form:
    """How a setting is written: `parse` raises ValueError, `says` completes "must be"."""

    parse: Callable[[str], Any]
    says: str


def setting(name: str, form: Form, *, default: Any = _REQUIRED, secret: bool = False) -> Any:
    """Declare a field of Settings or of a service's subclass; without a default it is required.

    A secret may also stand in a file that `<name>_FILE` names.
    """
    metadata = {"name": name, "form": form, "default": default, "secret": secret}
    return dataclasses.field(metadata=metadata, repr=not secret)


def url(*schemes: str) -> Form:
    """A URL of one of the schemes, kept as text without a trailing slash."""

    def parse(text: str) -> str:
        parts = urlsplit(text)
        # Asking for the port raises where it is none.
        known = parts.scheme in schemes and parts.port != 0
        if not known or not (parts.netloc or parts.path.strip("/")):
            raise ValueError
        return text.rstrip("/")

    return Form(parse, f"a URL such as {schemes[0]}://…")


def number(low: int, high: int) -> Form:
    """A whole number between the two, both allowed."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Form(parse, f"a whole number from {low} to {high}")


def one_of(*choices: str) -> Form:
    """One word of a few, in any case."""

    def parse(text: str) -> str:
        found = [choice for choice in choices if choice.lower() == text.lower()]
        if not found:
            raise ValueError
        return found[0]

    return Form(parse, "one of " + ", ".join(choices))


def _key(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except NotBase64 as error:
        raise ValueError from error
    if len(raw) != 32:
        raise ValueError
    return raw


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise ValueError
    return host.strip("[]"), int(port)


def _flag(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError
    return words[text.lower()]


def _brokers(text: str) -> tuple[str, ...]:
    servers = tuple(part.strip() for part in text.split(",") if part.strip())
    if not servers:
        raise ValueError
    for server in servers:
        _address(server)
    return servers


def _word(text: str) -> str:
    if not text or re.search(r"[\s\x00-\x1f]", text):
        raise ValueError
    return text


def _place(text: str) -> str:
    if not Path(text).is_absolute() or not Path(text).parent.is_dir():
        raise ValueError
    return text


def _rate(text: str) -> Rate | None:
    if text.lower() in ("off", "0"):
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,6})/([1-9][0-9]{0,2} )?(second|minute|hour)s?", text)
    if found is None:
        raise ValueError
    return int(found[1]), int(found[2] or 1) * _SECONDS[found[3]]


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host) for host in hosts):
        raise ValueError
    return hosts


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin) for origin in origins):
        raise ValueError
    return origins


def _networks(text: str) -> Networks:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


KEY = Form(_key, "32 bytes in base64 (openssl rand -base64 32)")
ADDRESS = Form(_address, "host:port")
FLAG = Form(_flag, "true or false")
TEXT = Form(str, "text")
FILE = Form(str, "the path of a file")
PLACE = Form(_place, "the absolute path of a file in a folder that exists")
WORD = Form(_word, "text without blanks")
HTTP = url("http", "https")
DATABASE = url("postgresql", "postgres", "postgresql+psycopg")
ISSUERS = Form(parse_issuers, "a JSON list of issuers")
BROKERS = Form(_brokers, "host:port, or several with commas")
RATE = Form(_rate, "a number of requests in a time such as 600/minute, or off")
HOSTS = Form(_hosts, "host names without ports, with commas")
ORIGINS = Form(_origins, "origins such as https://netz.example.org, with commas")
CRASH_AT = Form(
    crash_points.parse, "a crash point of eventkit.crash_points, such as append.after:50"
)
NETWORKS = Form(_networks, "addresses or networks such as 10.0.0.0/24, with commas")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service reads. A service with settings of its own subclasses this."""

    database_url: str = setting("DATABASE_URL", DATABASE, secret=True)
    migration_database_url: str | None = setting(
        "MIGRATION_DATABASE_URL", DATABASE, default=None, secret=True
    )
    migration_key_database_url: str | None = setting(
        "MIGRATION_KEY_DATABASE_URL", DATABASE, default=None, secret=True
    )
    key_database_url: str = setting("KEY_DATABASE_URL", DATABASE, secret=True)
    master_key: bytes = setting("MASTER_KEY", KEY, secret=True)
    chain_key: bytes = setting("CHAIN_KEY", KEY, secret=True)
    erasure_journal: str | None = setting("ERASURE_JOURNAL", PLACE, default=None)
    kafka_bootstrap_servers: tuple[str, ...] = setting(
        "KAFKA_BOOTSTRAP_SERVERS", BROKERS, default=()
    )
    http_bind: tuple[str, int] = setting("HTTP_BIND", ADDRESS, default=("127.0.0.1", 8401))
    operator_bind: tuple[str, int] = setting("OPERATOR_BIND", ADDRESS, default=("127.0.0.1", 9401))
    web_concurrency: int = setting("WEB_CONCURRENCY", number(1, 64), default=1)
    web_threads: int = setting("WEB_THREADS", number(1, 200), default=12)
    rate_limit_per_client: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_CLIENT", RATE, default=(600, 60)
    )
    rate_limit_per_tenant: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_TENANT", RATE, default=(1200, 60)
    )
    rate_limit_per_service: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_SERVICE", RATE, default=(60000, 60)
    )
    rate_limit_per_address: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_ADDRESS", RATE, default=(600, 60)
    )
    rate_limit_tokens: tuple[int, int] | None = setting("RATE_LIMIT_TOKENS", RATE, default=(60, 60))
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        "TRUSTED_PROXIES", NETWORKS, default=()
    )
    allowed_hosts: tuple[str, ...] = setting("ALLOWED_HOSTS", HOSTS, default=())
    cors_origins: tuple[str, ...] = setting("CORS_ORIGINS", ORIGINS, default=())
    public_url: str | None = setting("PUBLIC_URL", HTTP, default=None)
    registry_url: str | None = setting("REGISTRY_URL", HTTP, default=None)
    meetings_url: str | None = setting("MEETINGS_URL", HTTP, default=None)
    notifications_url: str | None = setting("NOTIFICATIONS_URL", HTTP, default=None)
    client_id: str | None = setting("CLIENT_ID", WORD, default=None)
    client_secret: str | None = setting("CLIENT_SECRET", WORD, default=None, secret=True)
    token_issuer: str = setting("TOKEN_ISSUER", WORD, default="netztreff-registry")
    token_audience: str = setting("TOKEN_AUDIENCE", WORD, default="netztreff")
    failures_before_parking: int = setting("FAILURES_BEFORE_PARKING", number(1, 100), default=5)
    # With the time that asking takes, a revocation is known everywhere within a minute.
    trust_refresh_seconds: int = setting("TRUST_REFRESH_SECONDS", number(1, 45), default=20)
    # No secret, but long enough for a file of its own.
    oidc_issuers: tuple[IssuerRules, ...] = setting(
        "OIDC_ISSUERS", ISSUERS, default=(), secret=True
    )
    heads_export: str | None = setting("HEADS_EXPORT", FILE, default=None)
    heads_export_seconds: int = setting("HEADS_EXPORT_SECONDS", number(1, 86_400), default=60)
    log_level: str = setting("LOG_LEVEL", one_of(*_LEVELS), default="INFO")
    # For fault tests only.
    allow_crash_points: bool = setting("ALLOW_CRASH_POINTS", FLAG, default=False)
    crash_at: tuple[str, int] | None = setting("CRASH_AT", CRASH_AT, default=None)

    @property
    def source(self) -> str:
        """The absolute URI that names this service in the events it publishes."""
        host, port = self.http_bind
        return self.public_url or f"http://{host}:{port}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting; raises BadSettings with all faults. Empty counts as unset."""
        faults: list[str] = []
        values = {
            field.name: _read(environ, field.metadata, faults) for field in dataclasses.fields(cls)
        }
        if faults:
            raise BadSettings(faults)
        return cls(**values)


def _read(environ: Mapping[str, str], of: Mapping[str, Any], faults: list[str]) -> Any:
    name, form = of["name"], of["form"]
    try:
        text = _text(environ, name, secret=of["secret"])
        if text is None:
            if of["default"] is _REQUIRED:
                faults.append(f"{name} is missing; it must be {form.says}.")
            return of["default"]
        return form.parse(text)
    except BadIssuers as error:
        faults.append(f"{name} {error}")
    except ValueError:
        faults.append(f"{name} must be {form.says}.")
    except OSError as error:
        faults.append(f"{name}_FILE names a file that cannot be read: {error.strerror}.")
    return None


def _text(environ: Mapping[str, str], name: str, *, secret: bool) -> str | None:
    path = environ.get(f"{name}_FILE") if secret else None
    if path and not environ.get(name):
        return Path(path).read_text(encoding="utf-8").strip() or None
    return environ.get(name) or None
