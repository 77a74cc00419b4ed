"""A producer's client that writes to one topic by its id, and to nothing after a first failure.

kafka-python says the topic's name, so that what was meant for a topic goes into the one that was
made under the same name since (decision 0018).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kafka.errors import IncompatibleBrokerVersion, KafkaError, for_code
from kafka.future import Future
from kafka.net.compat import KafkaNetClient
from kafka.protocol.producer.produce import ProduceRequest

# The first version that names a topic by its id; Kafka 4.1 has it (KIP-516).
BY_ID = 13
TOO_OLD = (
    "The broker is older than Kafka 4.1: it takes events by a topic's name alone,"
    " and another topic may have it by then."
)


class NotAcknowledged(KafkaError):  # type: ignore[misc]  # published without types
    """The broker did not take everything, or nobody knows.

    The producer has nothing it could do about an error of this class, and gives itself up.
    """


class PinnedClient(KafkaNetClient):  # type: ignore[misc]  # the same
    """For one producer of one topic.

    Of other errors its producer would try again, or leave what failed and go on with what comes
    next. Who publishes has to look at the topic first, and to begin again behind the last page that
    was acknowledged.
    """

    def __init__(self, *, topic: str, topic_id: str, **configs: Any) -> None:
        super().__init__(**configs)
        self._topic = topic
        self._topic_id = UUID(topic_id)

    def send(self, node_id: Any, request: Any, **options: Any) -> Any:
        """A future, as the producer's thread expects it."""
        if not isinstance(request, ProduceRequest):
            return super().send(node_id, request, **options)
        answer = Future()
        sent = super().send(node_id, self._by_id(request), **options)
        sent.add_callback(self._answered, answer)
        sent.add_errback(self._failed, answer)
        return answer

    def _by_id(self, request: Any) -> Any:
        content = ProduceRequest.TopicProduceData
        return ProduceRequest(
            transactional_id=None,
            acks=request.acks,
            timeout_ms=request.timeout_ms,
            topic_data=[
                content(topic_id=self._topic_id, partition_data=one.partition_data)
                for one in request.topic_data
            ],
            min_version=BY_ID,
            max_version=BY_ID,
        )

    def _answered(self, answer: Any, response: Any) -> None:
        told = [part for one in response.responses for part in one.partition_responses]
        for part in told:
            if part.error_code:
                self._failed(answer, for_code(part.error_code)(part.error_message))
                return
        for one in response.responses:
            one.name = self._topic
        answer.success(response)

    def _failed(self, answer: Any, error: Exception) -> None:
        if isinstance(error, IncompatibleBrokerVersion):
            answer.failure(NotAcknowledged(TOO_OLD))
            return
        answer.failure(NotAcknowledged(str(error)))
