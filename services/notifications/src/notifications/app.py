"""The composition root: what notifications consists of, and who may call what."""

from __future__ import annotations

from pathlib import Path

from contracts.visibility import HEARERS
from eventkit.http.policy import Policy, allow
from eventkit.service import Service, Subscription, Worker
from notifications.api import deliveries, endpoints
from notifications.api.examples import WORDS
from notifications.delivery.gauges import open_deliveries
from notifications.delivery.mails import MailWorker
from notifications.delivery.webhooks import WebhookWorker
from notifications.domain.delivery import DELIVERY
from notifications.domain.endpoint import ENDPOINT
from notifications.people import HOLDINGS
from notifications.policy.reactions import react
from notifications.problems import PROBLEMS
from notifications.projection.audience import CONTACTS, PARTICIPATIONS, SEATS
from notifications.projection.deliveries import DELIVERIES
from notifications.projection.endpoints import ENDPOINTS
from notifications.projection.meetings import MEETINGS
from notifications.projection.municipalities import MUNICIPALITIES, municipalities
from notifications.projection.participants import PARTICIPANTS
from notifications.settings import NotificationSettings

# Who is told of events may manage endpoints, each their own.
OWNERS = allow(*sorted(HEARERS))
READS_LOG = allow("organiser", "operator")
WEBHOOKS = WebhookWorker()

POLICY: dict[str, Policy] = {
    "endpoints.register_endpoint": OWNERS,
    "endpoints.list_endpoints": OWNERS,
    "endpoints.show_endpoint": OWNERS,
    "endpoints.show_endpoint_history": OWNERS,
    "endpoints.remove_endpoint": OWNERS,
    "endpoints.rotate_secret": OWNERS,
    "endpoints.list_calls": OWNERS,
    "deliveries.list_deliveries": READS_LOG,
    "deliveries.show_delivery": READS_LOG,
    "deliveries.show_delivery_history": READS_LOG,
}

SERVICE = Service(
    name="notifications",
    about="Who is told what: mails, webhooks, and a log of every delivery.",
    aggregates=(DELIVERY, ENDPOINT),
    read_models=(DELIVERIES, ENDPOINTS),
    subscriptions=(
        Subscription(
            source="registry",
            read_models=(PARTICIPATIONS, CONTACTS, SEATS, MUNICIPALITIES),
            react=react,
        ),
        Subscription(source="meetings", read_models=(MEETINGS, PARTICIPANTS), react=react),
    ),
    blueprints=(endpoints.bp, deliveries.bp),
    policy=POLICY,
    problems=PROBLEMS,
    words=WORDS,
    sentences=Path(__file__).parent / "de.po",
    gauges=(open_deliveries,),
    workers=(
        Worker("mails", MailWorker().step),
        Worker("webhooks", WEBHOOKS.step, close=WEBHOOKS.close),
    ),
    migrations=Path(__file__).parent / "migrations",
    municipalities=municipalities,
    holdings=HOLDINGS,
    settings=NotificationSettings,
)
