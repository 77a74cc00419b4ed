"""Ways from one service to another: a Kafka topic or the feed, and what a test puts on them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Protocol
from uuid import UUID

import httpx
from flask import Flask, Response, g, request
from kafka import KafkaProducer
from werkzeug.serving import make_server

from contracts.envelope import BATCH, Message, to_kafka, to_structured
from contracts.topics import topic
from eventkit.auth.principal import Principal
from eventkit.consuming.feed import Feed, FeedReader
from eventkit.consuming.incoming import Source
from eventkit.http import failures
from eventkit.http.feed import bp, open_feed
from eventkit.kafka.clients import LARGEST
from eventkit.kafka.publisher import TopicPublisher
from eventkit.kafka.reader import TopicReader
from eventkit.kafka.topics import create_topic
from eventkit.relay import Relay
from eventkit.unit import Kit

SPEAKER = "sample"


@dataclass
class Raw:
    """Something on the wire that is no event."""

    value: bytes | None


Item = Message | Raw


class Wire(Protocol):
    """One way from the speaker to the listener."""

    def deliver(self) -> None:
        """Let everything that the speaker stored become readable."""

    def source(self) -> Source:
        """Read what the speaker stored."""

    def script(self, items: Iterable[Item]) -> Source:
        """Read just these, in this order."""


def feed(url: str) -> Feed:
    return Feed(httpx.Client(base_url=url, trust_env=False))


@dataclass
class KafkaWire:
    servers: str
    speaker: Kit
    relay: Relay = field(init=False)

    def __post_init__(self) -> None:
        create_topic([self.servers], topic(SPEAKER), partitions=3)
        publisher = TopicPublisher([self.servers], topic(SPEAKER))
        self.relay = Relay(self.speaker, publisher, source=self.speaker.settings.source)

    def deliver(self) -> None:
        while self.relay.step():
            pass

    def source(self) -> Source:
        return TopicReader([self.servers], topic(SPEAKER), look_every=0.1)

    def script(self, items: Iterable[Item]) -> Source:
        producer = KafkaProducer(bootstrap_servers=self.servers, max_request_size=LARGEST)
        for item in items:
            key, headers, value = (
                (b"?", [], item.value) if isinstance(item, Raw) else to_kafka(item)
            )
            producer.send(topic(SPEAKER), key=key, headers=headers, value=value).get(10)
        producer.close()
        return self.source()


@dataclass
class FeedWire:
    url: str
    scripted: list[bytes]

    def deliver(self) -> None:
        """The feed reads the store itself."""

    def source(self) -> Source:
        return FeedReader(feed(self.url))

    def script(self, items: Iterable[Item]) -> Source:
        self.scripted += [
            _element(item.value) if isinstance(item, Raw) else to_structured(item) for item in items
        ]
        return FeedReader(feed(f"{self.url}/scripted"))


@contextmanager
def served(kit: Kit, scripted: list[bytes]) -> Iterator[str]:
    """The speaker's feed on a port of its own, open to everybody; and beside it a scripted one."""
    app = Flask("speaker")
    app.register_blueprint(bp)
    open_feed(app, kit)
    app.before_request(_admit)
    failures.register(app)
    app.add_url_rule("/scripted/events", "scripted", lambda: _scripted(scripted))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _admit() -> None:
    g.principal = Principal("listener", "service")


def _scripted(items: list[bytes]) -> Response:
    generation = UUID(int=0)
    after = int(request.args.get("lastEventId", "0").partition(".")[0])
    body = b"[" + b",".join(items[after : after + 200]) + b"]"
    following = f"</scripted/events?lastEventId={min(len(items), after + 200)}.{generation}>"
    headers = {"Link": f'{following}; rel="next"'}
    return Response(body, content_type=BATCH, headers=headers)


def _element(value: bytes | None) -> bytes:
    """A batch holds JSON, so what is none stands in it as a text."""
    try:
        json.loads(value or b"")
    except ValueError:
        return b"null" if value is None else json.dumps(value.decode("latin-1")).encode()
    return value or b"null"


@contextmanager
def silent_broker() -> Iterator[list[str]]:
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield [f"127.0.0.1:{server.getsockname()[1]}"]
