"""`var/run.json`: where everything is and how to get in, for scripts; and the same for people."""

import json
from pathlib import Path

from local.credentials import Credentials, write_private
from local.identities import ROLES
from local.registry_client import token
from local.settings import SERVICES, Settings


def write(settings: Settings, credentials: Credentials, path: Path) -> dict[str, str]:
    """Writes the file with fresh tokens, which it returns by role."""
    port = settings.api("registry")
    tokens = {role: token(port, credentials.clients[role]) for role in ROLES}
    content = {
        "services": {
            service: {"url": settings.url(service), "metrics": [metrics(settings, service)]}
            for service in SERVICES
        },
        "tokens": tokens,
        "mailbox": str(settings.mailbox),
        "webhooks": {
            "url": f"http://127.0.0.1:{settings.webhooks}/",
            "calls": str(settings.webhook_calls),
            "secrets": str(settings.webhook_secrets),
        },
    }
    write_private(path, json.dumps(content, indent=2))
    return tokens


def metrics(settings: Settings, service: str) -> str:
    return f"http://127.0.0.1:{settings.operator(service)}/metrics"


def table(settings: Settings) -> str:
    """What runs where."""
    rows = [
        (service, settings.url(service), f"metrics {metrics(settings, service)}")
        for service in SERVICES
    ]
    database = settings.database_url is None
    rows += [
        ("events", "Kafka" if settings.kafka else "HTTP feed", settings.kafka or "GET /events"),
        ("mailbox", str(settings.mailbox), f"smtp://127.0.0.1:{settings.smtp}"),
        ("webhooks", f"http://127.0.0.1:{settings.webhooks}/", f"calls {settings.webhook_calls}"),
        ("PostgreSQL", f"127.0.0.1:{settings.postgres}", f"data {settings.folder / 'postgres'}")
        if database
        else ("PostgreSQL", "as DATABASE_URL says", ""),
        ("logs", str(settings.logs), ""),
        ("for scripts", str(settings.run_file), "URLs and tokens, renewed every 5 minutes"),
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"  {a:<{first}}  {b:<{second}}  {c}".rstrip() for a, b, c in rows)
