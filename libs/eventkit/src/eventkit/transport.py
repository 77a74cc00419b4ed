"""Put together how events leave a service and how it follows others: Kafka, or the feed alone."""

from __future__ import annotations

from contracts.topics import topic
from eventkit.auth.client import service_client
from eventkit.consuming.consumer import Consumer
from eventkit.consuming.feed import PAGE, Feed, FeedReader
from eventkit.consuming.incoming import Source
from eventkit.kafka.clients import TopicUnavailable
from eventkit.kafka.publisher import TopicPublisher
from eventkit.kafka.reader import TopicReader
from eventkit.kafka.topics import create_topic, refuse_narrow
from eventkit.relay import BrokerUnavailable, Relay
from eventkit.service import Service, Subscription
from eventkit.settings import Settings
from eventkit.unit import Kit

# A page is a transaction, and reactions of several sources may wait for one another's locks: a
# backlog of one source must not hold them for longer than the others wait (lock_timeout).
REACTING_PAGE = 20


def make_topic(service: Service, settings: Settings) -> None:
    """What the role `migrate` does for the broker; raises TopicUnavailable and CannotStart."""
    if settings.kafka_bootstrap_servers:
        create_topic(settings.kafka_bootstrap_servers, topic(service.name))
        refuse_narrow(settings.kafka_bootstrap_servers, topic(service.name), TopicUnavailable)


def look_at_topic(kit: Kit) -> None:
    """What a relay does once; raises BrokerUnavailable, and CannotStart where it is too narrow."""
    refuse_narrow(kit.settings.kafka_bootstrap_servers, topic(kit.name), BrokerUnavailable)


def open_relay(kit: Kit) -> Relay:
    """The service's relay; there is none to open without KAFKA_BOOTSTRAP_SERVERS."""
    servers = kit.settings.kafka_bootstrap_servers
    return Relay(kit, TopicPublisher(servers, topic(kit.name)), source=kit.settings.source)


def open_consumers(kit: Kit, service: Service) -> list[Consumer]:
    """One consumer a subscription, each for a thread of its own."""
    return [_open_consumer(kit, subscription) for subscription in service.subscriptions]


def source_url(settings: Settings, source: str) -> str:
    """Where another service is; raises ValueError when the settings do not say so."""
    url: str | None = getattr(settings, f"{source}_url", None)
    if url is None:
        raise ValueError(f"{source.upper()}_URL is needed to follow {source}.")
    return url


def open_feed(settings: Settings, source: str) -> Feed:
    """Another service's feed; raises ValueError when the settings do not say where it is."""
    return Feed(service_client(source_url(settings, source), settings))


def _open_consumer(kit: Kit, subscription: Subscription) -> Consumer:
    feed = open_feed(kit.settings, subscription.source)
    servers = kit.settings.kafka_bootstrap_servers
    page = PAGE if subscription.react is None else REACTING_PAGE
    source: Source = FeedReader(feed, page=page)
    if servers:
        source = TopicReader(servers, topic(subscription.source), page=page)
    return Consumer(kit, subscription, source, feed)
