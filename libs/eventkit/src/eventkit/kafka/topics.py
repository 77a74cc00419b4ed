"""Topics: making them, and looking at one from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import TopicAlreadyExistsError

from eventkit.kafka.clients import LARGEST, Servers, TopicUnavailable, admin, translated
from eventkit.starting import CannotStart

PARTITIONS = 6


@dataclass(frozen=True)
class Topic:
    """A topic as it is now; partition by partition where it begins and where it ends."""

    id: str
    begins: Mapping[int, int]
    ends: Mapping[int, int]


class Watch:
    """Looks at one topic over a connection of its own, so that it sees what a reader misses."""

    def __init__(self, servers: Servers, topic: str) -> None:
        self._servers = servers
        self._topic = topic
        self._admin: Any = None

    def look(self) -> Topic:
        """Ask the broker; raises TopicUnavailable."""
        with translated(TopicUnavailable):
            if self._admin is None:
                self._admin = admin(self._servers)
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


def create_topic(servers: Servers, topic: str, *, partitions: int = PARTITIONS) -> None:
    """Make the topic unless it exists; raises TopicUnavailable.

    Nothing expires: a new consumer reads all history from it.
    """
    with translated(TopicUnavailable):
        client = admin(servers)
        try:
            brokers = len(client.describe_cluster()["brokers"])
            client.create_topics({topic: _wanted(partitions, brokers)}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            return
        finally:
            client.close()


def refuse_narrow(servers: Servers, topic: str, away: type[Exception]) -> None:
    """Raise CannotStart where the topic has fewer partitions than we make, as brokers make them.

    Raises `away` where the broker is. More partitions are fine.
    """
    with translated(away):
        client = admin(servers)
        try:
            (found,) = client.describe_topics([topic])
        finally:
            client.close()
    count = len(found["partitions"])
    if 0 < count < PARTITIONS:
        raise CannotStart(
            f"The topic {topic} has {count} of {PARTITIONS} partitions; somebody else made it:"
            f" kafka-topics.sh --alter --topic {topic} --partitions {PARTITIONS}"
        )


def _wanted(partitions: int, brokers: int) -> dict[str, Any]:
    copies = min(3, brokers)
    return {
        "num_partitions": partitions,
        "replication_factor": copies,
        "configs": {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "max.message.bytes": str(LARGEST),
            "min.insync.replicas": str(max(1, copies - 1)),
        },
    }
