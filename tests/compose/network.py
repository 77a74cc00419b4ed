"""The example network, loaded through the proxy as anybody would load it."""

from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from loader.client import Api
from loader.files import Files
from loader.meetings import load_meetings
from loader.register import load_register
from loader.webhooks import load_webhook

from tests.compose.composed import Composed
from tests.compose.proxied import Proxied

RECEIVER = "http://127.0.0.1:8404/"


def load_example(composed: Composed) -> None:
    files = Files()
    certificate = composed.certificate
    with ExitStack() as open_apis:

        def api(service: str) -> Api:
            url, token = composed.url(service), composed.token("organiser")
            made = Api(service, url, token, transport=Proxied(certificate))
            return open_apis.enter_context(closing(made))

        receiver = {"url": RECEIVER, "secrets": str(secrets(composed))}
        event_types = files.read("webhook.json")["event_types"]
        load_webhook(api("notifications"), receiver, event_types)
        loaded = load_register(api("registry"), files)
        load_meetings(api("meetings"), loaded, files, datetime.now(UTC))


def secrets(composed: Composed) -> Path:
    """The file with the webhook's secret, which was shown once."""
    return composed.folder / "webhook-secret"
