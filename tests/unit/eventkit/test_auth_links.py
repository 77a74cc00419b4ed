"""Personal links: what is made is read, and nothing else is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from eventkit.auth.links import Link, Links

KEY = b"k" * 32
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LINK = Link(
    about=UUID(int=1),
    person=UUID(int=2),
    turn=3,
    expires_at=NOW + timedelta(days=14),
)
LINKS = Links(KEY, "registration")
TOKEN = LINKS.make(LINK)


def test_a_link_names_what_it_was_made_for_until_it_expires() -> None:
    assert LINKS.read(TOKEN, NOW) == LINK
    assert LINKS.read(TOKEN, LINK.expires_at - timedelta(seconds=1)) == LINK
    assert LINKS.read(TOKEN, LINK.expires_at) is None


def test_a_link_that_would_be_good_for_centuries_is_good_for_decades() -> None:
    token = LINKS.make(replace(LINK, expires_at=datetime(9999, 12, 31, tzinfo=UTC)))
    assert LINKS.read(token, datetime(2105, 12, 31, tzinfo=UTC))
    assert LINKS.read(token, datetime(2107, 1, 1, tzinfo=UTC)) is None


def test_a_link_has_one_spelling_of_a_length_that_nobody_guesses() -> None:
    digest_bits = 8 * 32
    assert digest_bits >= 128
    assert TOKEN.startswith("ntl_")
    assert len(TOKEN) == 100


@pytest.mark.parametrize("place", range(4, len(TOKEN)))
def test_a_changed_sign_is_no_link(place: int) -> None:
    other = "A" if TOKEN[place] != "A" else "B"
    assert LINKS.read(TOKEN[:place] + other + TOKEN[place + 1 :], NOW) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "ntl_",
        TOKEN[4:],
        f"{TOKEN}=",
        f"{TOKEN}\n",
        TOKEN[:-4],
        f"ntl_{TOKEN}",
        "ntl_ü",
        f" {TOKEN}",
    ],
)
def test_what_is_written_otherwise_is_no_link(token: str) -> None:
    assert LINKS.read(token, NOW) is None


def test_another_key_or_purpose_makes_other_links() -> None:
    assert Links(b"x" * 32, "registration").read(TOKEN, NOW) is None
    assert Links(KEY, "calendar").read(TOKEN, NOW) is None
