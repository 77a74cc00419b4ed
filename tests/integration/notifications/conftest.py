"""Notifications on a migrated database, with the other services, a mail server and callers."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from eventkit.auth.tokens import Signer
from eventkit.http.app import create_app
from eventkit.kits import open_kit
from eventkit.migrate import migrate, migrate_keys
from notifications.app import SERVICE
from notifications.settings import NotificationSettings
from tests.conftest import MakeDatabases
from tests.integration.notifications.owners import Owners, open_owners
from tests.integration.notifications.receivers import Receiver, open_receiver
from tests.integration.notifications.world import Teller, World
from tests.mailbox import Mailbox, open_mailbox

KEY = b64encode(b"k" * 32).decode()


@pytest.fixture(scope="module")
def owners() -> Iterator[Owners]:
    with open_owners() as owners:
        yield owners


@pytest.fixture(scope="module")
def mail_server() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with open_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def environment(
    module_databases: MakeDatabases, owners: Owners, mail_server: Mailbox
) -> dict[str, str]:
    """The settings of a process of notifications on migrated databases."""
    made = module_databases("notifications")
    urls = made.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=made.service)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=made.service, folder=SERVICE.migrations)
    return urls | {
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
        "REGISTRY_URL": owners.url,
        "MEETINGS_URL": owners.url,
        "CLIENT_ID": "notifications",
        "CLIENT_SECRET": "secret",
        "SMTP_URL": mail_server.url,
        "ORGANIZER_MAILBOX": "netzwerk@example.org",
        "ALLOW_LOOPBACK_WEBHOOKS": "true",
    }


@pytest.fixture(scope="module")
def world(environment: dict[str, str], owners: Owners, mail_server: Mailbox) -> Iterator[World]:
    settings = NotificationSettings.from_env(environment)
    owners.jwks = Signer.from_settings(settings).jwks()
    kit = open_kit(SERVICE, settings, pool_size=16)
    world = World(
        kit=kit,
        app=create_app(SERVICE, kit),
        owners=owners,
        mailbox=mail_server,
        registry=Teller("registry", kit),
        meetings=Teller("meetings", kit),
    )
    yield world
    # A lane that still calls has a connection which the pool could not close.
    world.webhooks.close()
    kit.close()
