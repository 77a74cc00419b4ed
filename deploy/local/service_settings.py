"""The environment of each service in a local run, for its processes and for the shell."""

from shlex import quote

from local.credentials import Credentials, write_private
from local.databases import Databases
from local.settings import SERVICES, Settings, inherited


def service_databases(service: str, server: str, credentials: Credentials) -> Databases:
    keys = credentials.services[service]
    return Databases(
        server=server,
        name=service,
        owner_password=keys.owner_password,
        service_password=keys.service_password,
    )


def service_environment(
    service: str, settings: Settings, server: str, credentials: Credentials
) -> dict[str, str]:
    """Everything that `python -m <service>` reads, whatever its role."""
    return inherited() | _own(service, settings, server, credentials)


def migration_environment(
    service: str, settings: Settings, server: str, credentials: Credentials
) -> dict[str, str]:
    """The same under the owner's role, for `python -m <service> migrate`."""
    return inherited() | _own_and_owners(service, settings, server, credentials)


def write_environment(
    service: str, settings: Settings, server: str, credentials: Credentials
) -> None:
    """Writes what the service's commands read in a form that a shell takes over with `.`."""
    own = _own_and_owners(service, settings, server, credentials)
    lines = [f"{name}={quote(value)}\n" for name, value in own.items()]
    write_private(settings.environment_file(service), "".join(lines))


def _own(service: str, settings: Settings, server: str, credentials: Credentials) -> dict[str, str]:
    keys = credentials.services[service]
    own = {
        "MASTER_KEY": keys.master_key,
        "CHAIN_KEY": keys.chain_key,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka or "",
        "ERASURE_JOURNAL": str(settings.folder / f"{service}.erasures.jsonl"),
        "HEADS_EXPORT": str(settings.folder / f"{service}.heads"),
        "HTTP_BIND": f"127.0.0.1:{settings.api(service)}",
        "OPERATOR_BIND": f"127.0.0.1:{settings.operator(service)}",
        "PUBLIC_URL": settings.url(service),
        "SMTP_URL": f"smtp://127.0.0.1:{settings.smtp}",
        "ORGANIZER_MAILBOX": "netztreff@example.org",
        "ORGANIZER_NAME": "Netztreff",
        "MAIL_DOMAIN": "example.org",
        # The example's receiver listens here; nowhere else may a webhook reach loopback.
        "ALLOW_LOOPBACK_WEBHOOKS": "true",
    }
    urls = {f"{name.upper()}_URL": settings.url(name) for name in SERVICES}
    pair = service_databases(service, server, credentials).environment()
    return own | urls | pair | _client(service, credentials)


def _own_and_owners(
    service: str, settings: Settings, server: str, credentials: Credentials
) -> dict[str, str]:
    pair = service_databases(service, server, credentials)
    return _own(service, settings, server, credentials) | pair.migration_environment()


def _client(service: str, credentials: Credentials) -> dict[str, str]:
    client = credentials.clients.get(service)
    if client is None:
        return {}
    return {"CLIENT_ID": client.client_id, "CLIENT_SECRET": client.client_secret}
