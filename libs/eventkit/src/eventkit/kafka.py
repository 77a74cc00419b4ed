"""The only module that knows kafka-python: topics, publishing, reading (decision 0004).

Nothing here may be made before a fork; the client runs a thread of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError, TopicAlreadyExistsError

from contracts.envelope import Malformed, Message, from_kafka, to_kafka
from eventkit.incoming import Arrival, Batch, Place, SourceUnavailable, Stuck, Unreadable
from eventkit.relay import BrokerUnavailable

Servers = Sequence[str]

PARTITIONS = 6
LARGEST = 8 * 1024 * 1024
ANSWER_MS = 5_000
DELIVERY_SECONDS = 8.0
PAGE = 200


class TopicUnavailable(Exception):
    """The broker does not answer, or has no such topic."""


@dataclass(frozen=True)
class Topic:
    """A topic as it is now; partition by partition where it begins and where it ends."""

    id: str
    begins: Mapping[int, int]
    ends: Mapping[int, int]


class Watch:
    """Looks at one topic over a connection of its own, so that it sees what a reader misses."""

    def __init__(self, servers: Servers, topic: str) -> None:
        self._servers = list(servers)
        self._topic = topic
        self._admin: Any = None

    def look(self) -> Topic:
        """Ask the broker; raises TopicUnavailable."""
        with _translated(TopicUnavailable):
            if self._admin is None:
                self._admin = _admin(self._servers)
            (found,) = self._admin.describe_topics([self._topic])
            if found["error_code"] or not found["partitions"]:
                raise TopicUnavailable(f"The broker has no topic {self._topic}.")
            numbers = [partition["partition_index"] for partition in found["partitions"]]
            begins = self._offsets(numbers, OffsetSpec.EARLIEST)
            return Topic(found["topic_id"], begins, self._offsets(numbers, OffsetSpec.LATEST))

    def close(self) -> None:
        """Let go of the connection."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _offsets(self, numbers: list[int], spec: Any) -> dict[int, int]:
        wanted = {TopicPartition(self._topic, number): spec for number in numbers}
        found = self._admin.list_partition_offsets(wanted)
        return {at.partition: answer.offset for at, answer in found.items()}


class TopicPublisher:
    """Publishes to one topic; idempotent, and acknowledged by all replicas in sync."""

    def __init__(self, servers: Servers, topic: str) -> None:
        self._servers = list(servers)
        self._topic = topic
        self._watch = Watch(servers, topic)
        self._producer: Any = None

    def log(self) -> str:
        """The topic's id; raises BrokerUnavailable."""
        with _translated(BrokerUnavailable):
            return self._watch.look().id

    def publish(self, page: Sequence[Message]) -> None:
        """Return once everything is acknowledged; raises BrokerUnavailable.

        After a failure the producer goes, with everything it still wanted to send.
        """
        try:
            with _translated(BrokerUnavailable):
                self._send(page)
        except BrokerUnavailable:
            self._drop()
            raise

    def close(self) -> None:
        """Let go of connections."""
        self._drop()
        self._watch.close()

    def _send(self, page: Sequence[Message]) -> None:
        if self._producer is None:
            self._producer = _producer(self._servers)
        deadline = monotonic() + DELIVERY_SECONDS
        sent = []
        for message in page:
            key, headers, value = to_kafka(message)
            sent.append(self._producer.send(self._topic, key=key, value=value, headers=headers))
        for future in sent:
            future.get(timeout=max(0.1, deadline - monotonic()))

    def _drop(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=0)
            self._producer = None


class TopicReader:
    """Reads one topic, all partitions, from places that its user keeps."""

    def __init__(
        self, servers: Servers, topic: str, *, look_every: float = 1.0, silence: float = 60.0
    ) -> None:
        self._servers = list(servers)
        self._topic = topic
        self._watch = Watch(servers, topic)
        self._look_every = look_every
        self._silence = silence
        self._client: Any = None
        self._seen: Topic | None = None
        self._next: dict[int, int] = {}
        self._saved: dict[Place, str] = {}
        self._looked = self._moved = monotonic()

    def resume(self, saved: Mapping[Place, str]) -> None:
        """Read on from the offsets saved for this very topic, and else from its start."""
        self._saved = dict(saved)
        self._seen = None

    def poll(self, wait: float) -> Batch:
        """The next records of all partitions; raises SourceUnavailable, or Stuck when silent."""
        with _translated(SourceUnavailable):
            topic = self._seen or self._assign(self._watch.look())
            found = self._client.poll(timeout_ms=int(wait * 1000), max_records=PAGE)
            arrivals = tuple(self._arrivals(found))
            if monotonic() - self._looked >= self._look_every:
                topic = self._look_again(topic)
        return self._batch(topic, arrivals)

    def close(self) -> None:
        """Let go of connections."""
        self._drop()
        self._watch.close()

    def _assign(self, topic: Topic) -> Topic:
        if self._client is None:
            self._client = _consumer(self._servers)
        self._next = {number: self._start(topic, number) for number in topic.ends}
        places = {TopicPartition(self._topic, number): at for number, at in self._next.items()}
        self._client.assign(list(places))
        for place, offset in places.items():
            self._client.seek(place, offset)
        self._seen = topic
        self._looked = self._moved = monotonic()
        return topic

    def _start(self, topic: Topic, number: int) -> int:
        """A saved offset beyond the end belongs to records that the broker lost: from the start."""
        begin, end = topic.begins[number], topic.ends[number]
        saved = int(self._saved.get((topic.id, number), begin))
        return saved if begin <= saved <= end else begin

    def _arrivals(self, found: Mapping[Any, list[Any]]) -> Iterator[Arrival]:
        for place, records in found.items():
            for record in records:
                self._moved = monotonic()
                self._next[place.partition] = record.offset + 1
                yield _arrival(record)

    def _look_again(self, known: Topic) -> Topic:
        now = self._watch.look()
        self._looked = monotonic()
        if now.id != known.id:
            self._drop()
        if now.id != known.id or now.ends.keys() != known.ends.keys():
            self._saved |= self._after(known)
            self._seen = None
            return known
        self._seen = now
        return now

    def _batch(self, topic: Topic, arrivals: tuple[Arrival, ...]) -> Batch:
        position = sum(self._next.values())
        fresh = self._seen is topic and monotonic() - self._looked < self._look_every
        behind = any(end > self._next[number] for number, end in topic.ends.items())
        if fresh and not behind:
            self._moved = monotonic()
        if behind and monotonic() - self._moved > self._silence:
            raise Stuck(f"{self._topic}: no record for {self._silence:.0f} s, though there are.")
        return Batch(
            arrivals=arrivals,
            after=self._after(topic),
            position=position,
            head=max(position, sum(topic.ends.values())),
            current=fresh and not behind,
        )

    def _after(self, topic: Topic) -> dict[Place, str]:
        return {(topic.id, number): str(offset) for number, offset in self._next.items()}

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close(autocommit=False, timeout_ms=1000)
            self._client = None


def create_topic(servers: Servers, topic: str, *, partitions: int = PARTITIONS) -> None:
    """Make the topic unless it exists; raises TopicUnavailable.

    Nothing expires: a new consumer reads all history from it.
    """
    with _translated(TopicUnavailable):
        admin = _admin(list(servers))
        try:
            copies = min(3, len(admin.describe_cluster()["brokers"]))
            configs = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
            configs |= {
                "max.message.bytes": str(LARGEST),
                "min.insync.replicas": str(max(1, copies - 1)),
            }
            wanted = {
                "num_partitions": partitions,
                "replication_factor": copies,
                "configs": configs,
            }
            admin.create_topics({topic: wanted}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            return
        finally:
            admin.close()


def _arrival(record: Any) -> Arrival:
    try:
        return from_kafka(record.headers or (), record.value)
    except Malformed as error:
        at = f"partition {record.partition}, offset {record.offset}"
        return Unreadable(raw=record.value or b"", reason=f"{at}: {error}")


def _admin(servers: list[str]) -> Any:
    return KafkaAdminClient(
        bootstrap_servers=servers, request_timeout_ms=ANSWER_MS, bootstrap_timeout_ms=ANSWER_MS
    )


def _producer(servers: list[str]) -> Any:
    return KafkaProducer(
        bootstrap_servers=servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_block_ms=ANSWER_MS,
        request_timeout_ms=ANSWER_MS,
        delivery_timeout_ms=int(DELIVERY_SECONDS * 1000),
        bootstrap_timeout_ms=ANSWER_MS,
        max_request_size=LARGEST,
    )


def _consumer(servers: list[str]) -> Any:
    return KafkaConsumer(
        bootstrap_servers=servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST,
        request_timeout_ms=2 * ANSWER_MS,
        bootstrap_timeout_ms=ANSWER_MS,
    )


@contextmanager
def _translated(to: type[Exception]) -> Iterator[None]:
    try:
        yield
    except (KafkaError, TopicUnavailable, OSError) as error:
        raise to(str(error)) from error
