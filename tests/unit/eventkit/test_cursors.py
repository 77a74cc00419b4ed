"""Places in a feed as text."""

from uuid import UUID

import pytest

from eventkit.cursors import Cursor, parse

GENERATION = UUID("0d5e0f6e-0c43-4b0e-9a3b-2f5a0b5d7a10")


@pytest.mark.parametrize("position", [0, 1, 10**18])
def test_a_cursor_is_read_as_it_was_written(position: int) -> None:
    cursor = Cursor(position, GENERATION)
    assert parse(str(cursor)) == cursor


def test_an_events_id_is_a_place_too() -> None:
    assert parse(str(GENERATION)) == GENERATION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "null",
        f"01.{GENERATION}",
        f"-1.{GENERATION}",
        f"+1.{GENERATION}",
        f"1.{GENERATION}\n",
        f"١.{GENERATION}",
        f"{10**19}.{GENERATION}",
        "1.------------------------------------",
        str(GENERATION).replace("-", ""),
        f"{{{GENERATION}}}"[:36],
    ],
)
def test_anything_else_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)
