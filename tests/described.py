"""The services' apps without any database, to read what they say about themselves."""

from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from flask import Flask

from eventkit.database import connect
from eventkit.http.app import create_app
from eventkit.service import Service
from eventkit.store import Store
from eventkit.unit import Kit
from eventkit.vault import Vault
from meetings.app import SERVICE as MEETINGS
from notifications.app import SERVICE as NOTIFICATIONS
from registry.app import SERVICE as REGISTRY

KEY = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
SERVICES = {service.name: service for service in (REGISTRY, MEETINGS, NOTIFICATIONS)}
Json = dict[str, Any]
_NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@cache
def app_of(name: str) -> Flask:
    """The app of a service; whatever needs its database answers 503."""
    # Keys to sign with would be read from a database.
    service = replace(SERVICES[name], issues_tokens=False)
    return create_app(service, _kit(service))


@cache
def document_of(name: str) -> Json:
    """The OpenAPI document of a service, as it is served."""
    document: Json = orjson.loads(app_of(name).test_client().get("/openapi.json").get_data())
    return document


def operations(name: str) -> list[tuple[str, Json]]:
    """Every operation, by method and path."""
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in document_of(name)["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def _kit(service: Service) -> Kit:
    environ = {
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
        "ORGANIZER_MAILBOX": "netzwerk@example.org",
    }
    for setting in ("DATABASE_URL", "KEY_DATABASE_URL"):
        environ[setting] = _NOWHERE
    settings = service.settings.from_env(environ)
    engine = connect(_NOWHERE, pool_size=1, name=service.name)
    vault = Vault(engine, settings.master_key)
    store = Store(chain_key=settings.chain_key, generation=UUID(int=0), vault=vault)
    return Kit(name=service.name, settings=settings, engine=engine, store=store, projectors=[])
