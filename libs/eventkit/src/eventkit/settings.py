"""The environment, read once and nowhere else; all faults are reported together."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Self

from eventkit import forms
from eventkit.auth.issuers import IssuerRules
from eventkit.environment import missing, names, read
from eventkit.forms import Declared, number, setting
from eventkit.production import refused

PRODUCTION = "production"
_API = "`api`"
_OWNER = "`migrate`, `rebuild`, `store-restored`"


class BadSettings(Exception):
    """What is wrong with the environment: one sentence a setting, none of them with its value."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def declared(kind: type[Settings]) -> Iterator[tuple[str, Declared]]:
    """Every setting of a service by the name of its field, in the order of declaration."""
    for field in dataclasses.fields(kind):
        yield field.name, field.metadata["declared"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service reads. A service with settings of its own subclasses this."""

    mode: str = setting(
        "MODE",
        forms.MODE,
        "`production` refuses what is for development, secrets that are easily guessed, and a"
        " missing PUBLIC_URL; our images set it",
        default="development",
    )
    database_url: str = setting(
        "DATABASE_URL", forms.DATABASE, "the service's database, as the service's role", secret=True
    )
    migration_database_url: str | None = setting(
        "MIGRATION_DATABASE_URL",
        forms.DATABASE,
        "the same database, as its owner's role",
        default=None,
        secret=True,
        read_by=_OWNER,
    )
    migration_key_database_url: str | None = setting(
        "MIGRATION_KEY_DATABASE_URL",
        forms.DATABASE,
        "the key database, as its owner's role",
        default=None,
        secret=True,
        read_by="`migrate`",
    )
    key_database_url: str = setting(
        "KEY_DATABASE_URL",
        forms.DATABASE,
        "the database of the persons' keys, as the service's role",
        secret=True,
    )
    master_key: bytes = setting(
        "MASTER_KEY",
        forms.KEY,
        "wraps the persons' keys; without it no personal data opens",
        secret=True,
    )
    chain_key: bytes = setting(
        "CHAIN_KEY",
        forms.KEY,
        "chains the events, signs heads and the erasure journal; without it nothing is verified",
        secret=True,
    )
    erasure_journal: str | None = setting(
        "ERASURE_JOURNAL",
        forms.PLACE,
        "registry and meetings: the file that tells who was erased, outside of all databases"
        " ([privacy.md](privacy.md#the-journal)); without it nobody can be erased",
        default=None,
    )
    kafka_bootstrap_servers: tuple[str, ...] = setting(
        "KAFKA_BOOTSTRAP_SERVERS",
        forms.BROKERS,
        "the broker; without it services follow one another's feeds",
        default=(),
        read_by="`migrate`, `relay`, `consumer`, `store-restored`, and `api` for its metrics",
    )
    http_bind: tuple[str, int] = setting(
        "HTTP_BIND",
        forms.ADDRESS,
        "where the API listens",
        default=("127.0.0.1", 8401),
        read_by=_API,
    )
    operator_bind: tuple[str, int] = setting(
        "OPERATOR_BIND",
        forms.ADDRESS,
        "where `/livez`, `/readyz` and `/metrics` are answered; not for the public",
        default=("127.0.0.1", 9401),
        read_by="every role",
    )
    web_concurrency: int = setting(
        "WEB_CONCURRENCY", number(1, 64), "processes of the API", default=1, read_by=_API
    )
    web_threads: int = setting(
        "WEB_THREADS",
        number(1, 200),
        "threads of each of these, and its connections to the database",
        default=12,
        read_by=_API,
    )
    rate_limit_per_client: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_CLIENT",
        forms.RATE,
        "requests of one client",
        default=(600, 60),
        read_by=_API,
    )
    rate_limit_per_tenant: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_TENANT",
        forms.RATE,
        "requests of all clients of a municipality or district",
        default=(1200, 60),
        read_by=_API,
    )
    rate_limit_per_service: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_SERVICE",
        forms.RATE,
        "requests of one service or operator",
        default=(60000, 60),
        read_by=_API,
    )
    rate_limit_per_address: tuple[int, int] | None = setting(
        "RATE_LIMIT_PER_ADDRESS",
        forms.RATE,
        "requests from one address to routes without a token",
        default=(600, 60),
        read_by=_API,
    )
    rate_limit_tokens: tuple[int, int] | None = setting(
        "RATE_LIMIT_TOKENS",
        forms.RATE,
        "attempts at the token endpoint, and refused tokens, from one address",
        default=(60, 60),
        read_by=_API,
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        "TRUSTED_PROXIES",
        forms.NETWORKS,
        "proxies whose `X-Forwarded-For` says who calls; without it everybody behind a proxy is"
        " one address",
        default=(),
        read_by=_API,
    )
    allowed_hosts: tuple[str, ...] = setting(
        "ALLOWED_HOSTS",
        forms.HOSTS,
        "the names to answer to, in place of those of the configured addresses",
        default=(),
        read_by=_API,
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGINS", forms.ORIGINS, "origins whose pages may call", default=(), read_by=_API
    )
    public_url: str | None = setting(
        "PUBLIC_URL",
        forms.HTTP,
        "how others reach the service; part of its events' identity, so it stays the same. Where it"
        " is set, requests for other hosts than those of the configured addresses are refused",
        default=None,
    )
    registry_url: str | None = setting(
        "REGISTRY_URL",
        forms.HTTP,
        "how this service reaches the registry; meetings and notifications need it",
        default=None,
    )
    meetings_url: str | None = setting(
        "MEETINGS_URL",
        forms.HTTP,
        "how this service reaches meetings; notifications needs it",
        default=None,
    )
    notifications_url: str | None = setting(
        "NOTIFICATIONS_URL", forms.HTTP, "how this service reaches notifications", default=None
    )
    client_id: str | None = setting(
        "CLIENT_ID",
        forms.WORD,
        "the service's own client at the registry, which `consumer` and `worker` of meetings and"
        " notifications need; without it an `api` does not hear of revoked clients",
        default=None,
    )
    client_secret: str | None = setting(
        "CLIENT_SECRET", forms.WORD, "and its secret", default=None, secret=True
    )
    token_issuer: str = setting(
        "TOKEN_ISSUER",
        forms.WORD,
        "who issues our tokens; the same for all services",
        default="netztreff-registry",
        read_by=_API,
    )
    token_audience: str = setting(
        "TOKEN_AUDIENCE", forms.WORD, "and for whom", default="netztreff", read_by=_API
    )
    failures_before_parking: int = setting(
        "FAILURES_BEFORE_PARKING",
        number(1, 100),
        "how often an event may end its consumer's process, or run into the statement timeout,"
        " until its stream is parked",
        default=5,
        read_by="`consumer`",
    )
    # With the time that asking takes, a revocation is known everywhere within a minute.
    trust_refresh_seconds: int = setting(
        "TRUST_REFRESH_SECONDS",
        number(1, 45),
        "how often a process asks for revoked clients, the registry for its keys as well",
        default=20,
        read_by=_API,
    )
    oidc_issuers: tuple[IssuerRules, ...] = setting(
        "OIDC_ISSUERS",
        forms.ISSUERS,
        "other issuers whose tokens are good ([rules](integrate/identity-provider.md)); the same"
        " for all services",
        default=(),
        in_file=True,
        read_by=_API,
    )
    heads_export: str | None = setting(
        "HEADS_EXPORT",
        forms.PLACE,
        "a file outside the database to which signed heads are appended; each service its own",
        default=None,
        read_by="`worker`",
    )
    heads_export_seconds: int = setting(
        "HEADS_EXPORT_SECONDS",
        number(1, 86_400),
        "how often, where something was stored",
        default=60,
        read_by="`worker`",
    )
    allow_newer_database: bool = setting(
        "ALLOW_NEWER_DATABASE",
        forms.FLAG,
        "start although a newer release has migrated the databases; for the way back to the"
        " release right before it",
        default=False,
        read_by="every role",
    )
    log_level: str = setting(
        "LOG_LEVEL", forms.LEVEL, "what is logged", default="INFO", read_by="every role"
    )
    allow_crash_points: bool = setting(
        "ALLOW_CRASH_POINTS", forms.FLAG, "for fault tests only", default=False, development=True
    )
    crash_at: tuple[str, int] | None = setting(
        "CRASH_AT",
        forms.CRASH_AT,
        "for fault tests only: the process kills itself at this point of"
        " `eventkit/crash_points.py`",
        default=None,
    )

    @property
    def source(self) -> str:
        """The absolute URI that names this service in the events it publishes."""
        host, port = self.http_bind
        return self.public_url or f"http://{host}:{port}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str], needed: Collection[str] = ()) -> Self:
        """Read every setting; raises BadSettings with all faults. Empty counts as unset.

        `needed` names fields that this role or command cannot do without.
        """
        faults: list[str] = []
        values = {field: read(environ, one, faults) for field, one in declared(cls)}
        faults += missing(declared(cls), values, needed, list(faults))
        if values["mode"] == PRODUCTION:
            faults += refused(declared(cls), values, names(faults))
        if faults:
            raise BadSettings(faults)
        return cls(**values)
