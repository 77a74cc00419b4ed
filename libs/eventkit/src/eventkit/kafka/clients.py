"""kafka-python's clients with our settings, and its errors in our words.

Only this package knows kafka-python. Make nothing of it before a fork: each client runs a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from eventkit.kafka.pinned import PinnedClient

Servers = Sequence[str]

LARGEST = 8 * 1024 * 1024
ANSWER_MS = 5_000
DELIVERY_SECONDS = 8.0


class TopicUnavailable(Exception):
    """The broker does not answer, or has no such topic."""


def admin(servers: Servers) -> Any:
    """For asking about topics, and for making them."""
    return _open(KafkaAdminClient, servers, request_timeout_ms=ANSWER_MS)


def producer(servers: Servers, topic: str, topic_id: str) -> Any:
    """Idempotent, acknowledged by all replicas in sync, and for the topic of this id alone.

    Who does not get everything acknowledged within DELIVERY_SECONDS closes it. It must not give up
    something by itself before that, and then go on with what comes next.
    """
    return _open(
        KafkaProducer,
        servers,
        client=partial(PinnedClient, topic=topic, topic_id=topic_id),
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_block_ms=ANSWER_MS,
        request_timeout_ms=ANSWER_MS,
        delivery_timeout_ms=int(2 * DELIVERY_SECONDS * 1000),
        max_request_size=LARGEST,
    )


def consumer(servers: Servers) -> Any:
    """Without a group: partitions are assigned and offsets kept by us (decision 0004)."""
    return _open(
        KafkaConsumer,
        servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=LARGEST,
        request_timeout_ms=2 * ANSWER_MS,
    )


@contextmanager
def translated(to: type[Exception]) -> Iterator[None]:
    """Raise everything that a broker can do to us as one error."""
    try:
        yield
    except (KafkaError, TopicUnavailable, OSError) as error:
        raise to(str(error)) from error


def _open(
    kind: Any, servers: Servers, *, client: Callable[..., Any] = KafkaNetClient, **options: Any
) -> Any:
    """A client whose first contact fails leaves a thread and sockets behind: end them here."""
    made: list[KafkaNetClient] = []

    def connect(**configs: Any) -> KafkaNetClient:
        made.append(client(**configs))
        return made[-1]

    try:
        return kind(
            bootstrap_servers=list(servers),
            bootstrap_timeout_ms=ANSWER_MS,
            kafka_client=connect,
            **options,
        )
    except KafkaError:
        for one in made:
            one.close()
        raise
