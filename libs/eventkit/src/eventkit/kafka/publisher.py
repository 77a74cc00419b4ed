"""The relay's end of a topic."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from kafka.errors import KafkaTimeoutError

from contracts.envelope import Message, to_kafka
from eventkit.crash_points import reach
from eventkit.kafka.clients import DELIVERY_SECONDS, Servers, producer, translated
from eventkit.kafka.tails import Tails
from eventkit.kafka.topics import Watch
from eventkit.relay import BrokerUnavailable


class TopicPublisher:
    """Publishes to one topic; idempotent, and acknowledged by all replicas in sync."""

    def __init__(self, servers: Servers, topic: str) -> None:
        self._servers = servers
        self._topic = topic
        self._watch = Watch(servers, topic)
        self._tails = Tails(servers, topic)
        self._producer: Any = None
        self._log: str | None = None

    def log(self) -> str:
        """The topic's id; raises BrokerUnavailable."""
        with translated(BrokerUnavailable):
            return self._watch.look().id

    def tails(self) -> list[Message]:
        """The last event of each partition, where that can be read; raises BrokerUnavailable."""
        with translated(BrokerUnavailable):
            return self._tails.look(self._watch.look())

    def publish(self, page: Sequence[Message], log: str) -> None:
        """Return once everything is acknowledged; raises BrokerUnavailable.

        Nothing goes into a topic with another id than `log`. After a failure the producer goes,
        with everything it still wanted to send.
        """
        if log != self._log:
            self._drop()
        try:
            with translated(BrokerUnavailable):
                self._send(page, log)
        except BrokerUnavailable:
            self._drop()
            raise

    def close(self) -> None:
        """Let go of connections."""
        self._drop()
        self._tails.close()
        self._watch.close()

    def _send(self, page: Sequence[Message], log: str) -> None:
        if self._producer is None:
            self._producer = producer(self._servers, self._topic, log)
            self._log = log
        deadline = monotonic() + DELIVERY_SECONDS
        sent = []
        for message in page:
            key, headers, value = to_kafka(message)
            sent.append(self._producer.send(self._topic, key=key, value=value, headers=headers))
        reach("relay.after_produce")
        for future in sent:
            future.get(timeout=max(0.1, deadline - monotonic()))

    def _drop(self) -> None:
        given_up, self._producer = self._producer, None
        if given_up is None:
            return
        # Its own way to close sends first what it still has.
        given_up._sender.force_close()
        given_up._sender.join(DELIVERY_SECONDS)
        # It complains of what it could not flush, which is what was wanted.
        with suppress(KafkaTimeoutError):
            given_up.close(timeout=0)
