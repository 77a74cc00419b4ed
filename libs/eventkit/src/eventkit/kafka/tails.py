"""The end of a topic: the last record of each partition."""

from __future__ import annotations

from time import monotonic
from typing import Any

from kafka import TopicPartition

from contracts.envelope import Malformed, Message, from_kafka
from eventkit.kafka.clients import ANSWER_MS, Servers, TopicUnavailable, consumer
from eventkit.kafka.topics import Topic


class Tails:
    """Reads the last records, each time anew. Made after a fork; for one thread."""

    def __init__(self, servers: Servers, topic: str) -> None:
        self._servers = servers
        self._topic = topic
        self._client: Any = None

    def look(self, topic: Topic) -> list[Message]:
        """Those that are events, as of when `topic` was looked at; raises TopicUnavailable."""
        filled = {
            TopicPartition(self._topic, number): end - 1
            for number, end in topic.ends.items()
            if end > topic.begins[number]
        }
        if not filled:
            return []
        if self._client is None:
            self._client = consumer(self._servers)
        self._client.assign(list(filled))
        for partition, offset in filled.items():
            self._client.seek(partition, offset)
        try:
            return self._read(set(filled))
        finally:
            self._client.unsubscribe()

    def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            self._client.close(autocommit=False, timeout_ms=1000)
            self._client = None

    def _read(self, missing: set[Any]) -> list[Message]:
        """The first record of each partition from where it was sought on."""
        deadline = monotonic() + 2 * ANSWER_MS / 1000
        found: list[Message] = []
        while missing:
            if monotonic() > deadline:
                raise TopicUnavailable("The broker does not give the last records of the topic.")
            for partition, records in self._client.poll(timeout_ms=200).items():
                if partition in missing:
                    missing.remove(partition)
                    self._client.pause(partition)
                    found += _events(records[0])
        return found


def _events(record: Any) -> list[Message]:
    try:
        return [from_kafka(record.headers or (), record.value)]
    except Malformed:
        return []
