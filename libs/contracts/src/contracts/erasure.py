"""What the events about erasures have in common: why somebody is erased, and what every service
says that it cleared."""

from enum import StrEnum
from typing import Annotated

from marshmallow.validate import Range, Regexp

from contracts.catalog import Text, value

Digest = Annotated[str, Regexp(r"^[0-9a-f]{64}$")]


class ErasureReason(StrEnum):
    """Why personal data goes (Art. 17 GDPR). No text: what is erased must not stand here again."""

    REQUEST = "request"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    PURPOSE_ENDED = "purpose_ended"
    RETENTION_ENDED = "retention_ended"
    UNLAWFUL = "unlawful"


@value
class ErasurePart:
    """What one service says: how many rows it cleared or removed, and the hash of those left."""

    service: Text
    cleared: Annotated[int, Range(min=0)]
    remaining: Annotated[int, Range(min=0)]
    remains: Digest
