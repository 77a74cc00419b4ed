"""The consumer's end of a topic: all its partitions, from places that somebody else keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

from kafka import TopicPartition

from contracts.envelope import Malformed, from_kafka
from eventkit.consuming.incoming import Arrival, Batch, Place, SourceUnavailable, Stuck, Unreadable
from eventkit.kafka.clients import Servers, consumer, translated
from eventkit.kafka.topics import Topic, Watch

PAGE = 200


class TopicReader:
    """Reads one topic, all partitions, from places that its user keeps."""

    def __init__(
        self,
        servers: Servers,
        topic: str,
        *,
        look_every: float = 1.0,
        silence: float = 60.0,
        page: int = PAGE,
    ) -> None:
        self._servers = servers
        self._topic = topic
        self._watch = Watch(servers, topic)
        self._look_every = look_every
        self._silence = silence
        self._page = page
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
        with translated(SourceUnavailable):
            topic = self._seen or self._assign(self._watch.look())
            found = self._client.poll(timeout_ms=int(wait * 1000), max_records=self._page)
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
            self._client = consumer(self._servers)
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


def _arrival(record: Any) -> Arrival:
    try:
        return from_kafka(record.headers or (), record.value)
    except Malformed as error:
        at = f"partition {record.partition}, offset {record.offset}"
        return Unreadable(raw=record.value or b"", reason=f"{at}: {error}")
