"""What a reader of a feed says of its progress."""

from uuid import UUID

import httpx
import pytest

from eventkit.consuming.feed import Feed, FeedReader
from eventkit.cursors import Cursor


def answering(seen: int, head: int) -> FeedReader:
    """Reads a feed that has nothing to give beyond `seen`, though its store goes up to `head`."""

    def answer(_: httpx.Request) -> httpx.Response:
        link = f'</events?lastEventId={Cursor(seen, UUID(int=1))}>; rel="next"'
        return httpx.Response(200, content=b"[]", headers={"Link": link, "Feed-Head": str(head)})

    transport = httpx.MockTransport(answer)
    return FeedReader(Feed(httpx.Client(transport=transport, base_url="http://sample.example.org")))


@pytest.mark.parametrize(("head", "is_current"), [(5, True), (6, False)])
def test_a_source_that_holds_an_event_back_is_not_caught_up_with(
    head: int, is_current: bool
) -> None:
    """An old process of the source gives nothing from the first event that it does not know."""
    reader = answering(5, head)
    batch = reader.poll(0)
    reader.close()
    assert (batch.position, batch.head, batch.current) == (5, head, is_current)
