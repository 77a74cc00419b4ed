"""The mark Personal works where it stands, or the declaration is refused."""

from typing import Annotated, Any
from uuid import UUID

import pytest

from contracts.catalog import Personal, Text, event, value

Name = Annotated[Text, Personal("contact_id")]


@value
class Card:
    """A part that would carry a name past the forms."""

    name: Name | None = None


@pytest.mark.parametrize(
    "hint",
    [Name | None, Card, Card | None, tuple[Card, ...], tuple[Name, ...]],
    ids=["inside an optional", "in a part", "in an optional part", "in parts", "in a tuple"],
)
def test_a_mark_that_would_not_be_seen_is_refused(hint: Any) -> None:
    fields: dict[str, Any] = {"contact_id": UUID, "held": hint}
    cls = type("Hidden", (), {"__annotations__": fields, "held": None})
    with pytest.raises(TypeError, match=r"Hidden\.held"):
        event("hidden.held", version=1)(cls)
